"""Infers shapes with open sizes.

Each operation is traced twice, with two choices for the open sizes. Sizes that are the
same in both results are known; the others are open. Each tensor keeps its shapes in
both traces, so sizes derived from open ones agree. Sizes that depend only on shapes are
known in a trace, as they are when a function is compiled.

A size that doesn't fit another one is open if it differs between the traces. The first
trace takes all of them for open, and notes them; the second one finds out.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.errors import GraphError, OneirosError
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support.devices import scope
from oneiros_jax_support.jax_import import jax, jnp

Shape = tuple[int, ...]
ERRORS: tuple[type[Exception], ...] = (ValueError, TypeError, IndexError)
"""Errors that JAX raises for tensors that don't fit."""
REFUSALS: tuple[type[Exception], ...] = (*ERRORS, OneirosError)
SIZES = (720720, 1441440)
"""Values for open sizes, divisible by all numbers up to 16."""
LARGEST = 1024
"""Maximum number of elements of a value that is kept for later inferences."""


class _Inference:
    """Traces of one function.

    # Properties
        has_open_sizes: whether there are two; otherwise no size is open.
        noted: the sizes that the first trace asked about.
        answers: the same, while the second trace asks.
    """

    def __init__(self, has_open_sizes: bool) -> None:
        self.has_open_sizes = has_open_sizes
        self.noted: list[Shape] = []
        self.answers: Iterator[Shape] | None = None

    def are_open(self, sizes: Shape) -> list[bool]:
        """Returns which of these sizes are open, as far as the traces tell by now."""
        are_open = [self.has_open_sizes] * len(sizes)
        if not self.has_open_sizes:
            return are_open
        if self.answers is None:
            self.noted.append(sizes)
            return are_open
        before = next(self.answers, ())
        if len(before) != len(sizes):
            return are_open
        return [old != new for old, new in zip(before, sizes, strict=True)]


_current: ContextVar[_Inference | None] = ContextVar("inference", default=None)


def inferring() -> bool:
    """Returns whether shapes are inferred: then values don't matter."""
    return _current.get() is not None


@contextmanager
def _under(inference: _Inference) -> Iterator[None]:
    token = _current.set(inference)
    try:
        yield
    finally:
        _current.reset(token)


# What operations do while shapes are inferred


def are_open(*sizes: int) -> list[bool]:
    """Returns which of these sizes may be any number."""
    inference = _current.get()
    if inference is None:
        return [False] * len(sizes)
    return inference.are_open(sizes)


def broadcastable(*values) -> tuple[Tensor, ...]:
    """Returns tensors that can be broadcast together.

    Open sizes become those of the other tensor.
    """
    if not inferring():
        return values
    shapes = [list(np.shape(x)) for x in values]
    rank = max(map(len, shapes), default=0)
    for axis in range(-rank, 0):
        having = [shape for shape in shapes if len(shape) >= -axis]
        size, flags = _common([shape[axis] for shape in having])
        for shape, is_open in zip(having, flags, strict=True):
            if is_open and shape[axis] != 1:
                shape[axis] = size
    pairs = zip(values, shapes, strict=True)
    return tuple(_of_shape(x, shape) for x, shape in pairs)


def _common(sizes: list[int]) -> tuple[int, list[bool]]:
    """Returns the size that open ones take, and which of them are open."""
    flags = are_open(*sizes)
    wide = [(n, is_open) for n, is_open in zip(sizes, flags, strict=True) if n != 1]
    candidates = [n for n, is_open in wide if not is_open]
    candidates = candidates or [n for n, _ in wide]
    return min(candidates, default=1), flags


def with_equal_axes(x, axis: int, y, other: int) -> tuple[Tensor, Tensor]:
    """Returns two tensors with axes of the same size.

    An open size becomes the other tensor's.

    # Arguments
        x, axis: a tensor, and its axis.
        y, other: another tensor, and its axis.

    # Raises
        ValueError: if the sizes differ.
    """
    x_size = x.shape[axis]
    y_size = y.shape[other]
    x_is_open, y_is_open = are_open(x_size, y_size)
    if x_size == y_size:
        return x, y
    if x_is_open and y_is_open:
        size = min(x_size, y_size)
    elif x_is_open:
        size = y_size
    elif y_is_open:
        size = x_size
    else:
        raise ValueError(
            f"the axes that are summed over, or batches, have sizes {x_size} and "
            f"{y_size}"
        )
    return _with_size(x, axis, size), _with_size(y, other, size)


def single(x, axes: Iterable[int]) -> Tensor:
    """Returns a tensor whose open sizes along these axes are one."""
    axes = tuple(axes)
    flags = are_open(*(x.shape[axis] for axis in axes))
    for axis, is_open in zip(axes, flags, strict=True):
        if is_open:
            x = _with_size(x, axis, 1)
    return x


