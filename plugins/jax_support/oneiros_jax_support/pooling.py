"""Pooling in JAX, with derivatives that are fast on a CPU too.

Small windows are taken apart into one strided slice per cell, which XLA fuses into a
single pass; its own operation for windows, and the derivative of that, are several
times slower on a CPU. Large windows that don't overlap become axes of their own.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from oneiros_jax_support.graphs import pools_by_windows
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.slices import placed, strided
from oneiros_jax_support.windows import PoolingWindows, Sizes

T = Any
LARGE = 9
"""Cells above which windows become axes."""


@functools.cache
def max_pool(windows: PoolingWindows) -> Callable[[T], T]:
    """Returns the function that gives the largest value of each window; the first of
    equal ones takes the derivative."""

    def forward(x: T) -> tuple[T, tuple[T, T]]:
        largest, places = _largest(windows, x)
        return largest, (places, x)

    def pullback(saved: tuple[T, T], slope: T) -> tuple[T]:
        places, x = saved
        return (_unpooled(windows, places, slope, tuple(x.shape[1:-1])),)

    pool: Callable[[T], T] = jax.custom_vjp(lambda x: _largest(windows, x)[0])
    pool.defvjp(forward, pullback)  # type: ignore[attr-defined]
    return pool


def average_pool(windows: PoolingWindows, x: T) -> T:
    """Returns the mean of each window's cells; cells added as padding don't count."""
    total = _padded(windows, x, 0)
    if _has_blocks(windows):
        total = jnp.sum(_blocks(windows, total), _window_axes(windows))
    else:
        for axis, window in enumerate(windows.window, 1):
            stride = windows.strides[axis - 1]
            count = (total.shape[axis] - window) // stride + 1
            total = sum(
                strided(total, axis, start, count, stride) for start in range(window)
            )
    return total * _shares(windows, tuple(x.shape[1:-1]), x.dtype)


def _shares(
    windows: PoolingWindows,
    sizes: Sizes,
    dtype: Any,
) -> Any:
    """Returns one over the number of cells that aren't padding, for each window."""
    counts = np.ones(())
    for size, axis in zip(sizes, windows.axes(sizes, windows.window), strict=True):
        starts = np.arange(axis.positions() or 0) * axis.stride - axis.padding()[0]
        ends = starts + (axis.window or 0)
        inside = np.minimum(ends, size) - np.maximum(starts, 0)
        counts = counts[..., None] * inside
    return (1 / counts[..., None]).astype(dtype)


def _padded(
    windows: PoolingWindows,
    x: T,
    value: float,
) -> T:
    """Returns `x` with the padding around it, cut off behind the last window."""
    sizes = tuple(x.shape[1:-1])
    config = [(0, 0, 0)]
    for size, axis in zip(sizes, windows.axes(sizes, windows.window), strict=True):
        before, _ = axis.padding()
        reach = ((axis.positions() or 1) - 1) * axis.stride + (axis.window or 0)
        config.append((before, reach - before - size, 0))
    return jax.lax.pad(x, jnp.asarray(value, x.dtype), [*config, (0, 0, 0)])


# Maxima


def _largest(windows: PoolingWindows, x: T) -> tuple[T, T]:
    """Returns the largest value of each window, and where it stands in it."""
    padded = _padded(windows, x, -np.inf)
    if pools_by_windows():
        size, strides = (1, *windows.window, 1), (1, *windows.strides, 1)
        largest = jax.lax.reduce_window(
            padded, -np.inf, jax.lax.max, size, strides, "VALID"
        )
        return largest, _largest_of_slices(windows, padded)[1]
    if _has_blocks(windows):
        return _largest_of_blocks(windows, padded)
    return _largest_of_slices(windows, padded)


def _largest_of_slices(windows: PoolingWindows, padded: T) -> tuple[T, T]:
    best, *others = _slices(windows, padded)
    kind = _positions(windows)
    places = jnp.zeros(best.shape, kind)
    for number, cell in enumerate(others, 1):
        places = jnp.where(cell > best, jnp.asarray(number, kind), places)
        best = jnp.maximum(best, cell)
    return best, places


