"""Pooling in numba, on flat arrays and the plans of
`oneiros_jax_support.convolution_kernels`."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from oneiros_jax_support.convolution_kernels import (
    cell_at,
    check,
    make_plan,
    place_of,
    rank_helpers,
    settings_of,
    windows,
)
from oneiros_jax_support.tiles import closure, jitted

from oneiros_backend_theano.pooling import (
    AveragePool,
    MaxPool,
    Pick,
    Pooling,
    Spread,
    Unpool,
)

_U = np.uintp


@jitted
def _cells(plan: Any) -> Any:
    return plan[9] * plan[10] * plan[11]


@jitted
def max_pool(x: Any, out: Any, positions: Any, plan: Any) -> None:
    """Finds the largest value of each window, and where it stands."""
    channels = plan[4]
    for at in range(plan[0] * windows(plan)):
        place, o, empty = place_of(plan, at), at * channels, True
        for cell in range(_cells(plan)):
            s = cell_at(plan, place, cell) * channels
            if s < 0:
                continue
            if empty:
                for c in range(channels):
                    out[_U(o + c)] = x[_U(s + c)]
                    positions[_U(o + c)] = cell
            else:
                for c in range(channels):
                    new, best = x[_U(s + c)], out[_U(o + c)]
                    better = not new <= best and best == best
                    positions[_U(o + c)] = cell if better else positions[_U(o + c)]
                    out[_U(o + c)] = new if better else best
            empty = False


@jitted
def unpool(positions: Any, g: Any, out: Any, plan: Any) -> None:
    """Adds each value to the cell of its window that is named."""
    channels = plan[4]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place, o = place_of(plan, at), at * channels
        for cell in range(_cells(plan)):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                for c in range(channels):
                    chosen = positions[_U(o + c)] == cell
                    out[_U(s + c)] += g[_U(o + c)] if chosen else g.dtype.type(0)


@jitted
def pick(positions: Any, x: Any, out: Any, plan: Any) -> None:
    """Takes the cell that is named from each window."""
    channels = plan[4]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place, o = place_of(plan, at), at * channels
        for cell in range(_cells(plan)):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                for c in range(channels):
                    chosen = positions[_U(o + c)] == cell
                    out[_U(o + c)] = x[_U(s + c)] if chosen else out[_U(o + c)]


@jitted
def _share(plan: Any, place: Any) -> float:
    """Returns one over the number of a window's cells that aren't padding."""
    inside = 0
    for cell in range(_cells(plan)):
        inside += cell_at(plan, place, cell) >= 0
    return 1.0 / inside


@jitted
def average_pool(x: Any, out: Any, plan: Any) -> None:
    """Computes the mean of each window."""
    channels = plan[4]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place, o = place_of(plan, at), at * channels
        share = out.dtype.type(_share(plan, place))
        for cell in range(_cells(plan)):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                for c in range(channels):
                    out[_U(o + c)] += x[_U(s + c)]
        for c in range(channels):
            out[_U(o + c)] *= share


@jitted
def spread(g: Any, out: Any, plan: Any) -> None:
    """Spreads each value evenly over the cells of its window."""
    channels = plan[4]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place, o = place_of(plan, at), at * channels
        share = out.dtype.type(_share(plan, place))
        for cell in range(_cells(plan)):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                for c in range(channels):
                    out[_U(s + c)] += g[_U(o + c)] * share


# The Ops


def _max_pool(op: MaxPool) -> Any:
    window, settings, kind = op.window, settings_of(op), np.dtype(op.positions)
    lengths, _ = rank_helpers(op.rank)

    @closure
    def maxima(x: Any) -> Any:
        plan = make_plan(
            x.shape[0], x.shape[1:-1], x.shape[-1], window, x.shape[-1], settings
        )
        shape = x.shape[:1] + lengths(plan) + x.shape[-1:]
        out, positions = np.empty(shape, x.dtype), np.empty(shape, kind)
        max_pool(
            np.ascontiguousarray(x).reshape(-1),
            out.reshape(-1),
            positions.reshape(-1),
            plan,
        )
        return out, positions

    return maxima


def _unpool(op: Unpool) -> Any:
    window, settings, (lengths, ints) = (
        op.window,
        settings_of(op),
        rank_helpers(op.rank),
    )

    @closure
    def placed(positions: Any, g: Any, *sizes: Any) -> Any:
        spatial = ints(sizes)
        plan = make_plan(
            g.shape[0], spatial, g.shape[-1], window, g.shape[-1], settings
        )
        check(g.shape == positions.shape and g.shape[1:-1] == lengths(plan))
        out = np.empty(g.shape[:1] + spatial + g.shape[-1:], g.dtype)
        flat = (
            np.ascontiguousarray(positions).reshape(-1),
            np.ascontiguousarray(g).reshape(-1),
        )
        unpool(flat[0], flat[1], out.reshape(-1), plan)
        return out

    return placed


def _pick(op: Pick) -> Any:
    window, settings, (lengths, _) = op.window, settings_of(op), rank_helpers(op.rank)

    @closure
    def picked(positions: Any, x: Any) -> Any:
        plan = make_plan(
            x.shape[0], x.shape[1:-1], x.shape[-1], window, x.shape[-1], settings
        )
        check(positions.shape == x.shape[:1] + lengths(plan) + x.shape[-1:])
        out = np.empty(positions.shape, x.dtype)
        flat = (
            np.ascontiguousarray(positions).reshape(-1),
            np.ascontiguousarray(x).reshape(-1),
        )
        pick(flat[0], flat[1], out.reshape(-1), plan)
        return out

    return picked


def _average_pool(op: AveragePool) -> Any:
    window, settings, (lengths, _) = op.window, settings_of(op), rank_helpers(op.rank)

    @closure
    def means(x: Any) -> Any:
        plan = make_plan(
            x.shape[0], x.shape[1:-1], x.shape[-1], window, x.shape[-1], settings
        )
        out = np.empty(x.shape[:1] + lengths(plan) + x.shape[-1:], x.dtype)
        average_pool(np.ascontiguousarray(x).reshape(-1), out.reshape(-1), plan)
        return out

    return means


def _spread(op: Spread) -> Any:
    window, settings, (lengths, ints) = (
        op.window,
        settings_of(op),
        rank_helpers(op.rank),
    )

    @closure
    def shares(g: Any, *sizes: Any) -> Any:
        spatial = ints(sizes)
        plan = make_plan(
            g.shape[0], spatial, g.shape[-1], window, g.shape[-1], settings
        )
        check(g.shape[1:-1] == lengths(plan))
        out = np.empty(g.shape[:1] + spatial + g.shape[-1:], g.dtype)
        spread(np.ascontiguousarray(g).reshape(-1), out.reshape(-1), plan)
        return out

    return shares


MAKERS = {
    MaxPool: _max_pool,
    Unpool: _unpool,
    Pick: _pick,
    AveragePool: _average_pool,
    Spread: _spread,
}


@functools.cache
def compiled(op: Pooling) -> Any:
    """Returns an Op as a function for numba; its `py_func` computes the same without
    being compiled."""
    return MAKERS[type(op)](op)
