"""Convolutions with the arguments that Keras 2 gave them.

Kernels begin with the window, whatever the order of the input's axes. Sequences are
images one column wide.
"""

from functools import partial
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.errors import ShapeError
from oneiros.load_context import count_calls, count_weight
from oneiros.typing import (
    Activation,
    ConstraintLike,
    Initialization,
    RegularizerLike,
    Shape,
    Tensor,
)

from oneiros_keras2.base import BiasedLayer, KernelLayer, known_size
from oneiros_keras2.options import ConvOptions, SeparableOptions, WindowOptions
from oneiros_keras2.spatial import Sizes, Windowed, check_sizes
from oneiros_keras2.tensors import blocks, sizes_of

OF_SEQUENCES = ("valid", "same", "causal")
"""The paddings of sequences."""


class Convolving(Windowed, BiasedLayer):
    """Base of the convolutions. Not a layer itself."""

    activation: Any
    use_bias: bool
    bias: Any = None

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        activation: Activation = None,
        use_bias: bool = True,
        activity_regularizer: RegularizerLike = None,
        **kwargs,
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(
            activation=activation,
            use_bias=use_bias,
            activity_regularizer=activity_regularizer,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes kernels and bias."""
        channels = known_size(self, input_shape, self.channel_axis)
        self.add_kernels(channels)
        if self.use_bias:
            filters = self.output_channels(channels)
            self.bias = self.add_parameter("bias", (filters,))

    def add_kernels(self, channels: int) -> None:
        """Makes the kernels for so many channels of the input."""
        raise NotImplementedError

    def convolved(self, x: Tensor, **moves: Any) -> Tensor:
        """Returns the convolution of `x`, without a bias.

        # Arguments
            moves: keyword arguments of `convolution`.
        """
        raise NotImplementedError

    def computed(self, x):
        """Returns the convolution of `x`, and the bias."""
        border_mode = self.padding
        if border_mode == "causal":
            (window,) = self.kernel_size
            (rate,) = self.dilation_rate
            before = (window - 1) * rate
            x = K.asymmetric_temporal_padding(x, before, 0)
            border_mode = "valid"
        output = self.convolved(
            x,
            border_mode=border_mode,
            strides=self.strides,
            filter_dilation=self.dilation_rate,
        )
        return output if self.bias is None else output + self.bias

    def call(self, x, mask=None):
        """Returns the convolution, activated."""
        return self.activation(super().call(x))


class Conv(Convolving, KernelLayer):
    """Base of `Keras2Conv1D` and its like. Not a layer itself."""

    groups: int

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        groups: int = 1,
        **kwargs: Unpack[ConvOptions],
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(filters=filters, groups=groups)

    def add_kernels(self, channels):
        """Makes the kernel `(*window, channels of a group, filters)`.

        # Raises
            ShapeError: if the groups don't divide channels and filters.
        """
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"{label(self)} has groups={self.groups} and filters={self.filters}, "
                f"and received an input with {channels} channels. Expected numbers of "
                "filters and channels that the groups divide."
            )
        of_group = channels // self.groups
        shape = (*self.kernel_size, of_group, self.filters)
        self.kernel = self.add_parameter("kernel", shape)

    def convolved(self, x, **moves):
        """Returns the convolution, of each group of channels by itself."""
        convolve = K.conv3d if self.rank == 3 else K.conv2d
        if self.groups == 1:
            return self.convolution(convolve, x, self.kernel, **moves)
        count_calls(label(self), self.groups)
        parts = blocks(x, self.groups)
        kernels = blocks(self.kernel, self.groups)
        outputs = [
            self.convolution(convolve, part, kernel, **moves)
            for part, kernel in zip(parts, kernels)
        ]
        return K.concatenate(outputs)


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
        filters: int, the number of filters: the channels of the output.
        kernel_size: int, or list of an int for each axis, the window of a filter.
        strides: int or list of int, from one window to the next.
        padding: `"valid"` or `"same"`; for a sequence also `"causal"`: zeros before it,
            so that no step of the output depends on later ones.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: int or list of int, the distance of the steps in a window.
        groups: int, how many groups of channels have filters of their own.
        the others: as for `Convolution1D`, by their names in Keras 2.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, filters)`.
    """

    loadable = True
    rank = 1
    paddings = OF_SEQUENCES


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
    conformance = {**Conv.conformance, "input_shape": (6, 5, 4)}


class Keras2Conv3D(Conv):
    """Convolution3D of Keras 2, with groups and dilation.

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
    """Base of the transposed convolutions. Not a layer itself. As in Keras 2, they take
    `groups` and compute without."""

    conformance = {"tags": ("uses_masked_steps",), "unused": ("groups",)}
    output_padding: Any = None

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        output_padding: Sizes | None = None,
        **kwargs: Unpack[ConvOptions],
    ):
        super().__init__(filters, kernel_size, strides, **kwargs)
        if output_padding is not None:
            self.output_padding = check_sizes(
                self, "output_padding", output_padding, minimum=0
            )

    def add_kernels(self, channels):
        """Makes the kernel `(*window, filters, channels)`."""
        shape = (*self.kernel_size, self.filters, channels)
        self.kernel = self.add_parameter("kernel", shape)

    def convolved(self, x, **moves):
        """Returns the transposed convolution; holes in the kernel are zeros."""
        kernel = self.kernel
        for axis, rate in enumerate(self.dilation_rate):
            kernel = _spread(kernel, axis, rate)
        *window, filters, channels = range(K.ndim(kernel))
        kernel = K.permute_dimensions(kernel, (*window, channels, filters))
        _, *sizes, _ = sizes_of(x)
        sizes = self.output_sizes(sizes)
        if self.rank == 1:
            sizes.append(1)
        shape = (None, *sizes, self.filters)
        del moves["filter_dilation"]
        convolve_back = K.deconv3d if self.rank == 3 else K.deconv2d
        to_shape = partial(convolve_back, output_shape=shape)
        return self.convolution(to_shape, x, kernel, **moves)

    def output_sizes(self, sizes):
        """Returns the sizes that Keras 2 chooses."""
        return [
            None if size is None else self._enlarged(size, axis)
            for axis, size in enumerate(sizes)
        ]

    def _enlarged(self, size, axis: int):
        """Returns a size of the output."""
        stride = self.strides[axis]
        rate = self.dilation_rate[axis]
        reach = (self.kernel_size[axis] - 1) * rate + 1
        is_padded = self.padding == "same"
        if self.output_padding is None:
            further = 0 if is_padded else max(reach - stride, 0)
            return size * stride + further
        cut = 2 * (reach // 2) if is_padded else 0
        last = (size - 1) * stride
        return last + reach - cut + self.output_padding[axis]


def _spread(kernel: Tensor, axis: int, rate: int) -> Tensor:
    """Returns a kernel with zeros between its cells along an axis."""
    if rate == 1:
        return kernel
    shape = list(K.int_shape(kernel))
    shape[axis] *= rate
    count_weight(tuple(shape), "a kernel with a dilation_rate")
    cells = K.expand_dims(kernel, axis + 1)
    gap = K.zeros_like(cells)
    zeros = [gap] * (rate - 1)
    groups = K.concatenate([cells, *zeros], axis=axis + 1)
    spread = K.reshape(groups, tuple(shape))
    index = [slice(None)] * axis
    index.append(slice(1 - rate))
    return spread[tuple(index)]


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
        output_padding: int or list of int, steps beyond the shortest output; None for
            `strides * size` steps, which `padding="valid"` increases by
            `kernel_size - strides` if that is above 0.
        the others: as for `Keras2Conv1D`; `groups` has no effect, as in Keras 2.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        3D, `(samples, new_steps, filters)`.
    """

    loadable = True
    rank = 1


class Keras2Conv2DTranspose(Transposed):
    """Transposed convolution of images, with `output_padding` and dilation.

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
        depthwise_initializer: Initialization = "glorot_uniform",
        depthwise_regularizer: RegularizerLike = None,
        depthwise_constraint: ConstraintLike = None,
        **kwargs: Unpack[WindowOptions],
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(
            depth_multiplier=depth_multiplier,
            depthwise_initializer=depthwise_initializer,
            depthwise_regularizer=depthwise_regularizer,
            depthwise_constraint=depthwise_constraint,
        )

    def add_kernels(self, channels):
        """Makes the kernel `(*window, channels, depth_multiplier)`."""
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise = self.add_parameter("depthwise", shape)

    def convolved(self, x, **moves):
        """Returns the convolution channel by channel, and that across them, if any."""
        kernels = (self.depthwise, self.pointwise)
        return self.convolution(K.separable_conv2d, x, *kernels, **moves)

    def output_channels(self, channels):
        """Returns as many channels as there are kernels."""
        return None if channels is None else int(channels * self.depth_multiplier)


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
        depth_multiplier: int, how many channels the layer makes from each.
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
    paddings = OF_SEQUENCES


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
        pointwise_initializer: Initialization = "glorot_uniform",
        pointwise_regularizer: RegularizerLike = None,
        pointwise_constraint: ConstraintLike = None,
        **kwargs: Unpack[SeparableOptions],
    ):
        super().__init__(kernel_size, strides, **kwargs)
        self.set_arguments(
            filters=filters,
            pointwise_initializer=pointwise_initializer,
            pointwise_regularizer=pointwise_regularizer,
            pointwise_constraint=pointwise_constraint,
        )

    def add_kernels(self, channels):
        """Makes both kernels, the second `(1, …, channels * depth_multiplier,
        filters)`."""
        super().add_kernels(channels)
        inner = channels * self.depth_multiplier
        window = (1,) * self.rank
        shape = (*window, inner, self.filters)
        self.pointwise = self.add_parameter("pointwise", shape)

    def output_channels(self, channels):
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
    paddings = OF_SEQUENCES


class Keras2SeparableConv2D(Separable):
    """SeparableConvolution2D of Keras 2, with dilation.

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
