"""Products of matrices."""

from __future__ import annotations

from typing import Any

from oneiros_backend_toolkit.weight_gradients import is_faster_transposed

from oneiros_backend_tensorflow.derivatives import derivatives_wanted
from oneiros_backend_tensorflow.devices import on_gpu
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.xla import expects_xla

T = Any


def product(x: T, y: T) -> T:
    """Multiplies matrices of the same type; XLA computes the derivative by `y` in the
    faster order."""
    found = tf.matmul(x, y)
    if (
        derivatives_wanted()
        and x.dtype.is_floating
        and not tf.executing_eagerly()
        and is_faster_transposed(x.shape[0], x.shape[1], y.shape[1])
    ):
        found.op._gradient_function = _slopes
    return found


def _slopes(operation: Any, slope: T) -> tuple[T, T]:
    x, y = operation.inputs
    by_x = tf.matmul(slope, y, transpose_b=True)
    if on_gpu() or not expects_xla(operation.graph):
        return by_x, tf.matmul(x, slope, transpose_a=True)
    turned = tf.matmul(slope, x, transpose_a=True)
    same = tf.where(
        tf.math.is_nan(turned), tf.constant(float("nan"), turned.dtype), turned
    )
    return by_x, tf.transpose(same)
