"""Whole recurrent layers as one operation: the loops of `oneiros_backend_toolkit.fused`
on TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oneiros_backend_toolkit.fused import Cell, FusedLoops, Loop, States, Step
from oneiros_lazy_graph.recorder import Recorder

from oneiros_backend_tensorflow.derivatives import derivatives_wanted, with_derivative
from oneiros_backend_tensorflow.quiet import tf

T = Any


class TensorFlowEngine:
    """See `oneiros_backend_toolkit.fused.Engine`."""

    projects_early = False
    tanh = staticmethod(tf.tanh)
    sigmoid = staticmethod(tf.sigmoid)
    choose = staticmethod(tf.where)
    join = staticmethod(tf.concat)
    transpose = staticmethod(tf.transpose)

    def constant(self, values: Sequence[float], like: T) -> T:
        """Returns numbers as a tensor of the type of `like`."""
        return tf.constant(values, like.dtype)

    def clip(self, x: T) -> T:
        """Bounds by 0 and 1."""
        return tf.minimum(tf.maximum(x, 0), 1)

    def where(self, condition: T, x: T) -> T:
        """Returns `x` where the condition holds, else 0."""
        return tf.where(condition, x, tf.zeros((), x.dtype))

    def split(self, x: T, sizes: Sequence[int]) -> Sequence[T]:
        """Cuts the last axis into parts of these sizes."""
        parts: list[T] = tf.split(x, list(sizes), -1)
        return parts

    def outer(self, x: T, y: T) -> T:
        """Sums the products of two sequences' features over steps and samples."""
        x, y = (tf.reshape(part, (-1, part.shape[-1])) for part in (x, y))
        return tf.matmul(x, y, transpose_a=True)

    def total(self, x: T) -> T:
        """Sums a sequence over steps and samples."""
        return tf.reduce_sum(x, (0, 1))

    def multiply(self, x: T, w: T) -> T:
        """Multiplies a sequence's features by a matrix."""
        return tf.tensordot(x, w, 1)

    def scan(
        self,
        step: Step,
        states: States,
        sequences: States,
        widths: Sequence[int],
        backwards: bool,
    ) -> tuple[States, States]:
        """Runs a step function; XLA wants to know the number of steps beforehand."""
        known, samples = sequences[0].shape[0], states[0].shape[0]
        steps = tf.shape(sequences[0])[0] if known is None else known
        results = [
            tf.TensorArray(states[0].dtype, steps, element_shape=(samples, n))
            for n in widths
        ]

        def body(i: T, states: States, results: list[T]) -> Any:
            place = steps - 1 - i if backwards else i
            states, found = step(states, tuple(x[place] for x in sequences))
            return (
                i + 1,
                states,
                [r.write(place, x) for r, x in zip(results, found, strict=True)],
            )

        start = (tf.constant(0), states, results)
        _, last, results = tf.while_loop(
            lambda i, *_: i < steps, body, start, maximum_iterations=known
        )
        return last, tuple(
            tf.ensure_shape(result.stack(), (known, samples, None))
            for result in results
        )


ENGINE = TensorFlowEngine()


class Fused(FusedLoops):
    """`simple_rnn`, `gru` and `lstm` on lazy tensors."""

    recorder: Recorder

    def _fused(
        self,
        label: str,
        cell: Cell,
        x: T,
        initial: States,
        U: T,
        mask: T,
        backwards: bool,
        projection: States,
    ) -> T:
        loop = Loop(ENGINE, cell, backwards)

        def run(x: T, U: T, mask: T, projection: States, *initial: T) -> States:
            projection, initial = (
                tuple(tf.cast(p, x.dtype) for p in part)
                for part in (projection, initial)
            )
            return _run(loop, x, tf.cast(U, x.dtype), mask, projection, initial)

        return self.recorder.record(
            run, (x, U, mask, projection, *initial), label=label
        )


def _run(
    loop: Loop, x: T, U: T, mask: T, projection: States, initial: States
) -> States:
    initial = tuple(tf.ensure_shape(h, (x.shape[0], U.shape[0])) for h in initial)
    seen = None if mask is None else tf.transpose(tf.cast(mask, tf.bool))[..., None]

    used = tf.transpose(x, (1, 0, 2)), U, *projection, *initial
    held = [tf.identity(part) for part in used]
    x, U, *first = held
    projection, first = tuple(first[: len(projection)]), first[len(projection) :]
    ends, outputs, before, kept = loop.forward(
        x, U, seen, tuple(first), projection, derivatives_wanted()
    )

    def derivative(found: list[T], slopes: Sequence[T]) -> States:
        d_outputs, *d_last = slopes
        dx, dU, d_initial = loop.backward(
            U, seen, outputs, before, kept, d_outputs, tuple(d_last)
        )
        dx, d_projection = loop.unprojected(x, dx, projection)
        return dx, dU, *d_projection, *d_initial

    found, *last = with_derivative((outputs, *ends), tuple(held), derivative)
    return tf.transpose(
        tf.reverse(found, [0]) if loop.backwards else found, (1, 0, 2)
    ), *last
