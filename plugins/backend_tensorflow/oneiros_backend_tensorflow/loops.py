"""Loops over the first axis of tensors, which XLA compiles.

They have derivatives of any order.

XLA can't compile TensorFlow's own derivative of a loop that reads slices. Here the
derivative is another loop, which takes each step once more: a loop keeps its states,
not every step's intermediate results. A step that draws, prints or calls back into
Python, other than by `K`, would do that once more, too: TensorFlow differentiates such
a loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oneiros_backend_tensorflow.derivatives import dense, with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

T = Any
Step = Callable[[T, list[T], list[T], list[T]], tuple[list[T], list[T]]]
"""A function of a place, slices, states and captured tensors that returns new states
and outputs."""
Results = tuple[list[T], list[T]]
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
        sizes = [len(self.sequences), len(self.states), len(self.captured)]
        sequences, states, captured = _split(tensors, sizes)
        return Arguments(sequences, states, captured)


@dataclass(frozen=True)
class _Run:
    """What a run of a loop computed.

    # Properties
        last: the last states.
        outputs: the outputs stacked by place.
        has_effects: whether a step does more than compute them.
    """

    last: list[T]
    outputs: list[T]
    has_effects: bool


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

    def __call__(self, arguments: Arguments) -> Results:
        """Takes a step for each place."""
        at = arguments.like([tf.identity(x) for x in arguments.all])
        run = _run(_keeping(self, at.states) if self.keeps else self, at)
        count = len(at.states)

        def differentiate(results: list[T], slopes: Sequence[T]) -> Sequence[T]:
            known = [None if _is_zero(slope) else slope for slope in slopes]
            if all(slope is None for slope in known):
                return [None] * len(at.all)
            if self.keeps:
                states = results[count : 2 * count]
                return _Derivative(self, at, states).by_arguments(known)
            last, outputs = replace(self, keeps=True)(at)
            pairs = _known([*last, *outputs], known)
            ys = [y for y, _ in pairs]
            by_ys = [slope for _, slope in pairs]
            by: list[T] = tf.gradients(ys, at.all, by_ys)
            return by

        results = [*run.last, *run.outputs]
        if not run.has_effects:
            results = with_derivative(results, at.all, differentiate)
        first_output = len(results) - len(self.types)
        return results[:count], results[first_output:]


def _keeping(loop: Loop, states: list[T]) -> Loop:
    """Returns a loop that also puts out the states before each step.

    They come ahead of its other outputs.
    """

    def step(
        place: T,
        slices: list[T],
        states: list[T],
        captured: list[T],
    ) -> Results:
        new, outputs = loop.step(place, slices, states, captured)
        return new, [*states, *outputs]

    types = [state.dtype for state in states]
    return replace(loop, step=step, types=[*types, *loop.types])


def _run(loop: Loop, arguments: Arguments) -> _Run:
    """Runs a loop as one of TensorFlow's."""
    known = arguments.sequences[0].shape[0]
    if known == 0:
        return _Run(arguments.states, _no_outputs(loop, arguments), False)
    steps = tf.shape(arguments.sequences[0])[0] if known is None else known
    graph: Any = None
    shapes: list[Any] = []

    def is_left(i: T, *_: Any) -> T:
        return i < steps

    def body(
        i: T,
        states: list[T],
        results: list[T],
    ) -> Any:
        nonlocal graph
        place = steps - 1 - i if loop.backwards else i
        slices = [x[place] for x in arguments.sequences]
        new, outputs = loop.step(place, slices, states, arguments.captured)
        graph = i.graph
        shapes[:] = [output.shape for output in outputs]
        pairs = zip(results, outputs, strict=True)
        return i + 1, new, [result.write(place, output) for result, output in pairs]

    results = [tf.TensorArray(dtype, steps) for dtype in loop.types]
    start = (tf.constant(0), arguments.states, results)
    _, last, results = tf.while_loop(is_left, body, start, maximum_iterations=steps)
    stacked = [
        tf.ensure_shape(result.stack(), (known, *shape))
        for result, shape in zip(results, shapes, strict=True)
    ]
    return _Run(last, stacked, any(map(_has_effects, graph.get_operations())))


def _has_effects(op: Any) -> bool:
    return bool(op.op_def.is_stateful) and op.type != "ReadVariableOp"


