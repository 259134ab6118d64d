"""Convolution2D and AtrousConvolution2D: windows over images."""

from oneiros import backend as K
from oneiros.arguments import check_ints
from oneiros_layers_core.spatial import Sizes

from oneiros_layers_convolutional.base import PlaneConvolution


class Convolution2D(PlaneConvolution):
    """Filters that slide over images.

    The kernel isn't flipped: this is cross-correlation on every backend.

    # Example
        ```python
        from oneiros.layers import Convolution2D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Convolution2D(64, 3, 3, dim_ordering="tf", input_shape=(34, 34, 3)))
        model.add(Convolution2D(32, 3, 3, dim_ordering="tf", subsample=(2, 2)))
        model.output_shape  # (None, 15, 15, 32)
        ```

    # Arguments
        nb_filter: int, number of filters: the output's channels.
        nb_row: int, rows of the kernel.
        nb_col: int, columns of the kernel.
        init: name or function `(shape, name=None, dim_ordering='th')`, initialization
            of the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, only whole windows; `"same"`, padding that keeps the
            sizes (an odd zero comes last); `"full"`, padding so that every window that
            contains a pixel of the input counts.
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
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with `nb_filter` channels. The kernel's shape is
        `(nb_row, nb_col, channels, nb_filter)` for `"tf"`,
        `(nb_filter, channels, nb_row, nb_col)` for `"th"`.

    # Raises
        ShapeError: if the channels are unknown, or the input is smaller than a window.
    """

    loadable = True

    def _convolve(self, x):
        """Returns the convolution of `x` with the kernel."""
        return K.conv2d(
            x,
            self.W,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
            filter_dilation=self._dilation,
        )


class AtrousConvolution2D(Convolution2D):
    """Convolution2D whose filters see pixels `atrous_rate` apart.

    Such a convolution is called dilated, or "with holes".

    # Example
        ```python
        from oneiros.layers import AtrousConvolution2D
        from oneiros.models import Sequential

        atrous = AtrousConvolution2D(
            64, 3, 3, atrous_rate=(2, 2), dim_ordering="th", input_shape=(3, 32, 32)
        )
        Sequential([atrous]).output_shape  # (None, 64, 28, 28)
        ```

    # Arguments
        nb_filter: int, number of filters.
        nb_row: int, rows of the kernel.
        nb_col: int, columns of the kernel.
        atrous_rate: pair of ints, spacing of the rows and columns that a filter sees.
        the others: as for `Convolution2D`, in the same order with `atrous_rate` after
            `subsample`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        4D, in the same order, with `nb_filter` channels.

    # References
        - Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions,
          arXiv:1511.07122
    """

    loadable = True

    def __init__(
        self,
        nb_filter: int,
        nb_row: int,
        nb_col: int,
        init="glorot_uniform",
        activation=None,
        weights=None,
        border_mode: str = "valid",
        subsample=(1, 1),
        atrous_rate=(1, 1),
        dim_ordering: str = "default",
        W_regularizer=None,
        b_regularizer=None,
        activity_regularizer=None,
        W_constraint=None,
        b_constraint=None,
        bias: bool = True,
        **kwargs,
    ):
        super().__init__(
            nb_filter=nb_filter,
            nb_row=nb_row,
            nb_col=nb_col,
            init=init,
            activation=activation,
            weights=weights,
            border_mode=border_mode,
            subsample=subsample,
            dim_ordering=dim_ordering,
            W_regularizer=W_regularizer,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            W_constraint=W_constraint,
            b_constraint=b_constraint,
            bias=bias,
            **kwargs,
        )
        self.atrous_rate = check_ints(self, "atrous_rate", atrous_rate, 2)

    @property
    def _dilation(self) -> Sizes:
        """The distances of the rows and columns that a filter sees."""
        return self.atrous_rate
