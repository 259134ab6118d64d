"""Pooling in JAX, with derivatives that are fast on a CPU too.

Small windows are split into one strided slice per cell; XLA fuses them into a single
pass. Large windows that don't overlap become axes of their own.

The derivative of XLA's own operation, `jax.lax.reduce_window`, is slow on a CPU: with
it, a step of case b takes 1.4 times as long (`benchmarks/mechanisms.py pooling`).
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
import functools
import itertools
from collections.abc import Callable

import numpy as np

from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.slices import placed, strided
from oneiros_jax_support.windows import PoolingWindows, Sizes
from oneiros_jax_support.ynn import pools_by_windows

MOST_SLICES = 9
"""Larger windows become axes if they don't overlap."""
NO_PADDING = (0, 0, 0)
"""The argument of `jax.lax.pad` for an axis: cells before, after and in between."""


@functools.cache
def max_pool(windows: PoolingWindows) -> Callable[[Tensor], Tensor]:
    """Returns the function that computes the largest value of each window; of equal
    values, the first receives the derivative."""

    def forward(x) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        largest, cells = _largest(windows, x)
        return largest, (cells, x)

    def backward(saved: tuple[Tensor, Tensor], gradient) -> tuple[Tensor]:
        cells, x = saved
        return (_unpooled(windows, cells, gradient, _spatial_shape(x)),)

    pool: Callable[[Tensor], Tensor] = jax.custom_vjp(lambda x: _largest(windows, x)[0])
    # A custom_vjp, which is Any to mypy.
    pool.defvjp(forward, backward)  # type: ignore[attr-defined]
    return pool


def average_pool(windows: PoolingWindows, x) -> Tensor:
    """Returns the mean of each window's cells; cells added as padding don't count."""
    padded = _padded(windows, x, 0)
    if _has_blocks(windows):
        total = jnp.sum(_blocks(windows, padded), _window_axes(windows))
    else:
        total = _sums(windows, padded)
    return total * _weights(windows, _spatial_shape(x), x.dtype)


def _sums(windows: PoolingWindows, padded) -> Tensor:
    """Returns the sum of each window's cells, summed along one axis after the other."""
    total = padded
    for axis in _spatial_axes(windows):
        size = windows.window[axis - 1]
        cells = [_slice_along(windows, total, axis, first) for first in range(size)]
        total = functools.reduce(jnp.add, cells)
    return total


def _weights(windows: PoolingWindows, sizes: Sizes, dtype):
    """Returns one over the number of cells that aren't padding, for each window."""
    counts = np.ones(())
    axes = windows.axes(sizes, windows.window)
    for size, axis in zip(sizes, axes, strict=True):
        before, _ = axis.padding()
        starts = np.arange(axis.positions() or 0) * axis.stride - before
        ends = starts + (axis.window or 0)
        counts_along_axis = np.minimum(ends, size) - np.maximum(starts, 0)
        counts = counts[..., None] * counts_along_axis
    return (1 / counts[..., None]).astype(dtype)


def _padded(windows: PoolingWindows, x, value: float) -> Tensor:
    """Returns `x` with padding, cut off after the last window."""
    sizes = _spatial_shape(x)
    widths = [NO_PADDING]
    axes = windows.axes(sizes, windows.window)
    for size, axis in zip(sizes, axes, strict=True):
        before, _ = axis.padding()
        last_start = ((axis.positions() or 1) - 1) * axis.stride
        padded_size = last_start + (axis.window or 0)
        widths.append((before, padded_size - before - size, 0))
    widths.append(NO_PADDING)
    filler = jnp.asarray(value, x.dtype)
    return jax.lax.pad(x, filler, widths)


def _spatial_shape(x) -> Sizes:
    return tuple(x.shape[1:-1])


def _spatial_axes(windows: PoolingWindows) -> range:
    return range(1, windows.rank + 1)


# Maxima


def _largest(windows: PoolingWindows, x) -> tuple[Tensor, Tensor]:
    """Returns the largest value of each window, and the number of its cell."""
    padded = _padded(windows, x, -np.inf)
    if pools_by_windows():
        _, cells = _largest_of_slices(windows, padded)
        return _reduced_windows(windows, padded), cells
    if _has_blocks(windows):
        return _largest_of_blocks(windows, padded)
    return _largest_of_slices(windows, padded)


def _reduced_windows(windows: PoolingWindows, padded) -> Tensor:
    """Returns the largest value of each window, by XLA's own operation."""
    return jax.lax.reduce_window(
        padded,
        -np.inf,
        jax.lax.max,
        (1, *windows.window, 1),
        (1, *windows.strides, 1),
        "VALID",
    )


def _largest_of_slices(windows: PoolingWindows, padded) -> tuple[Tensor, Tensor]:
    largest, *others = _slices(windows, padded)
    dtype = _cell_dtype(windows)
    cells = jnp.zeros(largest.shape, dtype)
    for cell, values in enumerate(others, 1):
        number = jnp.asarray(cell, dtype)
        cells = jnp.where(values > largest, number, cells)
        largest = jnp.maximum(largest, values)
    return largest, cells


