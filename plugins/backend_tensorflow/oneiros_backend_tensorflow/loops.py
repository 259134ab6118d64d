"""Loops over the first axis of tensors, which XLA compiles, and their derivatives of
any order.

XLA can't compile TensorFlow's own derivative of a loop that reads slices. Here the
derivative is another
loop, which takes each step once more: a loop keeps its states, not every step's
    intermediate results.
A step that draws, prints or calls back into Python, other than by `K`, would do that
once more, too: TensorFlow differentiates such a loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oneiros_backend_tensorflow.derivatives import dense, with_derivative
from oneiros_backend_tensorflow.quiet import tf

T = Any
Step = Callable[[T, list[T], list[T], list[T]], tuple[list[T], list[T]]]
"""A function of a place, slices, states and captured tensors that returns new states
and outputs."""
Found = tuple[list[T], list[T]]
"""The last states, and the outputs stacked by place."""


@dataclass(frozen=True)
class Arguments:
    """What a loop is run on.

    # Properties
        sequences: tensors whose first axis is looped over.
        states: the first states.
        captured: what each step uses.
    """

    sequences: list[T]
    states: list[T]
    captured: list[T]

    @property
    def all(self) -> list[T]:
        """The tensors in one list."""
        return [*self.sequences, *self.states, *self.captured]

    def like(self, tensors: Sequence[T]) -> Arguments:
        """Returns other tensors at the same places."""
        return Arguments(
            *_split(
                tensors, [len(self.sequences), len(self.states), len(self.captured)]
            )
        )


@dataclass(frozen=True)
class Loop:
    """A loop that can be run on tensors.

    # Properties
        step: a Step that uses no other tensors that anything is differentiated by.
        types: of the outputs.
        backwards: whether the last place comes first.
        keeps: whether a run keeps its states for its derivative, which else begins with
            another run.
    """

    step: Step
    types: list[T]
    backwards: bool
    keeps: bool = True

    def __call__(self, given: Arguments) -> Found:
        """Takes a step for each place."""
        given, n = given.like([tf.identity(x) for x in given.all]), len(given.states)
        last, outputs, effects = _run(
            _keeping(self, given.states) if self.keeps else self, given
        )

        def differentiate(found: list[T], slopes: Sequence[T]) -> Sequence[T]:
            known = [None if _is_zero(slope) else slope for slope in slopes]
            if not any(slope is not None for slope in known):
                return [None] * len(given.all)
            if self.keeps:
                return _derivatives(self, given, found[n : 2 * n], known)
            last, outputs = replace(self, keeps=True)(given)
            ys, grad_ys = zip(*_known([*last, *outputs], known), strict=True)
            by: list[T] = tf.gradients(list(ys), given.all, list(grad_ys))
            return by

        found = [*last, *outputs]
        if not effects:
            found = with_derivative(found, given.all, differentiate)
        return found[:n], found[len(found) - len(self.types) :]


def _keeping(loop: Loop, states: list[T]) -> Loop:
    """Returns a loop that also puts out the states before each step, ahead of its other
    outputs."""

    def keeping(place: T, slices: list[T], states: list[T], captured: list[T]) -> Found:
        new, outputs = loop.step(place, slices, states, captured)
        return new, [*states, *outputs]

    return replace(loop, step=keeping, types=[*(x.dtype for x in states), *loop.types])


def _run(loop: Loop, given: Arguments) -> tuple[list[T], list[T], bool]:
    """Returns the last states, the outputs, and whether a step does more than compute
    them."""
    static = given.sequences[0].shape[0]
    if static == 0:
        return given.states, _nothing(loop, given), False
    steps = tf.shape(given.sequences[0])[0] if static is None else static
    traced: list[T] = []

    def body(i: T, states: list[T], results: list[T]) -> Any:
        place = steps - 1 - i if loop.backwards else i
        new, outputs = loop.step(
            place, [x[place] for x in given.sequences], states, given.captured
        )
        traced[:] = [i.graph, outputs]
        return (
            i + 1,
            new,
            [
                r.write(place, output)
                for r, output in zip(results, outputs, strict=True)
            ],
        )

    start = (
        tf.constant(0),
        given.states,
        [tf.TensorArray(dtype, steps) for dtype in loop.types],
    )
    _, last, results = tf.while_loop(
        lambda i, *_: i < steps, body, start, maximum_iterations=steps
    )
    graph, outputs = traced
    shapes = [(static, *output.shape) for output in outputs]
    stacked = [
        tf.ensure_shape(r.stack(), shape)
        for r, shape in zip(results, shapes, strict=True)
    ]
    return last, stacked, any(map(_has_effects, graph.get_operations()))


def _has_effects(op: Any) -> bool:
    return bool(op.op_def.is_stateful) and op.type != "ReadVariableOp"


def _nothing(loop: Loop, given: Arguments) -> list[T]:
    """Returns the outputs of no steps."""
    with tf.__internal__.FuncGraph("shapes").as_default():
        slices = [tf.zeros(x.shape[1:], x.dtype) for x in given.sequences]
        _, outputs = loop.step(tf.constant(0), slices, given.states, given.captured)
    return [tf.zeros((0, *x.shape), x.dtype) for x in outputs]


def _derivatives(
    loop: Loop, given: Arguments, kept: list[T], slopes: list[T]
) -> list[T]:
    """Returns the slopes by the arguments of a loop, None for those that aren't floats.

    # Arguments
        kept: the states before each step.
        slopes: by the last states, by `kept` and by the outputs; None for zeros.
    """
    step = _keeping(loop, given.states).step
    by_last, by_outputs = _split(slopes, [len(kept), len(slopes) - len(kept)])
    places = [i for i, x in enumerate(given.all) if _is_float(x)]
    n, m = (sum(map(_is_float, part)) for part in (given.sequences, given.states))
    if not places:
        return [None] * len(given.all)

    def back(place: T, slices: list[T], carried: list[T], captured: list[T]) -> Found:
        taken, states, by = _split(
            slices, [len(given.sequences), len(kept), len(slices)]
        )
        at = given.like([tf.identity(x) for x in (*taken, *states, *captured)])
        new, outputs = step(place, at.sequences, at.states, at.captured)
        ys = [*filter(_is_float, new), *(y for y, _ in _known(outputs, by_outputs))]
        xs = [at.all[i] for i in places]
        found = tf.gradients(ys, xs, [*carried[:m], *by]) if ys else [None] * len(xs)
        filled = [
            _or_zeros(slope, x)
            for slope, x in zip(found[: n + m], xs[: n + m], strict=True)
        ]
        pairs = zip(carried[m:], found[n + m :], strict=True)
        sums = [
            total if slope is None else total + dense(slope) for total, slope in pairs
        ]
        return [*filled[n:], *sums], filled[:n]

    xs = [given.all[i] for i in places]
    by_states = [
        _or_zeros(by, x)
        for by, x in zip(by_last, given.states, strict=True)
        if _is_float(x)
    ]
    along = [*given.sequences, *kept, *(by for by in by_outputs if by is not None)]
    arguments = Arguments(
        along, [*by_states, *map(tf.zeros_like, xs[n + m :])], given.captured
    )
    types = [x.dtype for x in xs[:n]]
    carried, by_sequences = Loop(back, types, not loop.backwards, keeps=False)(
        arguments
    )
    found = dict(zip(places, [*by_sequences, *carried], strict=True))
    return [found.get(i) for i in range(len(given.all))]


def _split(parts: Sequence[T], sizes: Iterable[int]) -> list[list[T]]:
    """Cuts a list into parts of these sizes, the last of what is left."""
    rest = iter(parts)
    return [list(itertools.islice(rest, size)) for size in sizes]


def _known(tensors: list[T], slopes: list[T]) -> list[tuple[T, T]]:
    return [pair for pair in zip(tensors, slopes, strict=True) if pair[1] is not None]


def _is_float(x: T) -> bool:
    return bool(x.dtype.is_floating or x.dtype.is_complex)


def _or_zeros(slope: T, x: T) -> T:
    return tf.zeros_like(x) if slope is None else dense(slope)


def _is_zero(slope: T) -> bool:
    """Tells whether TensorFlow has put zeros where there is no slope."""
    if slope is None or slope.op.type == "ZerosLike":
        return True
    value = tf.get_static_value(slope)
    return value is not None and not value.any()
