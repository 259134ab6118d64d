"""Base class of the locally connected layers, which have separate weights for each
position."""

import itertools
import math
from typing import Any

from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_choice, check_int, label
from oneiros.engine.layer import InputSpec
from oneiros.errors import ShapeError
from oneiros_layers_core.affine import AffineLayer, Shape
from oneiros_layers_core.spatial import (
    AXES,
    Sizes,
    axis_names,
    known_channels,
    spatial_sizes,
    windowed_sizes,
    with_sizes,
)


class LocalLayer(AffineLayer):
    """Base of convolutions with a different kernel at each position.

    A subclass defines the window's movement in `_window` and `_strides`. Not a layer
    itself.

    # Arguments
        nb_filter: int, the number of output channels.
        activation, border_mode: as for `LocallyConnected2D`.
        the others: as for `AffineLayer`.
    """

    dim_ordering: str = "tf"
    W_shape: Sizes
    _places: Sizes
    _rank: int

    def __init__(
        self, *, nb_filter: int, activation: Any, border_mode: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.nb_filter = check_int(self, "nb_filter", nb_filter)
        self.activation = activations.get(activation)
        self.border_mode = check_choice(self, "border_mode", border_mode, ("valid",))
        self.input_spec = [InputSpec(ndim=self._rank + 2)]

    @property
    def _window(self) -> Sizes:
        raise NotImplementedError

    @property
    def _strides(self) -> Sizes:
        raise NotImplementedError

    def _known_places(self, input_shape: Shape) -> Sizes:
        """Returns the number of positions of the window along each axis."""
        output_shape = self.get_output_shape_for(input_shape)
        rank = self._rank
        sizes = spatial_sizes(self, output_shape, rank, self.dim_ordering)
        places = tuple(size for size in sizes if size is not None)
        if len(places) < len(sizes):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, read "
                f"as {axis_names(rank, self.dim_ordering)}; it has weights for each "
                f"position, so its {' and '.join(AXES[rank])} must be known. Pass them "
                "at the origin of the input, in input_shape or Input(shape=(…))."
            )
        return places

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel and the bias.

        `W` has the shape `(places, window * channels, nb_filter)`, `b`
        `(*places, nb_filter)`.
        """
        channels = known_channels(
            self, input_shape, len(self._window), self.dim_ordering
        )
        self._places = self._known_places(input_shape)
        self.W_shape = (
            math.prod(self._places),
            math.prod(self._window) * channels,
            self.nb_filter,
        )
        self.W = self.add_kernel(self.W_shape)
        self.b = self.add_bias((*self._places, self.nb_filter))
        self.input_spec = [InputSpec(shape=(None, *input_shape[1:]))]
        self.set_initial_weights()

    def assert_input_compatibility(self, input: Any) -> None:
        """Checks the rank, and the sizes for which the weights were made."""
        super().assert_input_compatibility(input)
        self.get_output_shape_for(K.int_shape(input))

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the output shape: one position per window, with `nb_filter`
        channels."""
        sizes = windowed_sizes(
            self,
            input_shape,
            self.dim_ordering,
            window=self._window,
            border_mode=self.border_mode,
            strides=self._strides,
        )
        return with_sizes(input_shape, sizes, self.dim_ordering, self.nb_filter)

    def call(self, x: Any, mask: Any = None) -> Any:
        """Returns the activation of the products of patches and weights, plus the
        bias."""
        product = K.batch_dot(self._patches(x), self.W)
        output = K.reshape(product, (*self._places, -1, self.nb_filter))
        samples = self._rank
        filters = samples + 1
        places = range(self._rank)
        if self.dim_ordering == "tf":
            output = K.permute_dimensions(output, (samples, *places, filters))
        else:
            output = K.permute_dimensions(output, (samples, filters, *places))
        if self.bias:
            output = output + self._reshaped_bias()
        return self.activation(output)

    def _reshaped_bias(self) -> Any:
        """Returns the bias in the shape of an output.

        Its values are read in the order in which they are stored, channels last, even
        where they fill a shape with the channels first: Keras 1.2.2 does it so.
        """
        if self.dim_ordering == "tf":
            return self.b
        return K.reshape(self.b, (1, self.nb_filter, *self._places))

    def _patches(self, x: Any) -> Any:
        """Returns what each place sees, of shape (places, samples, values).

        One slice for each value of the window holds it for all places; a patch's values
        are in the order of the input's axes.
        """
        rank = self._rank
        first = [slice(None)] if self.dim_ordering == "tf" else [slice(None)] * 2
        pieces = []
        for corner in itertools.product(*map(range, self._window)):
            places = zip(corner, self._places, self._strides, strict=True)
            cuts = [
                slice(start, start + (count - 1) * step + 1, step)
                for start, count, step in places
            ]
            pieces.append(x[(*first, *cuts)])
        stacked = K.stack(pieces)
        if self.dim_ordering == "tf":
            pattern = (*range(2, rank + 2), 1, 0, rank + 2)
        else:
            pattern = (*range(3, rank + 3), 1, 2, 0)
        patches = K.permute_dimensions(stacked, pattern)
        return K.reshape(patches, (self.W_shape[0], -1, self.W_shape[1]))