def _largest_of_blocks(windows: PoolingWindows, padded: T) -> tuple[T, T]:
    axes = _window_axes(windows)
    blocks, numbers = _blocks(windows, padded), _numbers(windows)
    largest = jnp.max(blocks, axes, keepdims=True)
    cells = jnp.where(blocks == largest, numbers, numbers.max())
    return largest.squeeze(axes), jnp.min(cells, axes)


def _unpooled(
    windows: PoolingWindows,
    places: T,
    slope: T,
    sizes: Sizes,
) -> T:
    """Adds each value to the cell of its window that is named."""
    if _has_blocks(windows):
        axes = _window_axes(windows)
        chosen = jnp.expand_dims(places, axes) == _numbers(windows)
        blocks = jnp.where(chosen, jnp.expand_dims(slope, axes), 0)
        return _unblocked(windows, blocks, sizes)
    total: T = 0
    for number, start in enumerate(_starts(windows)):
        cell = jnp.where(places == number, slope, 0)
        for place, axis in enumerate(windows.axes(sizes, windows.window), 1):
            first = start[place - 1] - axis.padding()[0]
            cell = placed(cell, place, first, axis.stride, sizes[place - 1])
        total = total + cell
    return total


def _positions(windows: PoolingWindows) -> str:
    """Returns the type of positions in a window."""
    return "int8" if windows.cells < 128 else "int32"


# Windows taken apart


def _starts(windows: PoolingWindows) -> list[Sizes]:
    """Returns the places of a window's cells, in their order."""
    return list(itertools.product(*map(range, windows.window)))


def _slices(windows: PoolingWindows, padded: T) -> list[T]:
    """Returns the values of each cell of the window, in all windows."""
    return [_slice(windows, padded, start) for start in _starts(windows)]


def _slice(
    windows: PoolingWindows,
    padded: T,
    start: Sizes,
) -> T:
    for axis, first in enumerate(start, 1):
        window, stride = windows.window[axis - 1], windows.strides[axis - 1]
        count = (padded.shape[axis] - window) // stride + 1
        padded = strided(padded, axis, first, count, stride)
    return padded


# Windows as axes


def _has_blocks(windows: PoolingWindows) -> bool:
    return windows.window == windows.strides and windows.cells > LARGE


def _blocks(windows: PoolingWindows, padded: T) -> T:
    """Returns windows that don't overlap as axes: (batch, count, window, count, window,
    …, channels)."""
    sizes = zip(padded.shape[1:-1], windows.window, strict=True)
    split = itertools.chain.from_iterable((n // window, window) for n, window in sizes)
    return padded.reshape(padded.shape[0], *split, padded.shape[-1])


def _window_axes(windows: PoolingWindows) -> Sizes:
    return tuple(range(2, 2 * windows.rank + 1, 2))


def _numbers(windows: PoolingWindows) -> Any:
    """Returns the positions in a window, in the form of `_blocks`."""
    split = itertools.chain.from_iterable((1, window) for window in windows.window)
    return np.arange(windows.cells, dtype=_positions(windows)).reshape(1, *split, 1)


def _unblocked(
    windows: PoolingWindows,
    blocks: T,
    sizes: Sizes,
) -> T:
    """Puts windows back where they were."""
    samples, channels = blocks.shape[0], blocks.shape[-1]
    counts = blocks.shape[1:-1:2]
    x = blocks.reshape(samples, *np.multiply(counts, windows.window), channels)
    config = [(0, 0, 0)]
    paddings = windows.paddings(sizes, windows.window)
    for length, size, (before, _) in zip(x.shape[1:-1], sizes, paddings, strict=True):
        config.append((-before, size - length + before, 0))
    return jax.lax.pad(x, jnp.zeros((), x.dtype), [*config, (0, 0, 0)])
