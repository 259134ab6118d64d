"""Infers shapes with open sizes.

Each operation is tried with two choices for the open sizes.

Sizes that are the same in both results are known; the others are open. Each tensor
keeps its shapes in both trials, so sizes derived from open ones agree. Sizes that
depend only on shapes are known in a trial, as they are when a function is traced.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import GraphError, OneirosError
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax
from oneiros_lazy_graph.tensors import Spec

ERRORS: tuple[type[Exception], ...] = (ValueError, TypeError, IndexError)
"""Errors that JAX raises for tensors that don't fit."""
REFUSALS: tuple[type[Exception], ...] = (*ERRORS, OneirosError)
SIZES = (720720, 1441440)
"""Trial values for open sizes, divisible by all numbers up to 16."""
OPEN = 1 << 14
"""Minimum size that counts as open if it doesn't fit a known size."""
LARGEST = 1024
"""Maximum number of elements of a value that is kept for later trials."""


class _TrialState(threading.local):
    is_trying = False


_trial_state = _TrialState()


def trying() -> bool:
    """Returns whether a trial is on: shapes matter, values don't."""
    return _trial_state.is_trying


@contextmanager
def _trial() -> Iterator[None]:
    was_trying = _trial_state.is_trying
    _trial_state.is_trying = True
    try:
        yield
    finally:
        _trial_state.is_trying = was_trying


# What operations do in a trial


def fitted(*values: Any) -> tuple[Any, ...]:
    """Returns tensors that can be broadcast together.

    In a trial, open sizes become those of the other tensor.
    """
    if not trying():
        return values
    shapes = [list(np.shape(x)) for x in values]
    rank = max(map(len, shapes), default=0)
    for axis in range(-rank, 0):
        having = [shape for shape in shapes if len(shape) >= -axis]
        sizes = {shape[axis] for shape in having} - {1}
        if len(sizes) < 2 or max(sizes) < OPEN:
            continue
        for shape in having:
            if shape[axis] >= OPEN:
                shape[axis] = min(sizes)
    return tuple(_of_shape(x, shape) for x, shape in zip(values, shapes, strict=True))


def met(x: Any, axis: int, y: Any, other: int) -> tuple[Any, Any]:
    """Returns two tensors with axes of the same size.

    In a trial, an open size becomes the other tensor's.

    # Arguments
        x, axis: a tensor, and its axis.
        y, other: another tensor, and its axis.

    # Raises
        ValueError: if the sizes differ.
    """
    sizes = x.shape[axis], y.shape[other]
    if sizes[0] == sizes[1]:
        return x, y
    if not trying() or max(sizes) < OPEN:
        raise ValueError(
            f"the axes that are summed over, or batches, have sizes {sizes[0]} and "
            f"{sizes[1]}"
        )
    return _with_size(x, axis, min(sizes)), _with_size(y, other, min(sizes))


def single(x: Any, axes: Iterable[int]) -> Any:
    """Returns a tensor; in a trial, its open sizes along these axes are one."""
    if trying():
        for axis in axes:
            if x.shape[axis] >= OPEN:
                x = _with_size(x, axis, 1)
    return x


def agreed(*sizes: int) -> int:
    """Returns the size that several tensors have in common.

    In a trial, open sizes don't count.

    # Raises
        ValueError: if they differ.
    """
    least = min(sizes)
    if any(least != size < OPEN for size in sizes):
        raise ValueError(f"sizes differ: {', '.join(map(str, sorted(set(sizes))))}")
    return least


def _with_size(x: Any, axis: int, size: int) -> Any:
    shape = list(x.shape)
    shape[axis] = size
    return _of_shape(x, shape)


def _of_shape(x: Any, shape: list[int]) -> Any:
    return x if list(np.shape(x)) == shape else jnp.zeros(shape, x.dtype)


# Inference


def infer(call: Callable[..., Any], specs: list[Spec]) -> Any:
    """Returns what is known about a function's result.

    If open sizes can't have any value, those of the other tensors are tried.

    # Arguments
        call: function of tensors.
        specs: what is known about its arguments.

    # Returns
        The result's Spec; if it is a tuple, list or dict, one of Specs.
    """
    is_open = any(map(_has_open_sizes, specs))
    trials = range(2 if is_open else 1)
    arguments = [[_tried(spec, trial) for spec in specs] for trial in trials]
    try:
        return _specs(call, arguments)
    except REFUSALS:
        if not is_open:
            raise
        for axis, size in _known_sizes(arguments[0]):
            settled = [
                [_settled(x, trial, axis, size) for x in arguments[trial]]
                for trial in trials
            ]
            try:
                return _specs(call, settled)
            except REFUSALS:
                continue
        raise


