"""Convolutions, built on three primitives of each engine."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import math
from typing import Any

import numpy as np
from oneiros.arguments import check_choice, check_int
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.images import BORDERS, check_window, is_first, per_axis
from oneiros_backend_toolkit.pooling import Pooling

Ints = tuple[int, ...]


class Convolutions(Pooling):
    """The functions of `K` for sequences, images and volumes: convolution, pooling,
    padding and resizing.

    The primitives receive floats of the same type, with channels last. Strides, windows
    and dilations are tuples with one int per spatial axis. Border mode 'valid' adds no
    border. 'same' results in ceil(size / stride) steps, with an odd zero at the end.
    'full' adds window - 1 zeros on both sides.
    """

    def _convolve(self, x, kernel, strides: Ints, border_mode: str, dilation: Ints):
        """Cross-correlates over 2 or 3 spatial axes; the kernel is (*window, in, out).

        Strides and dilations above 1 may come together.
        """
        raise NotImplementedError

    def _convolve_depthwise(self, x, kernel, strides: Ints, border_mode: str):
        """Cross-correlates channel by channel over 2 spatial axes; the kernel is
        (*window, in, multiplier).

        Output channel i * multiplier + m depends on input channel i.
        """
        raise NotImplementedError

    def _convolve_back(
        self, x, kernel, sizes: tuple[Any, ...], strides: Ints, border_mode: str
    ):
        """Returns the gradient with respect to a convolution's input, given the
        gradient `x` with respect to its output.

        There are 2 spatial axes. The kernel is (*window, in, out), where `in` are the
        channels of `x` and `out` those of the result; `sizes` are the result's spatial
        sizes, ints or scalar tensors.
        """
        raise NotImplementedError

    def conv1d(
        self,
        x,
        kernel,
        stride=1,
        border_mode="valid",
        image_shape=None,
        filter_shape=None,
    ):
        name = "conv1d"
        self._check_images(name, x, 3)
        self._check_announced(name, "image_shape", image_shape, x)
        self._check_announced(name, "filter_shape", filter_shape, kernel)
        x, kernel = self.floats_alike(x, kernel)
        if self.ndim(kernel) == 3:
            kernel = self.expand_dims(kernel, 1)
        strides = (check_int(name, "stride", stride, 1), 1)
        x = self.expand_dims(x, 2)
        convolved = self._convolved(name, x, kernel, strides, border_mode)
        return self.squeeze(convolved, 2)

    def conv2d(
        self,
        x,
        kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1),
    ):
        strides = per_axis("conv2d", "strides", strides, 2)
        dilation = per_axis("conv2d", "filter_dilation", filter_dilation, 2)
        shapes = {"image_shape": image_shape, "filter_shape": filter_shape}
        return self._convolution(
            "conv2d", x, kernel, strides, border_mode, dim_ordering, dilation, shapes
        )

    def atrous_conv2d(
        self,
        x,
        kernel,
        rate=1,
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        name = "atrous_conv2d"
        dilation = per_axis(name, "rate", rate, 2)
        shapes = {"image_shape": image_shape, "filter_shape": filter_shape}
        return self._convolution(
            name, x, kernel, (1, 1), border_mode, dim_ordering, dilation, shapes
        )

    def conv3d(
        self,
        x,
        kernel,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        volume_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1, 1),
    ):
        strides = per_axis("conv3d", "strides", strides, 3)
        dilation = per_axis("conv3d", "filter_dilation", filter_dilation, 3)
        shapes = {"volume_shape": volume_shape, "filter_shape": filter_shape}
        return self._convolution(
            "conv3d", x, kernel, strides, border_mode, dim_ordering, dilation, shapes
        )

    def deconv2d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        name = "deconv2d"
        first = is_first(name, dim_ordering)
        strides = per_axis(name, "strides", strides, 2)
        check_choice(name, "border_mode", border_mode, BORDERS)
        self._check_images(name, x, 4)
        self._check_announced(name, "image_shape", image_shape, x)
        self._check_announced(name, "filter_shape", filter_shape, kernel)
        x, kernel = self.floats_alike(x, kernel)
        x = self._channels_last(x, first)
        kernel = self._kernel(kernel, first)
        self._check_kernel(name, x, kernel, 2)
        sizes, channels = _target(output_shape, first)
        filters = self.int_shape(kernel)[-1]
        if isinstance(channels, int) and filters not in (None, channels):
            raise ShapeError(
                f"deconv2d: output_shape has {channels} channels, but the kernel has "
                f"{filters}."
            )
        window = self.int_shape(kernel)[:2]
        input_sizes = self.int_shape(x)[1:3]
        for case in zip(input_sizes, sizes, window, strides, strict=True):
            _check_target_size(border_mode, *case)
        result = self._convolve_back(x, kernel, sizes, strides, border_mode)
        return self._channels_first(result, first)

    def separable_conv2d(
        self,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
    ):
        name = "separable_conv2d"
        first = is_first(name, dim_ordering)
        strides = per_axis(name, "strides", strides, 2)
        check_choice(name, "border_mode", border_mode, BORDERS)
        self._check_images(name, x, 4)
        kernels = (depthwise_kernel, pointwise_kernel)
        x, depthwise, pointwise = self.floats_alike(x, *kernels)
        x = self._channels_last(x, first)
        depthwise = self._kernel(depthwise, first)
        pointwise = self._kernel(pointwise, first)
        self._check_kernel(name, x, depthwise, 2)
        if self.int_shape(pointwise)[:2] != (1, 1):
            raise ShapeError(
                f"{name} needs a pointwise kernel with a window of (1, 1); received "
                f"shape {self.int_shape(pointwise_kernel)}."
            )
        window = self.int_shape(depthwise)[:2]
        sizes = self.int_shape(x)[1:3]
        check_window(name, sizes, window, border_mode)
        by_channel = self._convolve_depthwise(x, depthwise, strides, border_mode)
        mixed = self._convolved(name, by_channel, pointwise, (1, 1), "valid")
        return self._channels_first(mixed, first)

    def _convolution(
        self,
        name: str,
        x,
        kernel,
        strides: Ints,
        border_mode,
        dim_ordering,
        dilation: Ints,
        shapes: dict[str, Any],
    ):
        """Convolves in any order of axes.

        # Arguments
            shapes: the shapes of `x` and `kernel` according to the caller, by argument
                name.
        """
        first = is_first(name, dim_ordering)
        self._check_images(name, x, len(strides) + 2)
        pairs = zip(shapes, (x, kernel), strict=True)
        for argument, tensor in pairs:
            self._check_announced(name, argument, shapes[argument], tensor)
        x, kernel = self.floats_alike(x, kernel)
        x = self._channels_last(x, first)
        kernel = self._kernel(kernel, first)
        result = self._convolved(name, x, kernel, strides, border_mode, dilation)
        return self._channels_first(result, first)

    def _convolved(
        self, name: str, x, kernel, strides: Ints, border_mode, dilation: Ints = (1, 1)
    ):
        check_choice(name, "border_mode", border_mode, BORDERS)
        self._check_kernel(name, x, kernel, len(strides))
        window = self.int_shape(kernel)[:-2]
        spans = []
        for size, step in zip(window, dilation, strict=True):
            spans.append(size and (size - 1) * step + 1)
        sizes = self.int_shape(x)[1:-1]
        check_window(name, sizes, spans, border_mode)
        return self._convolve(x, kernel, strides, border_mode, dilation)

    def _kernel(self, kernel, first: bool):
        """Returns a kernel in the primitives' order of axes; with 'th' it is (out, in,
        *window)."""
        if not first:
            return kernel
        window = range(2, self.ndim(kernel))
        return self.permute_dimensions(kernel, (*window, 1, 0))

    def _check_kernel(self, name: str, x, kernel, rank: int) -> None:
        shape = self.int_shape(kernel)
        channels = self.int_shape(x)[-1]
        if len(shape) != rank + 2:
            raise ShapeError(
                f"{name} expected a kernel of rank {rank + 2}; received shape {shape}."
            )
        expected = shape[-2]
        if None not in (expected, channels) and expected != channels:
            raise ShapeError(
                f"{name}: the kernel expects {expected} channels, but the input has "
                f"{channels} (in the order 'tf', the kernel has shape {shape} "
                f"and the input {self.int_shape(x)}). Check dim_ordering and the "
                "kernel's shape."
            )


def _target(output_shape, first: bool) -> tuple[tuple[Any, ...], Any]:
    """Returns the spatial sizes and the channels of deconv2d's `output_shape`."""
    sizes = list(output_shape) if isinstance(output_shape, (list, tuple)) else []
    if len(sizes) != 4 or any(size is None for size in sizes[1:]):
        order = "channels, rows, columns" if first else "rows, columns, channels"
        raise ShapeError(
            f"deconv2d received output_shape={output_shape!r}. Expected four sizes, "
            f"(batch, {order}); only the batch size may be None."
        )
    _, *sizes = [int(n) if isinstance(n, np.integer) else n for n in sizes]
    channels = sizes.pop(0 if first else -1)
    return tuple(sizes), channels


def _check_target_size(
    border_mode: str, input_size: int | None, size, width: int | None, stride: int
) -> None:
    """Checks that a convolution of `size` cells results in `input_size`."""
    if input_size is None or width is None or not isinstance(size, int):
        return
    margins = {"valid": 1 - width, "same": 0, "full": width - 1}
    margin = margins[border_mode]
    if math.ceil((size + margin) / stride) == input_size:
        return
    least = (input_size - 1) * stride + 1 - margin
    raise ShapeError(
        f"deconv2d: output_shape has a size of {size}, which doesn't fit {input_size} "
        f"with a window of {width}, stride {stride} and border_mode={border_mode!r}. "
        f"Sizes from {max(least, 1)} to {input_size * stride - margin} fit."
    )
