"""Losses that Keras 3 lacks, or has another one of the name."""

from typing import Any

from keras import ops

from oneiros_keras3.registration import register

SMALLEST_SQUARE = 1e-12
"""The smallest square of a length by which a vector is divided."""


@register
def hinge(y_true: Any, y_pred: Any) -> Any:
    """Returns the mean of max(1 - y_true * y_pred, 0) over the last axis.

    Keras 3 takes targets of 0 and 1 for -1 and 1; Keras 1 takes them as they are.
    """
    return ops.mean(ops.relu(1.0 - y_true * y_pred), axis=-1)


@register
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Returns the mean of the squares of max(1 - y_true * y_pred, 0) over the last
    axis."""
    shortfall = ops.relu(1.0 - y_true * y_pred)
    return ops.mean(ops.square(shortfall), axis=-1)


@register
def cosine_proximity(y_true: Any, y_pred: Any) -> Any:
    """Returns the negative mean of the products of two normalised vectors over the last
    axis.

    Keras 3 has the sum.
    """
    products = _normalised(y_true) * _normalised(y_pred)
    return -ops.mean(products, axis=-1)


def _normalised(x: Any) -> Any:
    squares = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x / ops.sqrt(ops.maximum(squares, SMALLEST_SQUARE))