def _has_open_sizes(spec: Spec) -> bool:
    return bool(spec.trials) or spec.shape is None or None in spec.shape


def _tried(spec: Spec, trial: int) -> Any:
    """Returns a tensor's stand-in for a trial.

    It is an array if the value is known, otherwise a shape and a type.
    """
    shape = spec.shape if spec.trials is None else spec.trials[trial]
    if isinstance(shape, np.ndarray):
        return shape
    if shape is None:
        raise GraphError(
            "Not even the rank of a tensor is known. K.reshape gives it a shape."
        )
    sizes = tuple(SIZES[trial] if n is None else n for n in shape)
    return jax.ShapeDtypeStruct(sizes, spec.dtype)


def _known_sizes(arguments: list[Any]) -> list[tuple[int, int]]:
    """Returns known sizes, with an axis at which another tensor is open."""
    shapes = [x.shape for x in arguments]
    axes = {axis for shape in shapes for axis, n in enumerate(shape) if n == SIZES[0]}
    sizes = {n for shape in shapes for n in shape if n < OPEN}
    return [(axis, size) for axis in sorted(axes) for size in sorted(sizes)]


def _settled(x: Any, trial: int, axis: int, size: int) -> Any:
    """Returns a trial's tensor with another size at an axis, if it is open there."""
    if isinstance(x, np.ndarray) or len(x.shape) <= axis:
        return x
    if x.shape[axis] != SIZES[trial]:
        return x
    shape = list(x.shape)
    shape[axis] = size
    return jax.ShapeDtypeStruct(tuple(shape), x.dtype)


def _specs(call: Callable[..., Any], arguments: list[list[Any]]) -> Any:
    """Returns the Specs of a function's result, from its results in both trials."""
    outcomes: list[Any] = []
    traced = [[x for x in row if not isinstance(x, np.ndarray)] for row in arguments]

    def run(traced: list[list[Any]]) -> None:
        for row, tracers in zip(arguments, traced, strict=True):
            remaining_tracers = iter(tracers)
            values = [
                x if isinstance(x, np.ndarray) else next(remaining_tracers) for x in row
            ]
            result = call(*values)
            outcomes.append(jax.tree.map(_outcome, result, is_leaf=_is_none))

    with _trial(), scope("jax")():
        jax.eval_shape(run, traced)
    return jax.tree.map(_spec, *outcomes, is_leaf=_is_outcome)


@dataclass(frozen=True)
class _Outcome:
    """A trial's result, with its value if that depends only on sizes."""

    shape: tuple[int, ...]
    dtype: str
    value: Any


def _is_none(x: Any) -> bool:
    return x is None


def _is_outcome(x: Any) -> bool:
    return isinstance(x, _Outcome)


def _outcome(x: Any) -> _Outcome:
    if x is None:
        raise GraphError("The function returns no tensor, so it would compute nothing.")
    value = None
    if isinstance(x, (np.ndarray, np.generic)):
        is_countable = x.dtype.kind in "biu"
        value = np.asarray(x) if is_countable and x.size <= LARGEST else None
    if not hasattr(x, "dtype"):
        x = jnp.asarray(x)
    return _Outcome(tuple(x.shape), str(x.dtype), value)


def _spec(*outcomes: _Outcome) -> Spec:
    first = outcomes[0]
    last = outcomes[-1]
    if len(first.shape) != len(last.shape):
        raise GraphError("The rank of a result depends on sizes that are open.")
    sizes = zip(first.shape, last.shape, strict=True)
    shape = tuple(a if a == b else None for a, b in sizes)
    if first.value is not None and last.value is not None:
        return Spec(shape, first.dtype, trials=(first.value, last.value))
    if len(outcomes) == 1 or None not in shape:
        return Spec(shape, first.dtype)
    return Spec(shape, first.dtype, trials=(first.shape, last.shape))
