"""Loops over the first axis of tensors, which XLA compiles, and their derivatives of any order.

XLA can't compile TensorFlow's own derivative of a loop that reads slices. Here the derivative is another
loop, which takes each step once more: a loop keeps its states, not every step's intermediate results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from oneiros_backend_tensorflow.quiet import tf

T = Any
Step = Callable[[T, list[T], list[T], list[T]], tuple[list[T], list[T]]]
"""A function of a place, slices, states and captured tensors that returns new states and outputs."""


def loop(
    step: Step,
    sequences: list[T],
    states: list[T],
    captured: list[T],
    types: list[Any],
    backwards: bool,
    keep: bool = True,
) -> tuple[list[T], list[T]]:
    """Takes a step for each place of the first axis of `sequences`.

    # Arguments
        step: a Step that uses no other tensors that anything is differentiated by.
        types: of the outputs.
        backwards: whether the last place comes first.
        keep: whether the states are kept for a derivative, which else begins with another run.

    # Returns
        The last states, and the outputs stacked by place.
    """
    sizes = len(sequences), len(states), len(captured)
    arguments = [tf.identity(x) for x in (*sequences, *states, *captured)]
    parts = _split(arguments, sizes)
    taken, all_types = (_keeping(step), [*[x.dtype for x in states], *types]) if keep else (step, types)
    last, outputs = _run(taken, *parts, all_types, backwards)
    found = tf.identity_n([*last, *outputs, *arguments])[: len(last) + len(outputs)]

    def differentiate(op: Any, *slopes: T) -> list[T]:
        known = [None if _is_zero(slope) else slope for slope in slopes[: len(found)]]
        if keep:
            kept = found[len(states) : 2 * len(states)]
            return [None] * len(found) + _derivatives(taken, parts, kept, known, backwards)
        last, outputs = loop(step, *parts, types, backwards)
        ys, slopes = zip(*_known([*last, *outputs], known), strict=True)
        return [None] * len(found) + tf.gradients(ys, arguments, slopes)

    found[0].op._gradient_function = differentiate
    return found[: len(states)], found[len(found) - len(types) :]


def _keeping(step: Step) -> Step:
    """Returns a step that also puts out the states that it received, before its other outputs."""

    def keeping(place: T, slices: list[T], states: list[T], captured: list[T]) -> tuple[list[T], list[T]]:
        new, outputs = step(place, slices, states, captured)
        return new, [*states, *outputs]

    return keeping


def _run(
    step: Step, sequences: list[T], states: list[T], captured: list[T], types: list[Any], backwards: bool
) -> tuple[list[T], list[T]]:
    static = sequences[0].shape[0]
    if static == 0:
        return states, _nothing(step, sequences, states, captured)
    steps = tf.shape(sequences[0])[0] if static is None else static
    shapes = [None] * len(types)

    def body(i: T, states: list[T], results: list[T]) -> Any:
        place = steps - 1 - i if backwards else i
        new, outputs = step(place, [x[place] for x in sequences], states, captured)
        shapes[:] = [output.shape for output in outputs]
        return i + 1, new, [r.write(place, output) for r, output in zip(results, outputs, strict=True)]

    start = (tf.constant(0), states, [tf.TensorArray(dtype, steps) for dtype in types])
    _, last, results = tf.while_loop(lambda i, *_: i < steps, body, start, maximum_iterations=steps)
    stacked = [result.stack() for result in results]
    return last, [tf.ensure_shape(x, (static, *shape)) for x, shape in zip(stacked, shapes, strict=True)]


def _nothing(step: Step, sequences: list[T], states: list[T], captured: list[T]) -> list[T]:
    """Returns the outputs of no steps."""
    with tf.__internal__.FuncGraph("shapes").as_default():
        slices = [tf.zeros(x.shape[1:], x.dtype) for x in sequences]
        _, outputs = step(tf.constant(0), slices, states, captured)
    return [tf.zeros((0, *x.shape), x.dtype) for x in outputs]


def _derivatives(
    step: Step, parts: list[list[T]], kept: list[T], slopes: list[T], backwards: bool
) -> list[T]:
    """Returns the slopes by a loop's arguments, None for those that aren't floats or don't matter.

    # Arguments
        parts: the loop's sequences, first states and captured tensors.
        kept: the states before each step.
        slopes: by the last states and by the outputs, None for zeros.
    """
    sequences, states, captured = parts
    by_last, by_outputs = slopes[: len(states)], slopes[len(states) :]
    sizes = len(sequences), len(states), sum(slope is not None for slope in by_outputs)
    floating = [_floating(part) for part in parts]

    def back(place: T, slices: list[T], carried: list[T], captured: list[T]) -> tuple[list[T], list[T]]:
        slices, states, given = _split(slices, sizes)
        by_states, sums = carried[: len(floating[1])], carried[len(floating[1]) :]
        local = [[tf.identity(x) for x in part] for part in (slices, states, captured)]
        new, outputs = step(place, *local)
        ys = [new[i] for i in floating[1]] + [y for y, _ in _known(outputs, by_outputs)]
        xs = [part[i] for part, chosen in zip(local, floating, strict=True) for i in chosen]
        found = tf.gradients(ys, xs, [*by_states, *given]) if ys else [None] * len(xs)
        by_slices, by_states, parts = _split(found, [len(chosen) for chosen in floating])
        by_slices = [_or_zeros(by, slices[i]) for i, by in zip(floating[0], by_slices, strict=True)]
        by_states = [_or_zeros(by, states[i]) for i, by in zip(floating[1], by_states, strict=True)]
        sums = [s if by is None else s + dense(by) for s, by in zip(sums, parts, strict=True)]
        return [*by_states, *sums], by_slices

    first = [_or_zeros(by_last[i], states[i]) for i in floating[1]]
    sums = [tf.zeros_like(captured[i]) for i in floating[2]]
    along = [*sequences, *kept, *[by for by in by_outputs if by is not None]]
    types = [sequences[i].dtype for i in floating[0]]
    carried, by_sequences = loop(back, along, [*first, *sums], captured, types, not backwards, keep=False)
    by_states, by_captured = carried[: len(first)], carried[len(first) :]
    found = [by_sequences, by_states, by_captured]
    return [
        x for part, chosen, by in zip(parts, floating, found, strict=True) for x in _placed(part, chosen, by)
    ]


def dense(slope: T) -> T:
    """Returns a derivative as a tensor, which TensorFlow may give as rows and their indices."""
    if not isinstance(slope, tf.IndexedSlices):
        return slope
    rows = tf.cast(slope.dense_shape[0], tf.int32)
    return tf.math.unsorted_segment_sum(slope.values, slope.indices, rows)


def _split(parts: list[T], sizes: Iterable[int]) -> list[list[T]]:
    rest = iter(parts)
    return [[next(rest) for _ in range(size)] for size in sizes]


def _known(tensors: list[T], slopes: list[T]) -> list[tuple[T, T]]:
    return [pair for pair in zip(tensors, slopes, strict=True) if pair[1] is not None]


def _floating(tensors: list[T]) -> list[int]:
    return [i for i, x in enumerate(tensors) if x.dtype.is_floating or x.dtype.is_complex]


def _placed(part: list[T], places: list[int], values: list[T]) -> list[T]:
    found = dict(zip(places, values, strict=True))
    return [found.get(i) for i in range(len(part))]


def _or_zeros(slope: T, x: T) -> T:
    return tf.zeros_like(x) if slope is None else dense(slope)


def _is_zero(slope: T) -> bool:
    """Tells whether TensorFlow has put zeros where there is no slope."""
    if slope is None or slope.op.type == "ZerosLike":
        return True
    value = tf.get_static_value(slope)
    return value is not None and not value.any()
