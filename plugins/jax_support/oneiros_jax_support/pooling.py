"""PoolingWindows in JAX.

Small windows are taken apart into one strided slice per cell, which XLA fuses into a
single pass; its own operation for windows, and the derivative of that, are several
times slower on a CPU. Large windows that don't overlap become axes of their own.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from oneiros_jax_support.graphs import pools_by_windows
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.slices import placed, strided
from oneiros_jax_support.windows import PoolingWindows

Sizes = tuple[int, ...]
LARGE = 9


def _has_blocks(op: PoolingWindows) -> bool:
    return op.window == op.strides and math.prod(op.window) > LARGE


def _padded(op: PoolingWindows, x: Any, value: float) -> Any:
    """Returns `x` with the padding around it, cut off behind the last window."""
    sizes = x.shape[1:-1]
    config = []
    for size, count, (low, _), window, stride in zip(
        sizes,
        op.lengths(sizes, op.window),
        op.paddings(sizes, op.window),
        op.window,
        op.strides,
        strict=True,
    ):
        config.append((low, (count - 1) * stride + window - low - size, 0))
    return jax.lax.pad(x, jnp.asarray(value, x.dtype), [(0, 0, 0), *config, (0, 0, 0)])


# Windows taken apart


def _starts(op: PoolingWindows) -> list[tuple[int, ...]]:
    """Returns the places of a window's cells, in their order."""
    return list(itertools.product(*map(range, op.window)))


def _slices(op: PoolingWindows, padded: Any) -> list[Any]:
    """Returns the values of each cell of the window, in all windows."""
    found = []
    for start in _starts(op):
        cell = padded
        for axis, (first, window, stride) in enumerate(
            zip(start, op.window, op.strides, strict=True), 1
        ):
            cell = strided(
                cell, axis, first, (padded.shape[axis] - window) // stride + 1, stride
            )
        found.append(cell)
    return found


def _joined(op: PoolingWindows, cells: list[Any], sizes: tuple[int, ...]) -> Any:
    """Adds up the values of each cell of the window, where the cells stand."""
    total: Any = 0
    for start, cell in zip(_starts(op), cells, strict=True):
        for axis, (first, (low, _)) in enumerate(
            zip(start, op.paddings(sizes, op.window), strict=True), 1
        ):
            cell = placed(
                cell, axis, first - low, op.strides[axis - 1], sizes[axis - 1]
            )
        total = total + cell
    return total


# Windows as axes


def _blocks(op: PoolingWindows, padded: Any) -> Any:
    """Returns windows that don't overlap as axes: (batch, count, window, count, window,
    …, channels)."""
    sizes = zip(padded.shape[1:-1], op.window, strict=True)
    split = itertools.chain.from_iterable((n // window, window) for n, window in sizes)
    return padded.reshape(padded.shape[0], *split, padded.shape[-1])


def _window_axes(op: PoolingWindows) -> tuple[int, ...]:
    return tuple(range(2, 2 * op.rank + 1, 2))


def _numbers(op: PoolingWindows) -> Any:
    """Returns the positions in a window, in the form of `_blocks`."""
    split = itertools.chain.from_iterable((1, window) for window in op.window)
    return np.arange(math.prod(op.window), dtype=op.positions).reshape(1, *split, 1)


def _unblocked(op: PoolingWindows, blocks: Any, sizes: tuple[int, ...]) -> Any:
    """Puts windows back where they were."""
    counts = blocks.shape[1:-1:2]
    x = blocks.reshape(
        blocks.shape[0], *np.multiply(counts, op.window), blocks.shape[-1]
    )
    config = []
    for n, size, (low, _) in zip(
        x.shape[1:-1], sizes, op.paddings(sizes, op.window), strict=True
    ):
        config.append((-low, size - n + low, 0))
    return jax.lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *config, (0, 0, 0)])


