"""Pooling in JAX.

Small windows are taken apart into one strided slice per cell, which XLA fuses into a single pass; its own
operation for windows, and the derivative of that, are several times slower on a CPU. Large windows that don't
overlap become axes of their own.
"""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from oneiros_backend_theano.jax_import import jax
from oneiros_backend_theano.jax_ops import _converts, known_sizes
from oneiros_backend_theano.pooling import AveragePool, MaxPool, Pick, Pooling, Spread, Unpool
from oneiros_backend_theano.slices import placed, strided

LARGE = 9


def _has_blocks(op: Pooling) -> bool:
    return op.window == op.strides and math.prod(op.window) > LARGE


def _padded(op: Pooling, x: Any, value: float) -> Any:
    """Returns `x` with the padding around it, cut off behind the last window."""
    sizes = x.shape[1:-1]
    config = []
    for size, count, (low, _), window, stride in zip(
        sizes, op.lengths(sizes, op.window), op.paddings(sizes, op.window), op.window, op.strides, strict=True
    ):
        config.append((low, (count - 1) * stride + window - low - size, 0))
    return jax.lax.pad(x, jnp.asarray(value, x.dtype), [(0, 0, 0), *config, (0, 0, 0)])


# Windows taken apart


def _starts(op: Pooling) -> list[tuple[int, ...]]:
    """Returns the places of a window's cells, in their order."""
    return list(itertools.product(*map(range, op.window)))


