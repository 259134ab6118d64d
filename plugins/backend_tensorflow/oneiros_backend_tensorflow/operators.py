"""The functions behind Python's operators on tensors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from oneiros_backend_tensorflow.operations import Operations, widened
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.type_promotion import (
    bits,
    countable,
    floats,
    indices_of,
    paired,
)

T = Any


def _on_pair(fn: Callable[[T, T], T]) -> Callable[[T, T], T]:
    def function(x: T, y: T) -> T:
        return fn(*paired(x, y))

    return function


def _divided(x: T, y: T) -> T:
    x, y = paired(x, y)
    return tf.divide(floats(x), floats(y))


def _on_bits(fn: Callable[[T, T], T]) -> Callable[[T, T], T]:
    def function(x: T, y: T) -> T:
        return fn(*bits(x, y))

    return function


def _inverted(x: T) -> T:
    (x,) = bits(x)
    return ~x


def _negative(x: T) -> T:
    x = countable(x)
    if not x.dtype.is_unsigned:
        return -x
    # Of zero minus x TensorFlow's optimizer makes a negation, which it hasn't here.
    return tf.bitwise.invert(x) + 1


def _indexed(x: T, index: T) -> T:
    if isinstance(index, tuple):
        return x[tuple(map(_index, index))]
    return x[_index(index)]


def _index(part: T) -> T:
    """Converts a part of an index to TensorFlow's form."""
    if isinstance(part, slice):
        return slice(_index(part.start), _index(part.stop), _index(part.step))
    is_place = tf.is_tensor(part) and part.dtype.is_integer
    return indices_of(part) if is_place else part


OPERATORS: dict[str, Callable[..., T]] = {
    "add": _on_pair(tf.add),
    "sub": _on_pair(tf.subtract),
    "mul": _on_pair(tf.multiply),
    "truediv": _divided,
    "floordiv": _on_pair(tf.math.floordiv),
    "mod": _on_pair(tf.math.floormod),
    "pow": Operations.pow,
    "matmul": _on_pair(widened(tf.matmul)),
    "and": _on_bits(operator.and_),
    "or": _on_bits(operator.or_),
    "xor": _on_bits(operator.xor),
    "invert": _inverted,
    "neg": _negative,
    "abs": Operations.abs,
    "lt": Operations.lesser,
    "le": Operations.lesser_equal,
    "gt": Operations.greater,
    "ge": Operations.greater_equal,
    "getitem": _indexed,
}
"""Functions by method name."""