def _no_outputs(loop: Loop, arguments: Arguments) -> list[T]:
    """Returns the outputs of no steps."""
    with tf.__internal__.FuncGraph("shapes").as_default():
        slices = [tf.zeros(x.shape[1:], x.dtype) for x in arguments.sequences]
        place = tf.constant(0)
        _, outputs = loop.step(place, slices, arguments.states, arguments.captured)
    return [tf.zeros((0, *output.shape), output.dtype) for output in outputs]


@dataclass(frozen=True)
class _Derivative:
    """The derivative of a loop, as another loop in the other direction.

    It carries along the slopes by the states, and the sums of those by what is
    captured.

    # Properties
        loop: the Loop.
        arguments: what it was run on.
        kept: the states before each step.
    """

    loop: Loop
    arguments: Arguments
    kept: list[T]

    def by_arguments(self, slopes: list[T]) -> list[T]:
        """Returns the slopes by the loop's arguments.

        They are None for arguments that aren't floats.

        # Arguments
            slopes: by the last states, by `kept` and by the outputs; None for zeros.
        """
        arguments = self.arguments
        places = [i for i, x in enumerate(arguments.all) if _is_float(x)]
        if not places:
            return [None] * len(arguments.all)
        by_last = slopes[: len(self.kept)]
        by_outputs = slopes[len(self.kept) :]
        in_sequences = sum(map(_is_float, arguments.sequences))
        in_states = sum(map(_is_float, arguments.states))
        xs = [arguments.all[i] for i in places]
        by_states = [
            _or_zeros(slope, x)
            for slope, x in zip(by_last, arguments.states, strict=True)
            if _is_float(x)
        ]
        sums = [tf.zeros_like(x) for x in xs[in_sequences + in_states :]]
        known_slopes = [slope for slope in by_outputs if slope is not None]
        along = [*arguments.sequences, *self.kept, *known_slopes]
        step = self._step(places, by_outputs, in_sequences, in_states)
        types = [x.dtype for x in xs[:in_sequences]]
        back = Loop(step, types, not self.loop.backwards, keeps=False)
        carried, by_sequences = back(
            Arguments(along, [*by_states, *sums], arguments.captured)
        )
        by_place = dict(zip(places, [*by_sequences, *carried], strict=True))
        return [by_place.get(i) for i in range(len(arguments.all))]

    def _step(
        self,
        places: list[int],
        by_outputs: list[T],
        in_sequences: int,
        in_states: int,
    ) -> Step:
        """Returns the step of the derivative.

        # Arguments
            places: those of the arguments that are floats.
            by_outputs: the slopes by the outputs, None for zeros.
            in_sequences: the number of sequences of floats.
            in_states: the number of states of floats.
        """
        step = _keeping(self.loop, self.arguments.states).step
        sizes = [len(self.arguments.sequences), len(self.kept)]

        def back(
            place: T,
            slices: list[T],
            carried: list[T],
            captured: list[T],
        ) -> Results:
            taken, states, by = _split(slices, [*sizes, len(slices)])
            at = self.arguments.like(
                [tf.identity(x) for x in (*taken, *states, *captured)]
            )
            new, outputs = step(place, at.sequences, at.states, at.captured)
            ys = [y for y in new if _is_float(y)]
            ys += [y for y, _ in _known(outputs, by_outputs)]
            xs = [at.all[i] for i in places]
            slopes = [None] * len(xs)
            if ys:
                slopes = tf.gradients(ys, xs, [*carried[:in_states], *by])
            inside = in_sequences + in_states
            filled = [_or_zeros(slopes[i], xs[i]) for i in range(inside)]
            totals = zip(carried[in_states:], slopes[inside:], strict=True)
            sums = [_added(total, slope) for total, slope in totals]
            return [*filled[in_sequences:], *sums], filled[:in_sequences]

        return back


def _split(parts: Sequence[T], sizes: Iterable[int]) -> list[list[T]]:
    """Cuts a list into parts of these sizes, the last of what is left."""
    rest = iter(parts)
    return [list(itertools.islice(rest, size)) for size in sizes]


def _known(tensors: list[T], slopes: list[T]) -> list[tuple[T, T]]:
    """Returns the pairs of a tensor and a slope that isn't None."""
    return [pair for pair in zip(tensors, slopes, strict=True) if pair[1] is not None]


def _added(total: T, slope: T) -> T:
    return total if slope is None else total + dense(slope)


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
