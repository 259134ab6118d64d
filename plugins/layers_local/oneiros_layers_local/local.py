"""The locally connected layers, which have separate weights for each position."""

import math

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label
from oneiros.engine.layer import InputSpec
from oneiros.errors import ShapeError
from oneiros.typing import Shape
from oneiros_layers_convolutional.base import (
    ConvolutionLayer,
    PlaneConvolution,
    SequenceConvolution,
)
from oneiros_layers_core.spatial import AXES, Sizes, axis_names, spatial_sizes


class LocalLayer(ConvolutionLayer):
    """Base of convolutions with a different kernel at each position.

    Not a layer itself: a subclass inherits the constructor of a convolution.
    """

    _border_modes = ("valid",)
    conformance = {"unused": ("border_mode",)}  # it has one value
    _sizes: Sizes
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
        rank = len(self._window)
        sizes = spatial_sizes(self, input_shape, rank, self.dim_ordering)
        self._sizes = tuple(size for size in sizes if size)
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

        A patch's values are in the order of the input's axes.
        """
        samples, *axes = range(K.ndim(x))
        *pixels, channels = axes
        order = (0, 2, 1, 3)
        if self.dim_ordering == "th":
            channels, *pixels = axes
            order = (0, 2, 3, 1)
        pixels_first = K.permute_dimensions(x, (*pixels, samples, channels))
        count = math.prod(self._sizes)
        shape = (count, -1, self._channels)
        flat = K.reshape(pixels_first, shape)
        numbers = self._seen()
        cells = K.gather(flat, numbers)
        patches = K.permute_dimensions(cells, order)
        places, size, _ = self.W_shape
        return K.reshape(patches, (places, -1, size))

    def _seen(self) -> np.ndarray:
        """Returns the numbers of the pixels that each place sees: a row for each."""
        numbers = np.zeros((1, 1), "int64")
        axes = zip(self._sizes, self._places, self._strides, self._window)
        for size, places, step, window in axes:
            starts = step * np.arange(places)
            steps = np.arange(window)
            seen = np.add.outer(starts, steps)
            corners = numbers[:, None, :, None]
            grid = size * corners + seen[:, None, :]
            width = window * numbers.shape[1]
            numbers = grid.reshape(-1, width)
        return numbers.astype("int32")


class LocallyConnected1D(LocalLayer, SequenceConvolution):
    """A Convolution1D with different filters at each position.

    # Example
        ```python
        from oneiros.layers import LocallyConnected1D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(LocallyConnected1D(64, 3, input_shape=(10, 32)))
        model.add(LocallyConnected1D(32, 3, activation="relu"))
        model.output_shape  # (None, 6, 32)
        ```

    # Arguments
        init: name or function `(shape, name=None)` for the kernel.
        border_mode: `"valid"` alone.
        input_dim, input_length: ints, in place of `input_shape=(steps, channels)`.
        the others: as for `Convolution1D`.

    # Input shape
        3D, `(samples, steps, channels)`, with a known number of steps.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`. The kernel has the shape
        `(new_steps, filter_length * channels, nb_filter)`.

    # Raises
        ShapeError: if steps or channels are unknown, or no window fits.
    """

    loadable = True


class LocallyConnected2D(LocalLayer, PlaneConvolution):
    """A Convolution2D with different filters at each position.

    # Example
        ```python
        from oneiros.layers import LocallyConnected2D
        from oneiros.models import Sequential

        layer = LocallyConnected2D(8, 3, 3, dim_ordering="tf", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 6, 8)
        model.count_params()  # 8064
        ```

    # Arguments
        init: name or function `(shape, name=None)` for the kernel.
        border_mode: `"valid"` alone.
        the others: as for `Convolution2D`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`, `(samples, channels, rows,
        columns)` for `"th"`, with known rows and columns.

    # Output shape
        4D, in the same order, with `nb_filter` channels. The kernel has the shape
        `(new_rows * new_columns, nb_row * nb_col * channels, nb_filter)`, the bias
        `(new_rows, new_columns, nb_filter)`; for `"th"`, as in Keras 1.2.2, it is
        reshaped, not transposed.

    # Raises
        ShapeError: if a size is unknown, or no window fits.
    """

    loadable = True
    output_row: int
    output_col: int

    def build(self, input_shape: Shape) -> None:
        """Makes `W` and `b`."""
        super().build(input_shape)
        self.output_row, self.output_col = self._places
