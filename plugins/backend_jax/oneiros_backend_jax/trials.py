"""How shapes are inferred where sizes are open: an operation is tried with two choices
of them.

What comes out the same is known; what differs is open. Each tensor keeps the shapes
that it had in both trials, so that sizes derived from open ones fit together. Sizes
that follow from shapes alone are known in a trial, as they are when a function is
traced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import GraphError, OneirosError
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax
from oneiros_lazy_graph.nodes import Spec

ERRORS: tuple[type[Exception], ...] = (ValueError, TypeError, IndexError)
"""What JAX raises when it is given tensors that don't fit."""
REFUSALS: tuple[type[Exception], ...] = (*ERRORS, OneirosError)
SIZES = (720720, 1441440)
"""What open sizes are in the trials: divisible by all numbers up to 16."""
OPEN = 1 << 14
"""Sizes from which on one that doesn't fit another, known one counts as open."""
LARGEST = 1024
"""Elements of a value that is kept for later trials."""


class _Thread(threading.local):
    trying = False


_thread = _Thread()


def trying() -> bool:
    """Tells whether a trial is on: shapes matter, values don't."""
    return _thread.trying


@contextmanager
def _trial() -> Iterator[None]:
    before, _thread.trying = _thread.trying, True
    try:
        yield
    finally:
        _thread.trying = before


def fitted(*values: Any) -> tuple[Any, ...]:
    """Returns tensors that are broadcast to one another; in a trial, open sizes take
    those that they meet."""
    if not _thread.trying:
        return values
    shapes = [list(np.shape(x)) for x in values]
    for axis in range(-max(map(len, shapes), default=0), 0):
        met = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        if len(met) > 1 and max(met) >= OPEN:
            for shape in shapes:
                if len(shape) >= -axis and shape[axis] >= OPEN:
                    shape[axis] = min(met)
    return tuple(_of_shape(x, shape) for x, shape in zip(values, shapes, strict=True))


def met(x: Any, axis: int, y: Any, other: int) -> tuple[Any, Any]:
    """Returns two tensors with axes of one size; in a trial, an open size takes the
    other.

    # Raises
        ValueError: if the sizes differ.
    """
    a, b = x.shape[axis], y.shape[other]
    if a == b:
        return x, y
    if not _thread.trying or max(a, b) < OPEN:
        raise ValueError(
            f"the axes that are summed over, or batches, have sizes {a} and {b}"
        )
    return tuple(
        _of_shape(
            z, [min(a, b) if i == place % z.ndim else n for i, n in enumerate(z.shape)]
        )
        for z, place in ((x, axis), (y, other))
    )


def agreed(*sizes: int) -> int:
    """Returns the one size that several tensors have: in a trial, that of those that
    aren't open.

    # Raises
        ValueError: if they differ.
    """
    least = min(sizes)
    if any(least != size < OPEN for size in sizes):
        raise ValueError(f"sizes differ: {', '.join(map(str, sorted(set(sizes))))}")
    return least


def _of_shape(x: Any, shape: list[int]) -> Any:
    return x if list(np.shape(x)) == shape else jnp.zeros(shape, x.dtype)


def infer(call: Callable[..., Any], specs: list[Spec]) -> Any:
    """Returns the Spec of `call`'s result on tensors of these specs, or tuples, lists,
    dicts of Specs.

    Where sizes that are open can't be just any, those of the other tensors are tried.
    """
    is_open = any(
        spec.trials or spec.shape is None or None in spec.shape for spec in specs
    )
    rows = [[_tried(spec, k) for spec in specs] for k in range(2 if is_open else 1)]
    try:
        return _outcomes(call, rows)
    except REFUSALS:
        for axis, size in _others(rows) if is_open else ():
            settled = [
                [_settled(x, k, axis, size) for x in row] for k, row in enumerate(rows)
            ]
            try:
                return _outcomes(call, settled)
            except REFUSALS:
                continue
        raise


def _others(rows: list[list[Any]]) -> list[tuple[int, int]]:
    """Returns known sizes, with an axis at which another tensor is open."""
    shapes = [x.shape for x in rows[0]]
    opened = {axis for shape in shapes for axis, n in enumerate(shape) if n == SIZES[0]}
    sizes = {n for shape in shapes for n in shape if n < OPEN}
    return [(axis, size) for axis in sorted(opened) for size in sorted(sizes)]


def _settled(x: Any, k: int, axis: int, size: int) -> Any:
    if isinstance(x, np.ndarray) or len(x.shape) <= axis or x.shape[axis] != SIZES[k]:
        return x
    return jax.ShapeDtypeStruct((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype)


def _outcomes(call: Callable[..., Any], rows: list[list[Any]]) -> Any:
    traced = [[x for x in row if not isinstance(x, np.ndarray)] for row in rows]
    found: list[Any] = []

    def run(traced: list[list[Any]]) -> None:
        for row, values in zip(rows, traced, strict=True):
            given = iter(values)
            result = call(
                *[x if isinstance(x, np.ndarray) else next(given) for x in row]
            )
            found.append(jax.tree.map(_outcome, result, is_leaf=lambda x: x is None))

    with _trial(), scope("jax")():
        jax.eval_shape(run, traced)
    return jax.tree.map(_spec, *found, is_leaf=lambda x: isinstance(x, _Outcome))


class _Outcome:
    """The shape and type of a trial's result, and its value if that follows from sizes
    alone."""

    def __init__(self, shape: tuple[int, ...], dtype: str, value: Any) -> None:
        self.shape, self.dtype, self.value = shape, dtype, value


def _outcome(x: Any) -> _Outcome:
    if x is None:
        raise GraphError(
            "The function returns no tensor, so nothing of it would be computed."
        )
    known = (
        isinstance(x, (np.ndarray, np.generic))
        and x.dtype.kind in "biu"
        and x.size <= LARGEST
    )
    value = np.asarray(x) if known else None
    if not hasattr(x, "dtype"):
        x = jnp.asarray(x)
    return _Outcome(tuple(x.shape), str(x.dtype), value)


def _tried(spec: Spec, k: int) -> Any:
    """Returns what stands for a tensor in a trial: an array if its value is known, else
    shape and type."""
    shape = spec.shape if spec.trials is None else spec.trials[k]
    if isinstance(shape, np.ndarray):
        return shape
    if shape is None:
        raise GraphError(
            "Not even the rank of a tensor is known. K.reshape gives it a shape."
        )
    return jax.ShapeDtypeStruct(
        tuple(SIZES[k] if n is None else n for n in shape), spec.dtype
    )


def _spec(*outcomes: _Outcome) -> Spec:
    first, last = outcomes[0], outcomes[-1]
    if len(first.shape) != len(last.shape):
        raise GraphError("The rank of a result depends on sizes that are open.")
    shape = tuple(
        a if a == b else None for a, b in zip(first.shape, last.shape, strict=True)
    )
    if first.value is not None and last.value is not None:
        return Spec(shape, first.dtype, trials=(first.value, last.value))
    if len(outcomes) == 1 or None not in shape:
        return Spec(shape, first.dtype)
    return Spec(shape, first.dtype, trials=(first.shape, last.shape))
