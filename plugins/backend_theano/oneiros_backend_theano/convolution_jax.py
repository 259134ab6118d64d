"""Convolutions and pooling in JAX."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from oneiros_backend_theano.convolution import Convolution, Convolve, InputGradient, KernelGradient
from oneiros_backend_theano.jax_ops import _converts, known_sizes
from oneiros_backend_theano.pooling import AveragePool, MaxPool, Pick, Pooling, Spread, Unpool


def _convolution(op: Convolution, sizes: Any, window: Any) -> Callable[[Any, Any], Any]:
    """Returns the convolution as a function of input and kernel, for known spatial sizes."""
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


@_converts(Convolve)
def _convolve(op: Convolve, node: Any) -> Any:
    def convolve(xp: Any, x: Any, kernel: Any) -> Any:
        return _convolution(op, x.shape[1:-1], kernel.shape[:-2])(jnp.asarray(x), jnp.asarray(kernel))

    return convolve


@_converts(InputGradient)
def _input_gradient(op: InputGradient, node: Any) -> Any:
    def input_gradient(xp: Any, kernel: Any, g: Any, *sizes: Any) -> Any:
        spatial = known_sizes(sizes, node)
        convolve = _convolution(op, spatial, kernel.shape[:-2])
        kernel, g = jnp.asarray(kernel), jnp.asarray(g)
        shape = (g.shape[0], *spatial, kernel.shape[-2])
        return _transposed(lambda x: convolve(x, kernel), shape, g)

    return input_gradient


@_converts(KernelGradient)
def _kernel_gradient(op: KernelGradient, node: Any) -> Any:
    def kernel_gradient(xp: Any, x: Any, g: Any, *sizes: Any) -> Any:
        window = known_sizes(sizes, node)
        convolve = _convolution(op, x.shape[1:-1], window)
        x, g = jnp.asarray(x), jnp.asarray(g)
        shape = (*window, x.shape[-1], op.multiplier(x.shape[-1], g.shape[-1]))
        return _transposed(lambda kernel: convolve(x, kernel), shape, g)

    return kernel_gradient


# Pooling


def _cells(op: Pooling) -> list[tuple[int, ...]]:
    """Returns the offsets of a window's cells, in their order."""
    return list(itertools.product(*map(range, op.window)))


def _padded(op: Pooling, x: Any, value: float) -> Any:
    """Returns `x` with the padding around it and without the cells that no window reaches."""
    counts, pads = op.lengths(x.shape[1:-1], op.window), op.paddings(x.shape[1:-1], op.window)
    config = [(0, 0, 0)]
    for size, count, (low, _), window, stride in zip(
        x.shape[1:-1], counts, pads, op.window, op.strides, strict=True
    ):
        config.append((low, (count - 1) * stride + window - low - size, 0))
    return jax.lax.pad(x, jnp.asarray(value, x.dtype), [*config, (0, 0, 0)])


def _slices(op: Pooling, padded: Any) -> list[Any]:
    """Returns for each cell of the window its values in all windows."""
    counts = [
        (n - window) // stride + 1
        for n, window, stride in zip(padded.shape[1:-1], op.window, op.strides, strict=True)
    ]
    found = []
    for cell in _cells(op):
        at = [
            slice(first, first + (n - 1) * stride + 1, stride)
            for first, n, stride in zip(cell, counts, op.strides, strict=True)
        ]
        found.append(padded[(slice(None), *at)])
    return found


def _placed(op: Pooling, values: list[Any], sizes: tuple[int, ...]) -> Any:
    """Adds up values per cell of the window at the cells' places in a tensor of given spatial sizes."""
    pads = op.paddings(sizes, op.window)
    parts = []
    for cell, value in zip(_cells(op), values, strict=True):
        config = [(0, 0, 0)]
        for first, (low, _), size, n, stride in zip(
            cell, pads, sizes, value.shape[1:-1], op.strides, strict=True
        ):
            start = first - low
            config.append((start, size - start - (n - 1) * stride - 1, stride - 1))
        parts.append(jax.lax.pad(value, jnp.zeros((), value.dtype), [*config, (0, 0, 0)]))
    return functools.reduce(jnp.add, parts)


@_converts(MaxPool)
def _max_pool(op: MaxPool, node: Any) -> Any:
    def max_pool(xp: Any, x: Any) -> Any:
        first, *others = _slices(op, _padded(op, jnp.asarray(x), -np.inf))
        best, position = first, jnp.zeros(first.shape, np.int32)
        for cell, value in enumerate(others, 1):
            position = jnp.where(value > best, np.int32(cell), position)
            best = jnp.maximum(best, value)
        return best, position

    return max_pool


@_converts(Unpool)
def _unpool(op: Unpool, node: Any) -> Any:
    def unpool(xp: Any, positions: Any, g: Any, *sizes: Any) -> Any:
        g = jnp.asarray(g)
        values = [jnp.where(positions == cell, g, 0) for cell in range(len(_cells(op)))]
        return _placed(op, values, known_sizes(sizes, node))

    return unpool


@_converts(Pick)
def _pick(op: Pick, node: Any) -> Any:
    def pick(xp: Any, positions: Any, x: Any) -> Any:
        values = _slices(op, _padded(op, jnp.asarray(x), 0))
        return functools.reduce(
            jnp.add, [jnp.where(positions == cell, value, 0) for cell, value in enumerate(values)]
        )

    return pick


def _counts(op: Pooling, sizes: tuple[int, ...], dtype: Any) -> Any:
    """Returns how many cells of each window aren't padding."""
    counts = np.ones((), dtype)
    for axis, (low, _) in enumerate(op.paddings(sizes, op.window)):
        n = op.lengths(sizes, op.window)[axis]
        starts = np.arange(n) * op.strides[axis] - low
        inside = np.minimum(starts + op.window[axis], sizes[axis]) - np.maximum(starts, 0)
        counts = counts[..., None] * inside.astype(dtype)
    return counts[..., None]


@_converts(AveragePool)
def _average_pool(op: AveragePool, node: Any) -> Any:
    def average_pool(xp: Any, x: Any) -> Any:
        x = jnp.asarray(x)
        total = functools.reduce(jnp.add, _slices(op, _padded(op, x, 0)))
        return total / _counts(op, x.shape[1:-1], x.dtype)

    return average_pool


@_converts(Spread)
def _spread(op: Spread, node: Any) -> Any:
    def spread(xp: Any, g: Any, *sizes: Any) -> Any:
        spatial = known_sizes(sizes, node)
        share = jnp.asarray(g) / _counts(op, spatial, g.dtype)
        return _placed(op, [share] * len(_cells(op)), spatial)

    return spread
