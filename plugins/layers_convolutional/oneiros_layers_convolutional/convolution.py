"""Convolutions over sequences, images and volumes, also with holes (atrous)."""

from collections.abc import Sequence
from typing import Unpack

from oneiros import backend as K
from oneiros.arguments import check_int, check_ints
from oneiros.typing import (
    Activation,
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
)
from oneiros_layers_core.spatial import FlippedOnTheano, Sizes, kernel_init

from oneiros_layers_convolutional.base import (
    ImageConvolution,
    PlaneConvolution,
    SequenceConvolution,
)


class Convolution1D(FlippedOnTheano, SequenceConvolution):
    """Filters that slide along a sequence; each sees `filter_length` steps at a time.

    # Example
        ```python
        from oneiros.layers import Convolution1D
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Convolution1D(64, 3, border_mode="same", input_shape=(10, 32)))
        model.add(Convolution1D(32, 3, activation="relu"))
        model.output_shape  # (None, 8, 32)
        ```

    # Arguments
        nb_filter: int, number of filters: the size of the output's last axis.
        filter_length: int, number of steps that a filter sees.
        init: as for `Convolution2D`; as in Keras 1.2.2, fan-in and fan-out are computed
            as if the kernel's axes were `(output, input, *window)`.
        subsample_length: int, steps from one window to the next.
        input_dim, input_length: ints, in place of `input_shape=(steps, channels)`.
        the others: as for `Convolution2D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`.

    # Raises
        ShapeError: if the channels are unknown, or the input is shorter than a window.
    """

    loadable = True

    def _kernel_shape(self, channels: int) -> Sizes:
        """Returns the shape of a kernel for an image one pixel wide."""
        return (self.filter_length, 1, channels, self.nb_filter)

    def _kernel_init(self):
        """Returns the initialization for Theano's layout: the fans of Keras 1.2.2."""
        return kernel_init(self.init, "th")

    def _convolve(self, x):
        """Returns the convolution of `x` as an image one pixel wide."""
        image = K.conv2d(
            K.expand_dims(x, 2),
            self.W,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering="tf",
            filter_dilation=(*self._dilation, 1),
        )
        return K.squeeze(image, 2)


class SequenceOptions(LayerOptions, total=False):
    """The arguments that give the shape of sequences, too."""

    input_dim: int | None
    input_length: int | None


class AtrousConvolution1D(Convolution1D):
    """Convolution1D whose filters see every `atrous_rate`-th step ("dilated").

    # Example
        ```python
        from oneiros.layers import AtrousConvolution1D
        from oneiros.models import Sequential

        layer = AtrousConvolution1D(64, 3, atrous_rate=2, input_shape=(10, 32))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 64)
        ```

    # Arguments
        atrous_rate: int, distance of the steps that a filter sees.
        the others: as for `Convolution1D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, nb_filter)`.

    # References
        - Yu, Koltun: Multi-Scale Context Aggregation by Dilated Convolutions,
          arXiv:1511.07122
    """

    loadable = True

    def __init__(
        self,
        nb_filter: int,
        filter_length: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample_length: int = 1,
        atrous_rate: int = 1,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[SequenceOptions],
    ):
        super().__init__(
            nb_filter,
            filter_length,
            init,
            activation,
            weights,
            border_mode,
            subsample_length,
            W_regularizer,
            b_regularizer,
            activity_regularizer,
            W_constraint,
            b_constraint,
            bias,
            **kwargs,
        )
        self.atrous_rate = check_int(self, "atrous_rate", atrous_rate)

    @property
    def _dilation(self) -> Sizes:
        """The distance of the steps that a filter sees."""
        return (self.atrous_rate,)


class Convolution2D(FlippedOnTheano, PlaneConvolution):
    """Filters that slide over images; kernels aren't flipped.

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
        nb_row, nb_col: ints, rows and columns of the kernel.
        init: name or function `(shape, name=None, dim_ordering='th')` for the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        border_mode: `"valid"`, only whole windows; `"same"`, zeros that keep the sizes
            (an odd one comes last); `"full"`, all windows that contain a pixel.
        subsample: pair of ints, rows and columns from one window to the next.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.
        W_regularizer, b_regularizer, activity_regularizer: regularizers of the kernel,
            the bias and the output.
        W_constraint, b_constraint: constraints of the kernel and the bias.
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
    """Convolution2D whose filters see pixels `atrous_rate` apart ("dilated").

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
        atrous_rate: pair of ints, distance of the rows and columns that a filter sees.
        the others: as for `Convolution2D`.

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
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample: Sequence[int] = (1, 1),
        atrous_rate: Sequence[int] = (1, 1),
        dim_ordering: str = "default",
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            nb_filter,
            nb_row,
            nb_col,
            init,
            activation,
            weights,
            border_mode,
            subsample,
            dim_ordering,
            W_regularizer,
            b_regularizer,
            activity_regularizer,
            W_constraint,
            b_constraint,
            bias,
            **kwargs,
        )
        self.atrous_rate = check_ints(self, "atrous_rate", atrous_rate, 2)

    @property
    def _dilation(self) -> Sizes:
        """The distances of the rows and columns that a filter sees."""
        return self.atrous_rate


class Convolution3D(FlippedOnTheano, ImageConvolution):
    """Filters that slide over volumes, such as scans or the frames of a video.

    # Example
        ```python
        from oneiros.layers import Convolution3D
        from oneiros.models import Sequential

        shape = (16, 16, 16, 1)
        layer = Convolution3D(8, 3, 3, 3, dim_ordering="tf", input_shape=shape)
        model = Sequential([layer])
        model.output_shape  # (None, 14, 14, 14, 8)
        ```

    # Arguments
        kernel_dim1, kernel_dim2, kernel_dim3: ints, the sizes of the kernel.
        subsample: three ints, the steps from one window to the next.
        the others: as for `Convolution2D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        5D, in the same order, with `nb_filter` channels.

    # Raises
        ShapeError: if the channels are unknown, or the input is smaller than a window.
    """

    loadable = True
    _rank = 3

    def __init__(
        self,
        nb_filter: int,
        kernel_dim1: int,
        kernel_dim2: int,
        kernel_dim3: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        border_mode: str = "valid",
        subsample: Sequence[int] = (1, 1, 1),
        dim_ordering: str = "default",
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(
            nb_filter=nb_filter,
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
        self.kernel_dim1 = check_int(self, "kernel_dim1", kernel_dim1)
        self.kernel_dim2 = check_int(self, "kernel_dim2", kernel_dim2)
        self.kernel_dim3 = check_int(self, "kernel_dim3", kernel_dim3)

    @property
    def _window(self) -> Sizes:
        """The kernel's sizes."""
        return (self.kernel_dim1, self.kernel_dim2, self.kernel_dim3)

    def _convolve(self, x):
        """Returns the convolution of `x` with the kernel."""
        return K.conv3d(
            x,
            self.W,
            strides=self.subsample,
            border_mode=self.border_mode,
            dim_ordering=self.dim_ordering,
        )
