"""Convolutions, built on three primitives of each engine."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.arguments import check_choice, check_int
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.images import (
    BORDERS,
    check_same_shape,
    check_window,
    is_first,
    per_axis,
)
from oneiros_backend_toolkit.padding import Padding
from oneiros_backend_toolkit.pooling import Pooling
from oneiros_backend_toolkit.resizing import Resizing
from oneiros_backend_toolkit.tensors import Tensor


@dataclass(frozen=True)
class _Convolution:
    """A convolution call without its tensors.

    # Arguments
        function: str, the name of the function of `K`.
        rank: int, the number of spatial axes.
        border_mode, dim_ordering, strides, dilation: the function's arguments.
    """

    function: str
    rank: int
    border_mode: Any
    dim_ordering: Any
    strides: Any
    dilation: Any


class Convolutions(Pooling, Padding, Resizing):
    """The functions of `K` for sequences, images and volumes: convolution, pooling,
    padding and resizing.

    The primitives receive floats of the same type, with channels last. Strides, windows
    and dilations are tuples with one int per spatial axis. Border mode 'valid' adds no
    border. 'same' results in ceil(size / stride) steps, with an odd zero at the end.
    'full' adds window - 1 zeros on both sides.
    """

    def _convolve(
        self,
        x,
        kernel,
        strides: tuple[int, ...],
        border_mode: str,
        dilation: tuple[int, ...],
    ) -> Tensor:
        """Cross-correlates over 2 or 3 spatial axes; the kernel is (*window, in, out).

        Strides and dilations above 1 may come together.
        """
        raise NotImplementedError

    def _convolve_depthwise(
        self, x, kernel, strides: tuple[int, ...], border_mode: str
    ) -> Tensor:
        """Cross-correlates channel by channel over 2 spatial axes; the kernel is
        (*window, in, multiplier).

        Output channel i * multiplier + m depends on input channel i.
        """
        raise NotImplementedError

    def _convolve_back(
        self,
        x,
        kernel,
        sizes: tuple[Tensor, ...],
        strides: tuple[int, ...],
        border_mode: str,
    ) -> Tensor:
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
    ) -> Tensor:
        self._checked_rank("conv1d", x, 3)
        check_same_shape("conv1d", "image_shape", image_shape, self.int_shape(x))
        check_same_shape("conv1d", "filter_shape", filter_shape, self.int_shape(kernel))
        x, kernel = self.floats_alike(x, kernel)
        if self.ndim(kernel) == 3:
            kernel = self.expand_dims(kernel, 1)
        strides = (check_int("conv1d", "stride", stride, 1), 1)
        x = self.expand_dims(x, 2)
        convolved = self._checked_convolve(
            "conv1d", x, kernel, strides, border_mode, (1, 1)
        )
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
    ) -> Tensor:
        call = _Convolution(
            "conv2d", 2, border_mode, dim_ordering, strides, filter_dilation
        )
        shapes = {"image_shape": image_shape, "filter_shape": filter_shape}
        return self._convolution(call, x, kernel, shapes)

    def atrous_conv2d(
        self,
        x,
        kernel,
        rate=1,
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ) -> Tensor:
        call = _Convolution("atrous_conv2d", 2, border_mode, dim_ordering, (1, 1), rate)
        shapes = {"image_shape": image_shape, "filter_shape": filter_shape}
        return self._convolution(call, x, kernel, shapes)

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
    ) -> Tensor:
        call = _Convolution(
            "conv3d", 3, border_mode, dim_ordering, strides, filter_dilation
        )
        shapes = {"volume_shape": volume_shape, "filter_shape": filter_shape}
        return self._convolution(call, x, kernel, shapes)

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
    ) -> Tensor:
        first = is_first("deconv2d", dim_ordering)
        strides = per_axis("deconv2d", "strides", strides, 2)
        check_choice("deconv2d", "border_mode", border_mode, BORDERS)
        self._checked_rank("deconv2d", x, 4)
        check_same_shape("deconv2d", "image_shape", image_shape, self.int_shape(x))
        check_same_shape(
            "deconv2d", "filter_shape", filter_shape, self.int_shape(kernel)
        )
        x, kernel = self.floats_alike(x, kernel)
        x = self._last(x, first)
        kernel = self._kernel(kernel, first)
        self._check_kernel("deconv2d", x, kernel, 2)
        sizes, channels = self._target(output_shape, first)
        self._check_target(x, kernel, sizes, channels, strides, border_mode)
        result = self._convolve_back(x, kernel, sizes, strides, border_mode)
        return self._first(result, first)

    def separable_conv2d(
        self,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
    ) -> Tensor:
        name = "separable_conv2d"
        first = is_first(name, dim_ordering)
        strides = per_axis(name, "strides", strides, 2)
        check_choice(name, "border_mode", border_mode, BORDERS)
        self._checked_rank(name, x, 4)
        x, depthwise, pointwise = self.floats_alike(
            x, depthwise_kernel, pointwise_kernel
        )
        x = self._last(x, first)
        depthwise = self._kernel(depthwise, first)
        pointwise = self._kernel(pointwise, first)
        self._check_kernel(name, x, depthwise, 2)
        if self.int_shape(pointwise)[:2] != (1, 1):
            raise ShapeError(
                f"{name} needs a pointwise kernel with a window of (1, 1); received "
                f"shape {self.int_shape(pointwise_kernel)}."
            )
        check_window(
            name, self.int_shape(x)[1:3], self.int_shape(depthwise)[:2], border_mode
        )
        by_channel = self._convolve_depthwise(x, depthwise, strides, border_mode)
        mixed = self._checked_convolve(
            name, by_channel, pointwise, (1, 1), "valid", (1, 1)
        )
        return self._first(mixed, first)

    def _convolution(
        self, call: _Convolution, x, kernel, shapes: dict[str, Tensor]
    ) -> Tensor:
        """Convolves in any order of axes.

        # Arguments
            shapes: the shapes of `x` and `kernel` according to the caller, by argument
                name.
        """
        name = call.function
        first = is_first(name, call.dim_ordering)
        strides = per_axis(name, "strides", call.strides, call.rank)
        rate = "rate" if name == "atrous_conv2d" else "filter_dilation"
        dilation = per_axis(name, rate, call.dilation, call.rank)
        self._checked_rank(name, x, call.rank + 2)
        for (argument, shape), tensor in zip(shapes.items(), (x, kernel), strict=True):
            check_same_shape(name, argument, shape, self.int_shape(tensor))
        x, kernel = self.floats_alike(x, kernel)
        x = self._last(x, first)
        kernel = self._kernel(kernel, first)
        convolved = self._checked_convolve(
            name, x, kernel, strides, call.border_mode, dilation
        )
        return self._first(convolved, first)

    def _checked_convolve(
        self,
        name: str,
        x,
        kernel,
        strides: tuple[int, ...],
        border_mode,
        dilation: tuple[int, ...],
    ) -> Tensor:
        check_choice(name, "border_mode", border_mode, BORDERS)
        self._check_kernel(name, x, kernel, len(strides))
        window = self.int_shape(kernel)[:-2]
        spans = [
            n and (n - 1) * step + 1 for n, step in zip(window, dilation, strict=True)
        ]
        check_window(name, self.int_shape(x)[1:-1], spans, border_mode)
        return self._convolve(x, kernel, strides, border_mode, dilation)

    def _kernel(self, kernel, first: bool) -> Tensor:
        """Returns a kernel in the primitives' order of axes; with 'th' it is (out, in,
        *window)."""
        if not first:
            return kernel
        return self.permute_dimensions(kernel, (*range(2, self.ndim(kernel)), 1, 0))

    def _check_kernel(self, name: str, x, kernel, rank: int) -> None:
        shape = self.int_shape(kernel)
        channels = self.int_shape(x)[-1]
        if len(shape) != rank + 2:
            raise ShapeError(
                f"{name} expected a kernel of rank {rank + 2}; received shape {shape}."
            )
        if None not in (shape[-2], channels) and shape[-2] != channels:
            raise ShapeError(
                f"{name}: the kernel expects {shape[-2]} channels, but the input has "
                f"{channels} (in the order 'tf', the kernel has shape {shape} "
                f"and the input {self.int_shape(x)}). Check dim_ordering and the "
                "kernel's shape."
            )

    def _target(self, output_shape, first: bool) -> tuple[tuple[Tensor, ...], Tensor]:
        """Returns the spatial sizes and the channels of deconv2d's `output_shape`."""
        if isinstance(output_shape, (list, tuple)) and len(output_shape) == 4:
            sizes = tuple(
                int(n) if isinstance(n, np.integer) else n for n in output_shape
            )
            if all(n is not None for n in sizes[1:]):
                if first:
                    return sizes[2:], sizes[1]
                return sizes[1:3], sizes[3]
        order = "channels, rows, columns" if first else "rows, columns, channels"
        raise ShapeError(
            f"deconv2d received output_shape={output_shape!r}. Expected four sizes, "
            f"(batch, {order}); only the batch size may be None."
        )

    def _check_target(
        self,
        x,
        kernel,
        sizes: tuple[Tensor, ...],
        channels,
        strides: Sequence[int],
        border_mode: str,
    ) -> None:
        """Checks that a convolution of the target has the shape of `x`."""
        *window, _, filters = self.int_shape(kernel)
        if isinstance(channels, int) and filters not in (None, channels):
            raise ShapeError(
                f"deconv2d: output_shape has {channels} channels, but the kernel has "
                f"{filters}."
            )
        input_sizes = self.int_shape(x)[1:3]
        for input_size, size, width, stride in zip(
            input_sizes, sizes, window, strides, strict=True
        ):
            if None in (input_size, width) or not isinstance(size, int):
                continue
            margin = {"valid": 1 - width, "same": 0, "full": width - 1}[border_mode]
            if math.ceil((size + margin) / stride) != input_size:
                least = (input_size - 1) * stride + 1 - margin
                raise ShapeError(
                    f"deconv2d: output_shape has a size of {size}, which doesn't "
                    f"fit {input_size} with a window of {width}, stride {stride} "
                    f"and border_mode={border_mode!r}. Sizes from {max(least, 1)} to "
                    f"{input_size * stride - margin} fit."
                )

    def _last(self, x, first: bool) -> Tensor:
        return self._channels_last(x) if first else x

    def _first(self, x, first: bool) -> Tensor:
        return self._channels_first(x) if first else x
