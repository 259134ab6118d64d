"""Infers shapes with open sizes, for engines that must know all sizes.

Each operation is traced twice, with two choices for the open sizes. Sizes that are the
same in both results are known; the others are open. Each tensor keeps its shapes in
both traces, so sizes derived from open ones agree. Sizes that depend only on shapes are
known in a trace, as they are when a function is computed; they are arrays of NumPy.

A size that doesn't fit another one is open if it differs between the traces. The first
trace takes all of them for open, and notes them; the second one finds out.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import compress, product
from typing import Any, Protocol

import numpy as np
from oneiros.errors import GraphError, OneirosError

from oneiros_backend_toolkit.lazy_graph.recorded_call import leaves_of, map_tree
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction
from oneiros_backend_toolkit.types import DISCRETE

Shape = tuple[int, ...]
Row = list[Any]
"""What represents the arguments of a function in a trace."""
LARGEST = 1024
"""Maximum number of elements of a value that is kept for later inferences."""


class Trials(Protocol):
    """What an engine supplies.

    # Properties
        sizes: two values for open sizes, divisible by many numbers; the second is a
            multiple of the first.
        errors: the exceptions that the engine raises for tensors that don't fit.
    """

    sizes: tuple[int, int]
    errors: tuple[type[Exception], ...]

    def argument(self, shape: Shape, dtype: str):
        """Returns what represents a tensor of unknown values; it has these."""

    def zeros(self, shape: Iterable[int], dtype):
        """Returns a tensor inside of a trace, whose values don't matter."""

    def dtype_name(self, x) -> str:
        """Returns the name of the type of a function's result."""

    def trace(self, run: Callable[[list[Row]], None], rows: list[Row]) -> None:
        """Calls `run(rows)`, with the engine's tracers in the place of arguments."""


class _Inference:
    """Traces of one function.

    # Properties
        trials: the engine's Trials.
        has_open_sizes: whether there are two; otherwise no size is open.
        noted: the sizes that the first trace asked about.
        answers: the same, while the second trace asks.
    """

    def __init__(self, trials: Trials, has_open_sizes: bool):
        self.trials = trials
        self.has_open_sizes = has_open_sizes
        self.noted: list[Shape] = []
        self.answers: Iterator[Shape] | None = None

    def are_open(self, sizes: Shape) -> list[bool]:
        """Returns which of these sizes are open, as far as the traces tell by now."""
        maybe_all = [self.has_open_sizes] * len(sizes)
        if not self.has_open_sizes:
            return maybe_all
        if self.answers is None:
            self.noted.append(sizes)
            return maybe_all
        before = next(self.answers, ())
        if len(before) != len(sizes):
            return maybe_all
        differ = map(operator.ne, before, sizes)
        return list(differ)


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


def broadcastable(*values):
    """Returns tensors that can be broadcast together.

    Open sizes become those of the other tensor.
    """
    if not inferring():
        return values
    shapes = []
    for x in values:
        shape = list(np.shape(x))
        shapes.append(shape)
    rank = max(map(len, shapes), default=0)
    for axis in range(-rank, 0):
        _broadcast_axis(shapes, axis)
    return tuple(map(_of_shape, values, shapes))


def _broadcast_axis(shapes, axis: int) -> None:
    """Gives open sizes at an axis the known one there, or the smallest."""
    having = [shape for shape in shapes if len(shape) >= -axis]
    sizes = [shape[axis] for shape in having]
    flags = are_open(*sizes)
    open_shapes = []
    open_sizes = []
    known_sizes = []
    for shape, size, is_open in zip(having, sizes, flags, strict=True):
        if size == 1:
            continue
        if is_open:
            open_shapes.append(shape)
            open_sizes.append(size)
        else:
            known_sizes.append(size)
    for shape in open_shapes:
        shape[axis] = min(known_sizes or open_sizes)


def with_equal_axes(x, axis: int, y, other: int):
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
    x = _with_size(x, axis, size)
    y = _with_size(y, other, size)
    return x, y


def single(x, axes: Iterable[int]):
    """Returns a tensor whose open sizes along these axes are one."""
    axes = tuple(axes)
    sizes = [x.shape[axis] for axis in axes]
    flags = are_open(*sizes)
    pairs = zip(axes, flags, strict=True)
    for axis, is_open in pairs:
        if is_open:
            x = _with_size(x, axis, 1)
    return x


def common_size(sizes: list[int]) -> int:
    """Returns the size that several tensors have in common; open ones don't count.

    # Raises
        ValueError: if they differ.
    """
    flags = are_open(*sizes)
    are_known = map(operator.not_, flags)
    known = set(compress(sizes, are_known))
    if len(known) > 1:
        names = map(str, sorted(known))
        listed = ", ".join(names)
        raise ValueError(f"sizes differ: {listed}")
    return min(known or sizes)


def _with_size(x, axis: int, size: int):
    shape = list(x.shape)
    shape[axis] = size
    return _of_shape(x, shape)


def _of_shape(x, shape: list[int]):
    own_shape = list(np.shape(x))
    if own_shape == shape or not inferring():
        return x
    return zeros(shape, x.dtype)


def zeros(shape: Iterable[int], dtype):
    """Returns a tensor whose values don't matter, while shapes are inferred."""
    inference = _current.get()
    assert inference is not None
    return inference.trials.zeros(shape, dtype)