def _slices(op: Pooling, padded: Any) -> list[Any]:
    """Returns the values of each cell of the window, in all windows."""
    found = []
    for start in _starts(op):
        cell = padded
        for axis, (first, window, stride) in enumerate(zip(start, op.window, op.strides, strict=True), 1):
            cell = strided(cell, axis, first, (padded.shape[axis] - window) // stride + 1, stride)
        found.append(cell)
    return found


def _joined(op: Pooling, cells: list[Any], sizes: tuple[int, ...]) -> Any:
    """Adds up the values of each cell of the window, where the cells stand."""
    total: Any = 0
    for start, cell in zip(_starts(op), cells, strict=True):
        for axis, (first, (low, _)) in enumerate(zip(start, op.paddings(sizes, op.window), strict=True), 1):
            cell = placed(cell, axis, first - low, op.strides[axis - 1], sizes[axis - 1])
        total = total + cell
    return total


# Windows as axes


def _blocks(op: Pooling, padded: Any) -> Any:
    """Returns windows that don't overlap as axes: (batch, count, window, count, window, …, channels)."""
    sizes = zip(padded.shape[1:-1], op.window, strict=True)
    split = itertools.chain.from_iterable((n // window, window) for n, window in sizes)
    return padded.reshape(padded.shape[0], *split, padded.shape[-1])


def _window_axes(op: Pooling) -> tuple[int, ...]:
    return tuple(range(2, 2 * op.rank + 1, 2))


def _numbers(op: Pooling) -> Any:
    """Returns the positions in a window, in the form of `_blocks`."""
    split = itertools.chain.from_iterable((1, window) for window in op.window)
    return np.arange(math.prod(op.window), dtype=op.positions).reshape(1, *split, 1)


def _unblocked(op: Pooling, blocks: Any, sizes: tuple[int, ...]) -> Any:
    """Puts windows back where they were."""
    counts = blocks.shape[1:-1:2]
    x = blocks.reshape(blocks.shape[0], *np.multiply(counts, op.window), blocks.shape[-1])
    config = []
    for n, size, (low, _) in zip(x.shape[1:-1], sizes, op.paddings(sizes, op.window), strict=True):
        config.append((-low, size - n + low, 0))
    return jax.lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *config, (0, 0, 0)])


# Conversions


@_converts(MaxPool)
def _max_pool(op: MaxPool, node: Any) -> Any:
    def by_blocks(xp: Any, x: Any) -> Any:
        blocks, numbers = _blocks(op, _padded(op, jnp.asarray(x), -np.inf)), _numbers(op)
        best = jnp.max(blocks, _window_axes(op), keepdims=True)
        places = jnp.where(blocks == best, numbers, numbers.max())
        return best.squeeze(_window_axes(op)), jnp.min(places, _window_axes(op))

    def by_slices(xp: Any, x: Any) -> Any:
        best, *others = _slices(op, _padded(op, jnp.asarray(x), -np.inf))
        places = jnp.zeros(best.shape, op.positions)
        for number, cell in enumerate(others, 1):
            places = jnp.where(cell > best, jnp.asarray(number, op.positions), places)
            best = jnp.maximum(best, cell)
        return best, places

    return by_blocks if _has_blocks(op) else by_slices


@_converts(Unpool)
def _unpool(op: Unpool, node: Any) -> Any:
    def by_blocks(xp: Any, places: Any, g: Any, *sizes: Any) -> Any:
        axes = _window_axes(op)
        places, g = jnp.expand_dims(places, axes), jnp.expand_dims(g, axes)
        return _unblocked(op, jnp.where(places == _numbers(op), g, 0), known_sizes(sizes, node))

    def by_slices(xp: Any, places: Any, g: Any, *sizes: Any) -> Any:
        cells = [jnp.where(places == number, g, 0) for number in range(len(_starts(op)))]
        return _joined(op, cells, known_sizes(sizes, node))

    return by_blocks if _has_blocks(op) else by_slices


@_converts(Pick)
def _pick(op: Pick, node: Any) -> Any:
    def by_blocks(xp: Any, places: Any, x: Any) -> Any:
        chosen = jnp.expand_dims(places, _window_axes(op)) == _numbers(op)
        return jnp.sum(jnp.where(chosen, _blocks(op, _padded(op, jnp.asarray(x), 0)), 0), _window_axes(op))

    def by_slices(xp: Any, places: Any, x: Any) -> Any:
        cells = enumerate(_slices(op, _padded(op, jnp.asarray(x), 0)))
        return functools.reduce(jnp.add, [jnp.where(places == n, cell, 0) for n, cell in cells])

    return by_blocks if _has_blocks(op) else by_slices


def _shares(op: Pooling, sizes: tuple[int, ...], dtype: Any) -> Any:
    """Returns one over the number of cells that aren't padding, for each window."""
    counts = np.ones(())
    for axis, (low, _) in enumerate(op.paddings(sizes, op.window)):
        starts = np.arange(op.lengths(sizes, op.window)[axis]) * op.strides[axis] - low
        inside = np.minimum(starts + op.window[axis], sizes[axis]) - np.maximum(starts, 0)
        counts = counts[..., None] * inside
    return (1 / counts[..., None]).astype(dtype)


@_converts(AveragePool)
def _average_pool(op: AveragePool, node: Any) -> Any:
    def by_blocks(xp: Any, x: Any) -> Any:
        total = jnp.sum(_blocks(op, _padded(op, jnp.asarray(x), 0)), _window_axes(op))
        return total * _shares(op, x.shape[1:-1], x.dtype)

    def by_slices(xp: Any, x: Any) -> Any:
        total = _padded(op, jnp.asarray(x), 0)
        for axis, (window, stride) in enumerate(zip(op.window, op.strides, strict=True), 1):
            count = (total.shape[axis] - window) // stride + 1
            total = sum(strided(total, axis, start, count, stride) for start in range(window))
        return total * _shares(op, x.shape[1:-1], x.dtype)

    return by_blocks if _has_blocks(op) else by_slices


@_converts(Spread)
def _spread(op: Spread, node: Any) -> Any:
    def by_blocks(xp: Any, g: Any, *sizes: Any) -> Any:
        spatial, numbers = known_sizes(sizes, node), _numbers(op)
        shares = jnp.expand_dims(g * _shares(op, spatial, g.dtype), _window_axes(op))
        shape = np.broadcast_shapes(shares.shape, numbers.shape)
        return _unblocked(op, jnp.broadcast_to(shares, shape), spatial)

    def by_slices(xp: Any, g: Any, *sizes: Any) -> Any:
        spatial = known_sizes(sizes, node)
        total: Any = jnp.asarray(g) * _shares(op, spatial, g.dtype)
        for axis, (low, _) in enumerate(op.paddings(spatial, op.window), 1):
            window, stride, size = op.window[axis - 1], op.strides[axis - 1], spatial[axis - 1]
            total = sum(placed(total, axis, start - low, stride, size) for start in range(window))
        return total

    return by_blocks if _has_blocks(op) else by_slices
