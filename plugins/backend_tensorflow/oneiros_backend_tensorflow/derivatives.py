"""Custom gradients in TensorFlow's graphs, for programs that differentiate."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.tensors import Tensor, Tensors

from oneiros_backend_tensorflow.tensorflow_import import tf

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
    return program is None or program.differentiates


def with_derivative(
    results: Sequence[Tensor],
    arguments: Sequence[Tensor],
    derivative: Callable[[Tensors, Sequence[Tensor]], Sequence[Tensor]],
) -> Tensors:
    """Returns tensors with a derivative of their own.

    `tf.custom_gradient` would keep their graph forever.

    # Arguments
        results: the tensors.
        arguments: what they were computed from.
        derivative: function of these results, and of the gradients by them, that
            returns the gradients by the arguments; None for an argument without one.
    """
    copies = tf.identity_n([*results, *arguments])
    count = len(results)
    tensors: Tensors = copies[:count]

    def differentiate(op, *gradients) -> Tensors:
        by_arguments = derivative(tensors, gradients[:count])
        return [*[None] * count, *by_arguments]

    if not tf.executing_eagerly():
        tensors[0].op._gradient_function = differentiate
    return tensors


def dense(gradient):
    """Returns a derivative as a tensor.

    TensorFlow may represent it by rows and their indices.
    """
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows = tf.cast(gradient.dense_shape[0], tf.int32)
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, rows)