# Inference


def infer(trials: Trials, call: AnyFunction, specs: list[Spec]):
    """Returns what is known about a function's result.

    If open sizes can't have any value, those of the other tensors are tried.

    # Arguments
        trials: what the engine supplies.
        call: function of tensors.
        specs: what is known about its arguments.

    # Returns
        The result's Spec; if it is a tuple, list or dict, one of Specs.
    """
    is_open = any(map(_has_open_sizes, specs))
    sizes = trials.sizes if is_open else trials.sizes[:1]
    rows = []
    for trace, size in enumerate(sizes):
        row = [_argument(trials, spec, trace, size) for spec in specs]
        rows.append(row)
    refusals: tuple[type[Exception], ...] = (*trials.errors, OneirosError)
    try:
        return _specs(trials, call, rows)
    except refusals:
        if not is_open:
            raise
        for axis, size in _known_sizes(trials.sizes, *rows):
            replaced = _with_known_size(trials, rows, axis, size)
            with suppress(*refusals):
                return _specs(trials, call, replaced)
        raise


def _has_open_sizes(spec: Spec) -> bool:
    shape = spec.shape
    if spec.traces or shape is None:
        return True
    return None in shape


def _argument(trials: Trials, spec: Spec, trace: int, open_size: int):
    """Returns what represents a tensor in a trace.

    It is an array if the value is known, otherwise a shape and a type.
    """
    shape = spec.shape
    if spec.traces is not None:
        shape = spec.traces[trace]
    if isinstance(shape, np.ndarray):
        return shape
    if shape is None:
        raise GraphError(
            "Not even the rank of a tensor is known. K.reshape gives it a shape."
        )
    sizes = tuple(open_size if size is None else size for size in shape)
    return trials.argument(sizes, spec.dtype)


def _known_sizes(open_sizes, first: Row, second: Row) -> Iterable[tuple[int, int]]:
    """Returns known sizes, with an axis at which another tensor is open."""
    axes = set()
    sizes = set()
    for x, y in zip(first, second, strict=True):
        pairs = zip(x.shape, y.shape, strict=True)
        for axis, (size, other_size) in enumerate(pairs):
            if (size, other_size) == open_sizes:
                axes.add(axis)
            elif size == other_size:
                sizes.add(size)
    return product(sorted(axes), sorted(sizes))


def _with_known_size(trials: Trials, rows: list[Row], axis: int, size: int):
    """Returns arguments with another size at an axis, where it is open."""
    replaced = []
    for row, open_size in zip(rows, trials.sizes, strict=True):
        changed = list(row)
        for place, x in enumerate(row):
            is_known = isinstance(x, np.ndarray)
            shape = list(x.shape)
            if is_known or shape[axis : axis + 1] != [open_size]:
                continue
            shape[axis] = size
            dtype = trials.dtype_name(x)
            changed[place] = trials.argument(tuple(shape), dtype)
        replaced.append(changed)
    return replaced


def _specs(trials: Trials, call: AnyFunction, rows: list[Row]):
    """Returns the Specs of a function's result, from its results in both traces."""
    outcomes: list[Any] = []
    is_open = len(rows) > 1
    inference = _Inference(trials, is_open)

    def outcome(x) -> _Outcome:
        return _outcome(trials, x)

    def run(traced: list[Row]) -> None:
        pairs = zip(rows, traced, strict=True)
        for row, tracers in pairs:
            values = map(_known_or_traced, row, tracers)
            result = call(*values)
            outcomes.append(map_tree(outcome, result))
            inference.answers = iter(inference.noted)

    with _under(inference):
        trials.trace(run, rows)
    others = [iter(leaves_of(tree)) for tree in outcomes[1:]]
    return map_tree(lambda first: _spec(first, *map(next, others)), outcomes[0])


def _known_or_traced(x, tracer):
    is_known = isinstance(x, np.ndarray)
    return x if is_known else tracer


@dataclass(frozen=True)
class _Outcome:
    """The result of a trace, with its value if that depends only on sizes."""

    shape: Shape
    dtype: str
    value: Any


def _outcome(trials: Trials, x) -> _Outcome:
    if x is None:
        raise GraphError("The function returns no tensor, so it would compute nothing.")
    value = None
    if isinstance(x, (np.ndarray, np.generic)):
        is_countable = x.dtype.kind in DISCRETE
        is_small = x.size <= LARGEST
        if is_countable and is_small:
            value = np.asarray(x)
    dtype = trials.dtype_name(x)
    shape = tuple(np.shape(x))
    return _Outcome(shape, dtype, value)


def _spec(*outcomes: _Outcome) -> Spec:
    first = outcomes[0]
    last = outcomes[-1]
    rank = len(first.shape)
    if len(last.shape) != rank:
        raise GraphError("The rank of a result depends on sizes that are open.")
    sizes = zip(first.shape, last.shape, strict=True)
    shape = tuple([a if a == b else None for a, b in sizes])
    traces: Any = None
    if first.value is not None and last.value is not None:
        traces = (first.value, last.value)
    elif len(outcomes) > 1 and None in shape:
        traces = (first.shape, last.shape)
    return Spec(shape, first.dtype, traces=traces)
