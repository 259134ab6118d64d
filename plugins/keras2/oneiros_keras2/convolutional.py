"""Convolutions with the arguments that Keras 2 gave them.

Kernels begin with the window, whatever the order of the input's axes. Sequences are
images one column wide.
"""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros.typing import Shape, Tensor

from oneiros_keras2.base import BiasedLayer, KernelLayer
from oneiros_keras2.spatial import Sizes, SpatialLayer, check_sizes, positions

PADDINGS = ("valid", "same", "causal")


class Convolving(SpatialLayer, BiasedLayer):
    """Base of the convolutions. Not a layer itself."""

    kernel_size: Any
    strides: Any
    dilation_rate: Any
    filters: int
    activation: Any
    use_bias: bool
    bias: Any = None

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        dilation_rate: Sizes = 1,
        activation=None,
        use_bias: bool = True,
        activity_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.padding = check_choice(self, "padding", padding, PADDINGS)
        self.set_arguments(
            kernel_size=kernel_size,
            strides=strides,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes kernels and bias."""
        channels = self.channels_of(input_shape)
        self.add_kernels(channels)
        if self.use_bias:
            filters = self.output_channels(channels)
            self.bias = self.add_parameter("bias", (filters,))

    def add_kernels(self, channels: int) -> None:
        """Makes the kernels for so many channels of the input."""
        raise NotImplementedError

    def convolved(self, x: Tensor, **moves: Any) -> Tensor:
        """Returns the convolution of images or volumes.

        # Arguments
            x: tensor with the channels last.
            moves: keyword arguments of the functions of `K` for convolutions.
        """
        raise NotImplementedError

    def computed(self, x: Tensor) -> Tensor:
        """Returns the convolution of `x`, and the bias."""
        border_mode = self.padding
        if border_mode == "causal":
            (window,), (rate,) = self.kernel_size, self.dilation_rate
            x = K.asymmetric_temporal_padding(x, (window - 1) * rate, 0)
            border_mode = "valid"
        beside = (1,) * (2 - self.rank)
        output = self.convolved(
            K.expand_dims(x, 2) if beside else x,
            strides=(*self.strides, *beside),
            filter_dilation=(*self.dilation_rate, *beside),
            border_mode=border_mode,
            dim_ordering="tf",
        )
        if beside:
            output = K.squeeze(output, 2)
        return output if self.bias is None else output + self.bias

    def of_images(self, kernel: Tensor) -> Tensor:
        """Returns a kernel for images one column wide, if it is for sequences."""
        return K.expand_dims(kernel, 1) if self.rank == 1 else kernel

    def call(self, x, mask=None):
        """Returns the convolution, activated."""
        return self.activation(super().call(x))

    def output_sizes(self, sizes: list[Any]) -> list[Any]:
        """Returns the number of the window's positions along each axis."""
        windows = zip(sizes, self.kernel_size, self.strides, self.dilation_rate)
        return [
            positions(size, window, self.padding, stride, rate)
            for size, window, stride, rate in windows
        ]

    def output_channels(self, channels) -> int:
        """Returns the number of filters."""
        return self.filters


class Conv(Convolving, KernelLayer):
    """Base of `Keras2Conv1D` and its like. Not a layer itself."""

    groups: int

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        groups: int = 1,
        **kwargs,
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(filters=filters, groups=groups)

    def add_kernels(self, channels: int) -> None:
        """Makes the kernel `(*window, channels of a group, filters)`."""
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.add_parameter("kernel", shape)

    def convolved(self, x: Tensor, **moves: Any) -> Tensor:
        """Returns the convolution, of each group of channels by itself."""
        kernel = self.of_images(self.kernel)
        convolve = K.conv3d if self.rank == 3 else K.conv2d
        if self.groups == 1:
            return convolve(x, kernel, **moves)
        parts = _split(x, self.groups)
        kernels = _split(kernel, self.groups)
        return K.concatenate(
            [convolve(part, kernel, **moves) for part, kernel in zip(parts, kernels)]
        )


def _split(x: Tensor, count: int) -> list[Tensor]:
    """Returns so many parts of a tensor along its last axis."""
    size = K.int_shape(x)[-1] // count
    before = (slice(None),) * (K.ndim(x) - 1)
    return [
        x[(*before, slice(start, start + size))]
        for start in range(0, size * count, size)
    ]


class Keras2Conv1D(Conv):
    """Convolution1D of Keras 2, with causal padding and groups.

    # Example
        ```python
        from oneiros.layers import Keras2Conv1D
        from oneiros.models import Sequential

        layer = Keras2Conv1D(6, 3, padding="causal", groups=2, input_shape=(10, 4))
        model = Sequential([layer])
        model.output_shape  # (None, 10, 6)
        model.count_params()  # 42
        ```

    # Arguments
        filters: int, the number of filters, the channels of the output.
        kernel_size: int, or list of an int for each axis, what a filter sees.
        strides: int or list of int, its steps.
        padding: `"valid"`, only whole windows; `"same"`, zeros on both sides that keep
            the sizes; `"causal"`, zeros before a sequence, so that no step of the
            output depends on later ones.
        data_format: `"channels_last"`, or `"channels_first"`, `(samples, channels,
            …)`.
        dilation_rate: int or list of int, the spacing of what a filter sees.
        groups: int, into how many groups the channels are split; each has its own
            filters.
        activation: name or function applied to the output.
        use_bias: bool, whether to add a bias.
        kernel_initializer, bias_initializer: initializations of both.
        kernel_regularizer, bias_regularizer: regularizers of both.
        activity_regularizer: regularizer of the output.
        kernel_constraint, bias_constraint: constraints of both.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, filters)`.
    """

    loadable = True
    rank = 1


class Keras2Conv2D(Conv):
    """Convolution2D of Keras 2, with groups.

    # Example
        ```python
        from oneiros.layers import Keras2Conv2D
        from oneiros.models import Sequential

        model = Sequential([Keras2Conv2D(6, 3, groups=2, input_shape=(10, 10, 4))])
        model.output_shape  # (None, 8, 8, 6)
        ```

    # Arguments
        all: as for `Keras2Conv1D`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, new_rows, new_columns, filters)`.
    """

    loadable = True


class Keras2Conv3D(Conv):
    """Convolution3D of Keras 2, with groups and holes.

    # Example
        ```python
        from oneiros.layers import Keras2Conv3D
        from oneiros.models import Sequential

        layer = Keras2Conv3D(6, 2, dilation_rate=2, input_shape=(8, 8, 8, 1))
        model = Sequential([layer])
        model.output_shape  # (None, 6, 6, 6, 6)
        ```

    # Arguments
        all: as for `Keras2Conv1D`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)`.

    # Output shape
        5D, `(samples, new_d1, new_d2, new_d3, filters)`.
    """

    loadable = True
    rank = 3


class Transposed(Conv):
    """Base of the transposed convolutions. Not a layer itself."""

    output_padding: Any = None

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        output_padding: Sizes | None = None,
        **kwargs,
    ):
        super().__init__(filters, kernel_size, strides, **kwargs)
        if output_padding is not None:
            self.output_padding = check_sizes(
                self, "output_padding", output_padding, minimum=0
            )

    def add_kernels(self, channels: int) -> None:
        """Makes the kernel `(*window, filters, channels)`."""
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = self.add_parameter("kernel", shape)

    def convolved(self, x: Tensor, **moves: Any) -> Tensor:
        """Returns the transposed convolution; holes in the kernel are zeros."""
        kernel = self.kernel
        for axis, rate in enumerate(self.dilation_rate):
            kernel = _spread(kernel, axis, rate)
        *window, filters, channels = range(K.ndim(kernel))
        kernel = K.permute_dimensions(kernel, (*window, channels, filters))
        sizes = list(K.int_shape(x)[1 : self.rank + 1])
        for axis, size in enumerate(sizes):
            if size is None:
                sizes[axis] = K.shape(x)[axis + 1]
        beside = (1,) * (2 - self.rank)
        shape = (None, *self.output_sizes(sizes), *beside, self.filters)
        del moves["filter_dilation"]
        convolve_back = K.deconv3d if self.rank == 3 else K.deconv2d
        return convolve_back(x, self.of_images(kernel), shape, **moves)

    def output_sizes(self, sizes: list[Any]) -> list[Any]:
        """Returns the sizes that Keras 2 chooses."""
        added = self.output_padding or (None,) * self.rank
        windows = zip(sizes, self.kernel_size, self.strides, self.dilation_rate, added)
        return [size and self._enlarged(size, *window) for size, *window in windows]

    def _enlarged(self, size, window: int, stride: int, rate: int, added: int | None):
        reach = (window - 1) * rate + 1
        is_padded = self.padding == "same"
        if added is None:
            return size * stride + (0 if is_padded else max(reach - stride, 0))
        cut = 2 * (reach // 2) if is_padded else 0
        return (size - 1) * stride + reach - cut + added


def _spread(kernel: Tensor, axis: int, rate: int) -> Tensor:
    """Returns a kernel with zeros between its cells along an axis."""
    if rate == 1:
        return kernel
    shape = list(K.int_shape(kernel))
    shape[axis] *= rate
    cells = K.expand_dims(kernel, axis + 1)
    zeros = [K.zeros_like(cells)] * (rate - 1)
    spread = K.reshape(K.concatenate([cells, *zeros], axis=axis + 1), tuple(shape))
    return spread[(*(slice(None),) * axis, slice(1 - rate))]


class Conv1DTranspose(Transposed):
    """Transposed convolution of sequences.

    # Example
        ```python
        from oneiros.layers import Conv1DTranspose
        from oneiros.models import Sequential

        layer = Conv1DTranspose(4, 3, strides=2, padding="same", input_shape=(5, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 10, 4)
        ```

    # Arguments
        output_padding: int or list of int, what the output has beyond the smallest size
            of which a convolution makes the input's; None makes `strides * size` of it,
            without padding as much more as the window exceeds the strides.
        the others: as for `Keras2Conv1D`, without `groups`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, filters)`.
    """

    loadable = True
    rank = 1


class Keras2Conv2DTranspose(Transposed):
    """Transposed convolution of images, with `output_padding` and holes.

    # Example
        ```python
        from oneiros.layers import Keras2Conv2DTranspose
        from oneiros.models import Sequential

        layer = Keras2Conv2DTranspose(
            4, 3, strides=2, output_padding=1, input_shape=(5, 5, 3)
        )
        model = Sequential([layer])
        model.output_shape  # (None, 12, 12, 4)
        ```

    # Arguments
        all: as for `Conv1DTranspose`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, new_rows, new_columns, filters)`.
    """

    loadable = True


class Conv3DTranspose(Transposed):
    """Transposed convolution of volumes.

    # Example
        ```python
        from oneiros.layers import Conv3DTranspose
        from oneiros.models import Sequential

        model = Sequential([Conv3DTranspose(4, 2, strides=2, input_shape=(5, 5, 5, 3))])
        model.output_shape  # (None, 10, 10, 10, 4)
        ```

    # Arguments
        all: as for `Conv1DTranspose`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)`.

    # Output shape
        5D, `(samples, new_d1, new_d2, new_d3, filters)`.
    """

    loadable = True
    rank = 3


class Depthwise(Convolving):
    """Base of `DepthwiseConv1D` and `DepthwiseConv2D`. Not a layer itself."""

    pointwise: Any = None
    depth_multiplier: int

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        depth_multiplier: int = 1,
        depthwise_initializer="glorot_uniform",
        depthwise_regularizer=None,
        depthwise_constraint=None,
        **kwargs,
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(
            depth_multiplier=depth_multiplier,
            depthwise_initializer=depthwise_initializer,
            depthwise_regularizer=depthwise_regularizer,
            depthwise_constraint=depthwise_constraint,
        )

    def add_kernels(self, channels: int) -> None:
        """Makes the kernel `(*window, channels, depth_multiplier)`."""
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise = self.add_parameter("depthwise", shape)

    def convolved(self, x: Tensor, **moves: Any) -> Tensor:
        """Returns the convolution channel by channel, and that across them, if any."""
        pointwise = self.pointwise
        if pointwise is not None:
            pointwise = self.of_images(pointwise)
        return K.separable_conv2d(x, self.of_images(self.depthwise), pointwise, **moves)

    def output_channels(self, channels) -> int:
        """Returns as many channels as there are kernels."""
        return int(channels * self.depth_multiplier)


class DepthwiseConv1D(Depthwise):
    """Convolution within each channel of a sequence.

    # Example
        ```python
        from oneiros.layers import DepthwiseConv1D
        from oneiros.models import Sequential

        model = Sequential([DepthwiseConv1D(3, input_shape=(10, 4))])
        model.output_shape  # (None, 8, 4)
        model.count_params()  # 16
        ```

    # Arguments
        depth_multiplier: int, the number of channels that each channel becomes.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: those of the
            kernel.
        the others: as for `Keras2Conv1D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, channels * depth_multiplier)`.
    """

    loadable = True
    rank = 1


class DepthwiseConv2D(Depthwise):
    """Convolution within each channel of images.

    # Example
        ```python
        from oneiros.layers import DepthwiseConv2D
        from oneiros.models import Sequential

        model = Sequential([DepthwiseConv2D(3, strides=2, input_shape=(9, 9, 4))])
        model.output_shape  # (None, 4, 4, 4)
        ```

    # Arguments
        all: as for `DepthwiseConv1D`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, new_rows, new_columns, channels * depth_multiplier)`.
    """

    loadable = True


class Separable(Depthwise):
    """Base of `SeparableConv1D` and its like. Not a layer itself."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        pointwise_initializer="glorot_uniform",
        pointwise_regularizer=None,
        pointwise_constraint=None,
        **kwargs,
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(
            filters=filters,
            pointwise_initializer=pointwise_initializer,
            pointwise_regularizer=pointwise_regularizer,
            pointwise_constraint=pointwise_constraint,
        )

    def add_kernels(self, channels: int) -> None:
        """Makes both kernels, the second `(1, …, channels * depth_multiplier,
        filters)`."""
        super().add_kernels(channels)
        inner = channels * self.depth_multiplier
        shape = (*(1,) * self.rank, inner, self.filters)
        self.pointwise = self.add_parameter("pointwise", shape)

    def output_channels(self, channels) -> int:
        """Returns the number of filters."""
        return self.filters


class SeparableConv1D(Separable):
    """Convolution within each channel of a sequence, then one of single steps across
    channels.

    # Example
        ```python
        from oneiros.layers import SeparableConv1D
        from oneiros.models import Sequential

        model = Sequential([SeparableConv1D(8, 3, input_shape=(10, 4))])
        model.output_shape  # (None, 8, 8)
        model.count_params()  # 52
        ```

    # Arguments
        pointwise_initializer, pointwise_regularizer, pointwise_constraint: those of the
            kernel of the second step.
        the others: as for `DepthwiseConv1D` and `Keras2Conv1D`.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, filters)`.
    """

    loadable = True
    rank = 1


class Keras2SeparableConv2D(Separable):
    """SeparableConvolution2D of Keras 2, with holes.

    # Example
        ```python
        from oneiros.layers import Keras2SeparableConv2D
        from oneiros.models import Sequential

        layer = Keras2SeparableConv2D(8, 3, dilation_rate=2, input_shape=(9, 9, 4))
        model = Sequential([layer])
        model.output_shape  # (None, 5, 5, 8)
        ```

    # Arguments
        all: as for `SeparableConv1D`.

    # Input shape
        4D, `(samples, rows, columns, channels)`.

    # Output shape
        4D, `(samples, new_rows, new_columns, filters)`.
    """

    loadable = True
