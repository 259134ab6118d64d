"""Activations."""

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import special

sigmoid = pt.sigmoid
ultra_fast_sigmoid = pt.sigmoid
softplus = pt.softplus

SLOPE = 0.2
"""Of the hard sigmoid, which is 0.5 at zero."""


def softmax(x: Any) -> Any:
    """Exponentials along the last axis, divided by their sum; a vector counts as a
    matrix of one row, as it did in Theano."""
    x = pt.as_tensor_variable(x)
    rows = pt.shape_padleft(x) if x.ndim == 1 else x
    return special.softmax(rows, axis=-1)


def logsoftmax(x: Any) -> Any:
    """Logarithm of `softmax`."""
    x = pt.as_tensor_variable(x)
    rows = pt.shape_padleft(x) if x.ndim == 1 else x
    return special.log_softmax(rows, axis=-1)


def hard_sigmoid(x: Any) -> Any:
    """Line through 0.5 at zero, between 0 and 1."""
    return pt.clip(x * SLOPE + 0.5, 0.0, 1.0)


def relu(x: Any, alpha: Any = 0) -> Any:
    """`x` above zero, and `alpha * x` below."""
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * pt.abs(x)


def elu(x: Any, alpha: Any = 1) -> Any:
    """`x` above zero, and `alpha * (exp(x) - 1)` below."""
    return pt.switch(pt.gt(x, 0), x, alpha * pt.expm1(pt.minimum(x, 0)))