def common_size(*sizes: int) -> int:
    """Returns the size that several tensors have in common; open ones don't count.

    # Raises
        ValueError: if they differ.
    """
    flags = are_open(*sizes)
    known = {n for n, is_open in zip(sizes, flags, strict=True) if not is_open}
    if len(known) > 1:
        raise ValueError(f"sizes differ: {', '.join(map(str, sorted(known)))}")
    return min(known or sizes)


def _with_size(x, axis: int, size: int) -> Tensor:
    shape = list(x.shape)
    shape[axis] = size
    return _of_shape(x, shape)


def _of_shape(x, shape: list[int]) -> Tensor:
    if list(np.shape(x)) == shape:
        return x
    return jnp.zeros(shape, x.dtype)


# Inference


def infer(call: Callable[..., Any], specs: list[Spec]):
    """Returns what is known about a function's result.

    If open sizes can't have any value, those of the other tensors are tried.

    # Arguments
        call: function of tensors.
        specs: what is known about its arguments.

    # Returns
        The result's Spec; if it is a tuple, list or dict, one of Specs.
    """
    is_open = any(map(_has_open_sizes, specs))
    traces = range(2 if is_open else 1)
    arguments = [[_argument(spec, trace) for spec in specs] for trace in traces]
    try:
        return _specs(call, arguments)
    except REFUSALS:
        if not is_open:
            raise
        for axis, size in _known_sizes(*arguments):
            replaced = [
                [_with_known_size(x, SIZES[trace], axis, size) for x in row]
                for trace, row in enumerate(arguments)
            ]
            try:
                return _specs(call, replaced)
            except REFUSALS:
                continue
        raise


def _has_open_sizes(spec: Spec) -> bool:
    return bool(spec.traces) or spec.shape is None or None in spec.shape


def _argument(spec: Spec, trace: int):
    """Returns what represents a tensor in a trace.

    It is an array if the value is known, otherwise a shape and a type.
    """
    shape = spec.shape if spec.traces is None else spec.traces[trace]
    if isinstance(shape, np.ndarray):
        return shape
    if shape is None:
        raise GraphError(
            "Not even the rank of a tensor is known. K.reshape gives it a shape."
        )
    open_size = SIZES[trace]
    sizes = tuple(open_size if n is None else n for n in shape)
    return jax.ShapeDtypeStruct(sizes, spec.dtype)


def _known_sizes(first: list[Any], second: list[Any]) -> list[tuple[int, int]]:
    """Returns known sizes, with an axis at which another tensor is open."""
    axes = set()
    sizes = set()
    for x, y in zip(first, second, strict=True):
        for axis, pair in enumerate(zip(x.shape, y.shape, strict=True)):
            if pair == SIZES:
                axes.add(axis)
            elif pair[0] == pair[1]:
                sizes.add(pair[0])
    return [(axis, size) for axis in sorted(axes) for size in sorted(sizes)]


def _with_known_size(x, open_size: int, axis: int, size: int):
    """Returns an argument with another size at an axis, if it is open there."""
    if isinstance(x, np.ndarray) or len(x.shape) <= axis:
        return x
    shape = list(x.shape)
    if shape[axis] == open_size:
        shape[axis] = size
    return jax.ShapeDtypeStruct(tuple(shape), x.dtype)


def _specs(call: Callable[..., Any], arguments: list[list[Any]]):
    """Returns the Specs of a function's result, from its results in both traces."""
    outcomes: list[Any] = []
    inference = _Inference(has_open_sizes=len(arguments) > 1)
    traced = [[x for x in row if not isinstance(x, np.ndarray)] for row in arguments]

    def run(traced: list[list[Any]]) -> None:
        for row, tracers in zip(arguments, traced, strict=True):
            remaining_tracers = iter(tracers)
            values = [
                x if isinstance(x, np.ndarray) else next(remaining_tracers) for x in row
            ]
            result = call(*values)
            outcomes.append(jax.tree.map(_outcome, result, is_leaf=_is_none))
            inference.answers = iter(inference.noted)

    with _under(inference), scope("jax")():
        jax.eval_shape(run, traced)
    return jax.tree.map(_spec, *outcomes, is_leaf=_is_outcome)


@dataclass(frozen=True)
class _Outcome:
    """The result of a trace, with its value if that depends only on sizes."""

    shape: Shape
    dtype: str
    value: Any


def _is_none(x) -> bool:
    return x is None


def _is_outcome(x) -> bool:
    return isinstance(x, _Outcome)


def _outcome(x) -> _Outcome:
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
        return Spec(shape, first.dtype, traces=(first.value, last.value))
    if len(outcomes) == 1 or None not in shape:
        return Spec(shape, first.dtype)
    return Spec(shape, first.dtype, traces=(first.shape, last.shape))
