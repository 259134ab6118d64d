"""Pooling in JAX, with derivatives that are fast on a CPU too.

Windows are reduced along one axis after the other, from one strided slice per cell;
XLA fuses the slices.

The derivative of XLA's own operation, `jax.lax.reduce_window`, is slow on a CPU: with
it, a step of case b takes 1.2 to 1.3 times as long
(`benchmarks/mechanisms.py pooling`).
"""

import functools
from collections.abc import Callable

import numpy as np

from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.slices import strided
from oneiros_jax_support.windows import PoolingWindows, Sizes
from oneiros_jax_support.ynn import pools_by_windows

Function = Callable[..., Tensor]
MOST_SLICES = 4
"""Larger windows that don't overlap become axes: XLA compiles these faster."""
NO_PADDING = (0, 0, 0)
"""The argument of `jax.lax.pad` for an axis: cells before, after and in between."""


def max_pool(windows: PoolingWindows, x):
    """Returns the largest value of each window; of equal values, the first receives the
    derivative."""
    padded = _padded(windows, x, -np.inf)
    if pools_by_windows():
        return _reduced_windows(windows, padded)
    return _reduced(windows, padded, _larger, _largest)


def average_pool(windows: PoolingWindows, x):
    """Returns the mean of each window's cells; cells added as padding don't count."""
    padded = _padded(windows, x, 0)
    total = _reduced(windows, padded, jnp.add, jnp.sum)
    sizes = _spatial_shape(x)
    weights = _weights(windows, sizes)
    return total * weights.astype(x.dtype)


@jax.custom_jvp
def _larger(x, y):
    """Returns the larger of two values.

    Of equal ones, the first receives the derivative; `jnp.maximum` halves it.
    """
    return jnp.maximum(x, y)


@_larger.defjvp
def _larger_with_derivative(values, derivatives):
    x, y = values
    of_x, of_y = derivatives
    is_second = y > x
    derivative = jnp.where(is_second, of_y, of_x)
    larger = _larger(x, y)
    return larger, derivative


def _largest(x, axis: int):
    """Returns the largest value along an axis, the first of equal ones."""
    places = jax.lax.broadcasted_iota(np.int32, x.shape, axis)
    largest = jnp.max(x, axis, keepdims=True)
    is_nan = x != x
    is_largest = (x == largest) | is_nan
    beyond = x.shape[axis]
    candidates = jnp.where(is_largest, places, beyond)
    first = jnp.min(candidates, axis, keepdims=True)
    is_first = places == first
    only_first = jnp.where(is_first, x, 0)
    return jnp.sum(only_first, axis)


def _reduced_windows(windows: PoolingWindows, padded):
    """Returns the largest value of each window, by XLA's own operation."""
    window = (1, *windows.window, 1)
    strides = (1, *windows.strides, 1)
    largest = jax.lax.max
    return jax.lax.reduce_window(padded, -np.inf, largest, window, strides, "VALID")


def _reduced(windows: PoolingWindows, padded, combine: Function, reduce: Function):
    """Combines the cells of each window, along the last axis first.

    # Arguments
        windows: the PoolingWindows.
        padded: the tensor.
        combine: function of two cells' values.
        reduce: function of a tensor and an axis, for many cells.
    """
    places = range(windows.rank)
    for place in reversed(places):
        axis = place + 1
        size = windows.window[place]
        stride = windows.strides[place]
        if size == stride and size > MOST_SLICES:
            blocks = _blocks(padded, axis, size)
            padded = reduce(blocks, axis + 1)
        else:
            cells = _cells(padded, axis, size, stride)
            padded = functools.reduce(combine, cells)
    return padded


def _blocks(padded, axis: int, size: int):
    """Returns windows that don't overlap, with an axis of their own for their cells."""
    shape = list(padded.shape)
    shape[axis] //= size
    shape.insert(axis + 1, size)
    return padded.reshape(shape)


def _cells(padded, axis: int, size: int, stride: int):
    """Returns the values of each cell of the windows along an axis."""
    reach = padded.shape[axis] - size
    count = reach // stride + 1
    cells = []
    for cell in range(size):
        values = strided(padded, axis, cell, count, stride)
        cells.append(values)
    return cells


def _weights(windows: PoolingWindows, sizes: Sizes):
    """Returns one over the number of cells that aren't padding, for each window."""
    counts = np.ones(())
    axes = windows.axes(sizes, windows.window)
    pairs = zip(sizes, axes, strict=True)
    for size, axis in pairs:
        before, _ = axis.padding()
        position_count = axis.positions() or 0
        numbers = np.arange(position_count)
        starts = numbers * axis.stride - before
        ends = starts + (axis.window or 0)
        first = np.maximum(starts, 0)
        beyond = np.minimum(ends, size)
        counts_along_axis = beyond - first
        counts = counts[..., None] * counts_along_axis
    per_channel = counts[..., None]
    return 1 / per_channel


def _padded(windows: PoolingWindows, x, value: float):
    """Returns `x` with padding, cut off after the last window."""
    sizes = _spatial_shape(x)
    widths = [NO_PADDING]
    axes = windows.axes(sizes, windows.window)
    pairs = zip(sizes, axes, strict=True)
    for size, axis in pairs:
        before, _ = axis.padding()
        count = axis.positions() or 1
        last_start = (count - 1) * axis.stride
        padded_size = last_start + (axis.window or 0)
        after = padded_size - before - size
        width = (before, after, 0)
        widths.append(width)
    widths.append(NO_PADDING)
    filler = jnp.asarray(value, x.dtype)
    return jax.lax.pad(x, filler, widths)


def _spatial_shape(x) -> Sizes:
    sizes = x.shape[1:-1]
    return tuple(sizes)
