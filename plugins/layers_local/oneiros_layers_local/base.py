"""Base class of the locally connected layers, which have separate weights for each
position."""

import itertools
import math

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.engine.layer import InputSpec
from oneiros.engine.node import Shape
from oneiros.errors import ShapeError
from oneiros_layers_convolutional.base import ConvolutionLayer
from oneiros_layers_core.spatial import AXES, Sizes, axis_names, spatial_sizes


class LocalLayer(ConvolutionLayer):
    """Base of convolutions with a different kernel at each position.

    Not a layer itself: a subclass inherits the constructor of a convolution.
    """

    _border_modes = ("valid",)
    _places: Sizes

    def _known_places(self, input_shape: Shape) -> Sizes:
        """Returns the number of positions of the window along each axis."""
        rank = len(self._window)
        ordering = self.dim_ordering
        output_shape = self.get_output_shape_for(input_shape)
        sizes = spatial_sizes(self, output_shape, rank, ordering)
        known_sizes = [size for size in sizes if size is not None]
        places = tuple(known_sizes)
        if len(places) < rank:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}, read "
                f"as {axis_names(rank, ordering)}; it has weights for each "
                f"position, so its {' and '.join(AXES[rank])} must be known. Pass them "
                "at the origin of the input, in input_shape or Input(shape=(…))."
            )
        return places

    def build(self, input_shape: Shape) -> None:
        """Makes the kernel and the bias.

        `W` has the shape `(places, window * channels, nb_filter)`, `b`
        `(*places, nb_filter)`.
        """
        self._places = self._known_places(input_shape)
        super().build(input_shape)
        shape = (None, *input_shape[1:])
        self.input_spec = [InputSpec(shape=shape)]

    def _add_weights(self) -> None:
        places = math.prod(self._places)
        values = math.prod(self._window) * self._channels
        self.W_shape = (places, values, self.nb_filter)
        bias_shape = (*self._places, self.nb_filter)
        self.W = self.add_kernel(self.W_shape)
        self.b = self.add_bias(bias_shape)

    def _convolve(self, x):
        """Returns the products of patches and weights."""
        patches = self._patches(x)
        product = K.batch_dot(patches, self.W)
        shape = (*self._places, -1, self.nb_filter)
        output = K.reshape(product, shape)
        *places, samples, filters = range(len(shape))
        order = (samples, *places, filters)
        if self.dim_ordering == "th":
            order = (samples, filters, *places)
        return K.permute_dimensions(output, order)

    def _broadcast(self, b):
        """Returns the bias in the shape of an output.

        Its values are read in the order in which they are stored, channels last, even
        where they fill a shape with the channels first: Keras 1.2.2 does it so.
        """
        if self.dim_ordering == "tf":
            return b
        shape = (1, self.nb_filter, *self._places)
        return K.reshape(b, shape)

    def _patches(self, x):
        """Returns what each place sees, of shape (places, samples, values).

        One slice for each value of the window holds it for all places; a patch's values
        are in the order of the input's axes.
        """
        ranges = map(range, self._window)
        pieces = []
        for corner in itertools.product(*ranges):
            cuts = self._cuts(corner)
            pieces.append(x[cuts])
        stacked = K.stack(pieces)
        values, samples, *axes = range(K.ndim(stacked))
        if self.dim_ordering == "tf":
            *places, channels = axes
            order = (*places, samples, values, channels)
        else:
            channels, *places = axes
            order = (*places, samples, channels, values)
        patches = K.permute_dimensions(stacked, order)
        count, size, _ = self.W_shape
        return K.reshape(patches, (count, -1, size))

    def _cuts(self, corner: tuple[int, ...]) -> tuple[slice, ...]:
        """Returns where one value of the window lies, for all places."""
        whole = slice(None)
        cuts = [whole]
        if self.dim_ordering == "th":
            cuts.append(whole)
        moves = zip(corner, self._places, self._strides, strict=True)
        for start, count, step in moves:
            end = start + (count - 1) * step + 1
            cuts.append(slice(start, end, step))
        return tuple(cuts)
