"""Derivatives of our own in TensorFlow's graphs, and whether what is traced wants any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from oneiros_recorder.recorder import Program

from oneiros_backend_tensorflow.quiet import tf

T = Any
_wanted: ContextVar[bool] = ContextVar("oneiros_derivatives_wanted", default=True)


@contextmanager
def differentiated(program: Program) -> Iterator[None]:
    """Inside, operations take the form that suits a program, which may ask for gradients or not."""
    token = _wanted.set(program.differentiates)
    try:
        yield
    finally:
        _wanted.reset(token)


def derivatives_wanted() -> bool:
    """Tells whether what is being traced may be differentiated."""
    return _wanted.get()


def with_derivative(
    results: Sequence[T], arguments: Sequence[T], derivative: Callable[[list[T], Sequence[T]], Sequence[T]]
) -> list[T]:
    """Returns tensors with a derivative of their own; `tf.custom_gradient` would keep their graph forever.

    # Arguments
        derivative: function of what is returned here, and of the slopes by it, that returns those by the
            arguments; None for one that has none.
    """
    passed = tf.identity_n([*results, *arguments])
    found: list[T] = passed[: len(results)]

    def differentiate(op: Any, *slopes: T) -> list[T]:
        return [None] * len(found) + [*derivative(found, slopes[: len(found)])]

    if not tf.executing_eagerly():
        found[0].op._gradient_function = differentiate
    return found


def dense(slope: T) -> T:
    """Returns a derivative as a tensor, which TensorFlow may give as rows and their indices."""
    if not isinstance(slope, tf.IndexedSlices):
        return slope
    rows = tf.cast(slope.dense_shape[0], tf.int32)
    return tf.math.unsorted_segment_sum(slope.values, slope.indices, rows)
