"""Convolutions in JAX, and their derivatives."""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.slices import placed, strided
from oneiros_jax_support.windows import ConvolutionWindows

Sizes = tuple[int, ...]

LARGE = {2: 1 << 27, 3: 1 << 24}
"""Multiplications from which on our own functions save so much time that loading them
is worth it."""


def _convolution(
    op: ConvolutionWindows, sizes: Any, window: Any
) -> Callable[[Any, Any], Any]:
    """Returns the convolution as a function of input and kernel, for known spatial
    sizes."""
    axes = "DHW"[-op.rank :]
    names = f"N{axes}C", f"{axes}IO", f"N{axes}C"

    def convolve(x: Any, kernel: Any) -> Any:
        groups = 1
        if op.depthwise:
            groups = kernel.shape[-2]
            kernel = kernel.reshape(*kernel.shape[:-2], 1, groups * kernel.shape[-1])
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            op.strides,
            op.paddings(sizes, window),
            rhs_dilation=op.dilation,
            dimension_numbers=names,
            feature_group_count=groups,
        )

    return convolve


def _transposed(linear: Callable[[Any], Any], shape: Any, g: Any) -> Any:
    """Applies the transpose of a linear function of a tensor of a given shape."""
    return jax.linear_transpose(linear, jax.ShapeDtypeStruct(shape, g.dtype))(g)[0]


def convolve(op: ConvolutionWindows, x: Any, kernel: Any) -> Any:
    """Returns the cross-correlation of `x` with a kernel."""
    sizes, window = x.shape[1:-1], kernel.shape[:-2]
    lengths = op.lengths(sizes, window)
    if _one_by_one(op):
        return _depthwise(op, x, kernel)
    if op.rank == 3 and _is_native(
        op, x, kernel, math.prod(lengths) * x.shape[0] * kernel.size
    ):
        plan, native = _native(op, x.shape, kernel.shape)
        return native.native_convolve(plan, x, kernel, lengths)
    return _convolution(op, sizes, window)(x, kernel)


def by_input(op: ConvolutionWindows, kernel: Any, g: Any, sizes: Sizes) -> Any:
    """Returns a convolution's derivative by its input, of these spatial sizes, given
    that by its output."""
    shape = (g.shape[0], *sizes, kernel.shape[-2])
    _check(op, sizes, kernel.shape[:-2], g)
    if _one_by_one(op):
        return _depthwise_by_input(op, kernel, g, sizes)
    if op.rank == 3 and _is_native(op, kernel, g, g.size // g.shape[-1] * kernel.size):
        plan, native = _native(op, shape, kernel.shape)
        return native.native_by_input(plan, kernel, g, sizes)
    convolve = _convolution(op, sizes, kernel.shape[:-2])
    return _transposed(lambda x: convolve(x, kernel), shape, g)


def by_kernel(op: ConvolutionWindows, x: Any, g: Any, window: Sizes) -> Any:
    """Returns a convolution's derivative by its kernel, of these spatial sizes, given
    that by its output."""
    shape = (*window, x.shape[-1], op.multiplier(x.shape[-1], g.shape[-1]))
    _check(op, x.shape[1:-1], window, g)
    if _one_by_one(op):
        return _depthwise_by_kernel(op, x, g, shape)
    if _is_native(op, x, g, g.size // g.shape[-1] * math.prod(shape)):
        plan, native = _native(op, x.shape, shape)
        return native.native_by_kernel(plan, x, g, window)
    convolve = _convolution(op, x.shape[1:-1], window)
    return _transposed(lambda kernel: convolve(x, kernel), shape, g)


def _check(op: ConvolutionWindows, sizes: Any, window: Any, g: Any) -> None:
    if tuple(g.shape[1:-1]) != op.lengths(sizes, window):
        raise ValueError(
            f"The derivative should have spatial sizes {op.lengths(sizes, window)}."
        )


# On a CPU


def _is_native(op: ConvolutionWindows, a: Any, b: Any, multiplications: int) -> bool:
    """Tells whether to use our own functions instead of XLA's."""
    fits = platform() == "cpu" and not op.depthwise and a.dtype == b.dtype == np.float32
    return fits and multiplications > LARGE[op.rank]


def _native(op: ConvolutionWindows, shape: Any, kernel_shape: Any) -> tuple[Any, Any]:
    """Returns the plan of a convolution, and the module of our functions; numba takes a
    while to load."""
    from oneiros_jax_support.convolution_kernels import make_plan, settings_of

    *window, channels, filters = kernel_shape
    plan = make_plan.py_func(
        shape[0], shape[1:-1], channels, window, filters, settings_of(op)
    )
    return plan, importlib.import_module("oneiros_jax_support.convolution_native")


def _one_by_one(op: ConvolutionWindows) -> bool:
    """Tells whether to take a convolution apart into one product per cell of the
    window.

    XLA fuses the products; its own depthwise convolutions take up to 80 times as long
    on a CPU.
    """
    return op.depthwise and platform() == "cpu"


def _cells(op: ConvolutionWindows, x: Any, window: Any) -> Any:
    """Yields for each cell of the window its values in all windows."""
    lengths, pads = (
        op.lengths(x.shape[1:-1], window),
        op.paddings(x.shape[1:-1], window),
    )
    padded = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    for cell in itertools.product(*map(range, window)):
        value = padded
        for axis, (at, count, stride, dilation) in enumerate(
            zip(cell, lengths, op.strides, op.dilation, strict=True), 1
        ):
            value = strided(value, axis, at * dilation, count, stride)
        yield cell, value


def _depthwise(op: ConvolutionWindows, x: Any, kernel: Any) -> Any:
    window, each = kernel.shape[:-2], kernel.shape[-1]
    total: Any = 0
    for cell, value in _cells(op, x, window):
        total = total + jnp.repeat(value, each, -1) * kernel[cell].reshape(-1)
    return total


def _depthwise_by_input(op: ConvolutionWindows, kernel: Any, g: Any, sizes: Any) -> Any:
    *window, channels, each = kernel.shape
    pads = op.paddings(sizes, window)
    total: Any = 0
    for cell in itertools.product(*map(range, window)):
        value = jnp.sum(
            (g * kernel[cell].reshape(-1)).reshape(*g.shape[:-1], channels, each), -1
        )
        for axis, (at, (low, _), size) in enumerate(
            zip(cell, pads, sizes, strict=True), 1
        ):
            start, stride = at * op.dilation[axis - 1] - low, op.strides[axis - 1]
            value = placed(value, axis, start, stride, size)
        total = total + value
    return total


def _depthwise_by_kernel(op: ConvolutionWindows, x: Any, g: Any, shape: Any) -> Any:
    """XLA's function for one kernel per channel is fast enough; for several, it is
    called for each."""
    *window, channels, each = shape
    convolve = _convolution(op, x.shape[1:-1], window)
    one = (*window, channels, 1)
    parts = jnp.moveaxis(g.reshape(*g.shape[:-1], channels, each), -1, 0)
    return jnp.concatenate(
        [_transposed(lambda k: convolve(x, k), one, part) for part in parts], -1
    )