def _largest_of_blocks(windows: PoolingWindows, padded) -> tuple[Tensor, Tensor]:
    axes = _window_axes(windows)
    blocks = _blocks(windows, padded)
    numbers = _cell_numbers(windows)
    largest = jnp.max(blocks, axes, keepdims=True)
    candidates = jnp.where(blocks == largest, numbers, numbers.max())
    return largest.squeeze(axes), jnp.min(candidates, axes)


def _unpooled(windows: PoolingWindows, cells, gradient, sizes: Sizes) -> Tensor:
    """Adds each window's value to its cell of the given number.

    # Arguments
        windows: the PoolingWindows.
        cells: the number of a cell, for each window.
        gradient: a value for each window.
        sizes: the spatial sizes of the result.
    """
    if _has_blocks(windows):
        return _unpooled_blocks(windows, cells, gradient, sizes)
    axes = list(enumerate(windows.axes(sizes, windows.window), 1))
    total: Tensor = 0
    for cell, starts in enumerate(_cell_starts(windows)):
        values = jnp.where(cells == cell, gradient, 0)
        for place, axis in axes:
            before, _ = axis.padding()
            first = starts[place - 1] - before
            values = placed(values, place, first, axis.stride, sizes[place - 1])
        total = total + values
    return total


def _unpooled_blocks(windows: PoolingWindows, cells, gradient, sizes: Sizes) -> Tensor:
    axes = _window_axes(windows)
    is_chosen = jnp.expand_dims(cells, axes) == _cell_numbers(windows)
    blocks = jnp.where(is_chosen, jnp.expand_dims(gradient, axes), 0)
    return _unblocked(windows, blocks, sizes)


def _cell_dtype(windows: PoolingWindows) -> str:
    """Returns the type of the numbers of a window's cells."""
    return "int8" if windows.cells < 128 else "int32"


# Windows taken apart


def _cell_starts(windows: PoolingWindows) -> list[Sizes]:
    """Returns the positions of a window's cells along each axis, in their order."""
    return list(itertools.product(*map(range, windows.window)))


def _slices(windows: PoolingWindows, padded) -> list[Tensor]:
    """Returns the values of each cell of the window, in all windows."""
    return [_slice(windows, padded, starts) for starts in _cell_starts(windows)]


def _slice(windows: PoolingWindows, padded, starts: Sizes) -> Tensor:
    for axis in _spatial_axes(windows):
        padded = _slice_along(windows, padded, axis, starts[axis - 1])
    return padded


def _slice_along(windows: PoolingWindows, padded, axis: int, first: int) -> Tensor:
    """Returns what stands in the windows' cell number `first` along an axis."""
    stride = windows.strides[axis - 1]
    size = windows.window[axis - 1]
    count = (padded.shape[axis] - size) // stride + 1
    return strided(padded, axis, first, count, stride)


# Windows as axes


def _has_blocks(windows: PoolingWindows) -> bool:
    return windows.window == windows.strides and windows.cells > MOST_SLICES


def _blocks(windows: PoolingWindows, padded) -> Tensor:
    """Returns windows that don't overlap as axes: (batch, count, window, count, window,
    …, channels)."""
    shape = [padded.shape[0]]
    for padded_size, size in zip(padded.shape[1:-1], windows.window, strict=True):
        shape += [padded_size // size, size]
    return padded.reshape(*shape, padded.shape[-1])


def _window_axes(windows: PoolingWindows) -> Sizes:
    """Returns the axes of `_blocks` that a window's cells lie along."""
    return tuple(range(2, 2 * windows.rank + 1, 2))


def _cell_numbers(windows: PoolingWindows):
    """Returns the numbers of a window's cells, in the form of `_blocks`."""
    shape = [1]
    for size in windows.window:
        shape += [1, size]
    numbers = np.arange(windows.cells, dtype=_cell_dtype(windows))
    return numbers.reshape(*shape, 1)


def _unblocked(windows: PoolingWindows, blocks, sizes: Sizes) -> Tensor:
    """Puts windows back where they were."""
    samples, *_, channels = blocks.shape
    counts = blocks.shape[1:-1:2]
    padded_sizes = np.multiply(counts, windows.window)
    padded = blocks.reshape(samples, *padded_sizes, channels)
    paddings = windows.paddings(sizes, windows.window)
    widths = [NO_PADDING]
    for padded_size, size, padding in zip(
        _spatial_shape(padded), sizes, paddings, strict=True
    ):
        before, _ = padding
        widths.append((-before, size - padded_size + before, 0))
    widths.append(NO_PADDING)
    zero = jnp.zeros((), padded.dtype)
    return jax.lax.pad(padded, zero, widths)
