"""LocallyConnected2D: windows over images, with separate weights for each position."""

from oneiros.engine.node import Shape
from oneiros_layers_convolutional.base import PlaneConvolution

from oneiros_layers_local.base import LocalLayer


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
        nb_filter: int, number of filters: the output's channels.
        nb_row: int, rows of the window.
        nb_col: int, columns of the window.
        init: name or function `(shape, name=None)`, initialization of the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, only whole windows.
        subsample: pair of ints, rows and columns from one window to the next.
        dim_ordering: `"tf"`, `"th"`, or `"default"`, the value of
            `K.image_dim_ordering()`.
        W_regularizer: regularizer of the kernel.
        b_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the kernel.
        b_constraint: constraint of the bias.
        bias: bool, whether to add a bias.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`, `(samples, channels, rows,
        columns)` for `"th"`, with known rows and columns.

    # Output shape
        4D, in the same order, with `nb_filter` channels. The kernel's shape is
        `(new_rows * new_columns, nb_row * nb_col * channels,
        nb_filter)`, the bias's `(new_rows, new_columns,
        nb_filter)` in either order: for `"th"` its values, read in this order, fill the
        shape of one output, as in Keras 1.2.2.

    # Raises
        ShapeError: if a size is unknown, or the input is smaller than a window.
    """

    loadable = True
    output_row: int
    output_col: int

    def build(self, input_shape: Shape) -> None:
        """Makes `W` and `b`."""
        super().build(input_shape)
        self.output_row, self.output_col = self._places