def _shares(op: PoolingWindows, sizes: tuple[int, ...], dtype: Any) -> Any:
    """Returns one over the number of cells that aren't padding, for each window."""
    counts = np.ones(())
    for axis, (low, _) in enumerate(op.paddings(sizes, op.window)):
        starts = np.arange(op.lengths(sizes, op.window)[axis]) * op.strides[axis] - low
        inside = np.minimum(starts + op.window[axis], sizes[axis]) - np.maximum(
            starts, 0
        )
        counts = counts[..., None] * inside
    return (1 / counts[..., None]).astype(dtype)


# The computations


def max_pool(op: PoolingWindows, x: Any) -> tuple[Any, Any]:
    """Returns the largest value of each window, and where it stands in it; of several,
    the first."""
    padded = _padded(op, x, -np.inf)
    if pools_by_windows():
        around = (1, *op.window, 1), (1, *op.strides, 1)
        largest = jax.lax.reduce_window(padded, -np.inf, jax.lax.max, *around, "VALID")
        return largest, _largest(op, padded)[1]
    if _has_blocks(op):
        blocks, numbers = _blocks(op, padded), _numbers(op)
        largest = jnp.max(blocks, _window_axes(op), keepdims=True)
        cells = jnp.where(blocks == largest, numbers, numbers.max())
        return largest.squeeze(_window_axes(op)), jnp.min(cells, _window_axes(op))
    return _largest(op, padded)


def _largest(op: PoolingWindows, padded: Any) -> tuple[Any, Any]:
    best, *others = _slices(op, padded)
    places = jnp.zeros(best.shape, op.positions)
    for number, cell in enumerate(others, 1):
        places = jnp.where(cell > best, jnp.asarray(number, op.positions), places)
        best = jnp.maximum(best, cell)
    return best, places


def unpool(op: PoolingWindows, places: Any, g: Any, sizes: Sizes) -> Any:
    """Adds each value to the cell of its window that is named: the derivative of
    maxima."""
    if _has_blocks(op):
        axes = _window_axes(op)
        chosen = jnp.expand_dims(places, axes) == _numbers(op)
        return _unblocked(op, jnp.where(chosen, jnp.expand_dims(g, axes), 0), sizes)
    cells = [jnp.where(places == number, g, 0) for number in range(len(_starts(op)))]
    return _joined(op, cells, sizes)


def pick(op: PoolingWindows, places: Any, x: Any) -> Any:
    """Takes the cell that is named from each window."""
    padded = _padded(op, x, 0)
    if _has_blocks(op):
        chosen = jnp.expand_dims(places, _window_axes(op)) == _numbers(op)
        return jnp.sum(jnp.where(chosen, _blocks(op, padded), 0), _window_axes(op))
    cells = enumerate(_slices(op, padded))
    return sum(jnp.where(places == number, cell, 0) for number, cell in cells)


def average_pool(op: PoolingWindows, x: Any) -> Any:
    """Returns the mean of each window's cells; cells added as padding don't count."""
    total = _padded(op, x, 0)
    if _has_blocks(op):
        total = jnp.sum(_blocks(op, total), _window_axes(op))
    else:
        for axis, (window, stride) in enumerate(
            zip(op.window, op.strides, strict=True), 1
        ):
            count = (total.shape[axis] - window) // stride + 1
            total = sum(
                strided(total, axis, start, count, stride) for start in range(window)
            )
    return total * _shares(op, x.shape[1:-1], x.dtype)


def spread(op: PoolingWindows, g: Any, sizes: Sizes) -> Any:
    """Spreads each value evenly over the cells of its window: the derivative of
    means."""
    total: Any = g * _shares(op, sizes, g.dtype)
    if _has_blocks(op):
        shares, numbers = jnp.expand_dims(total, _window_axes(op)), _numbers(op)
        blocks = jnp.broadcast_to(
            shares, np.broadcast_shapes(shares.shape, numbers.shape)
        )
        return _unblocked(op, blocks, sizes)
    for axis, (low, _) in enumerate(op.paddings(sizes, op.window), 1):
        window, stride, size = (
            op.window[axis - 1],
            op.strides[axis - 1],
            sizes[axis - 1],
        )
        total = sum(
            placed(total, axis, start - low, stride, size) for start in range(window)
        )
    return total
