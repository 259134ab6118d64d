"""Custom gradients in TensorFlow's graphs, for programs that differentiate."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from oneiros.typing import Tensor, Tensors
from oneiros_backend_toolkit.lazy_graph.program import Program

from oneiros_backend_tensorflow.tensorflow_import import tf

Derivative = Callable[[Tensors, Sequence[Tensor]], Sequence[Tensor]]
"""A function of results, and of the gradients by them, that returns the gradients by
the arguments; None for an argument without one."""

_traced: ContextVar[Program | None] = ContextVar("oneiros_traced_program", default=None)


@contextmanager
def while_tracing(program: Program) -> Iterator[None]:
    """Context in which operations are traced for a program: with derivatives of our
    own, or without.
    """
    token = _traced.set(program)
    try:
        yield
    finally:
        _traced.reset(token)


def derivatives_wanted() -> bool:
    """Returns whether what is being traced may be differentiated."""
    program = _traced.get()
    if program is None:
        return True
    return program.differentiates


def with_derivative(results, arguments, derivative: Derivative) -> Tensors:
    """Returns tensors with a derivative of their own.

    `tf.custom_gradient` would keep their graph forever.

    # Arguments
        results: sequence of the tensors.
        arguments: sequence of what they were computed from.
        derivative: the Derivative.
    """
    copies = tf.identity_n([*results, *arguments])
    count = len(results)
    tensors: Tensors = copies[:count]

    def differentiate(op, *gradients):
        by_arguments = derivative(tensors, gradients[:count])
        by_results = [None] * count
        return [*by_results, *by_arguments]

    if not tf.executing_eagerly():
        operation = tensors[0].op
        operation._gradient_function = differentiate
    return tensors


def dense(gradient):
    """Returns a derivative as a tensor.

    TensorFlow may represent it by rows and their indices.
    """
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    count = gradient.dense_shape[0]
    rows = tf.cast(count, tf.int32)
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, rows)
