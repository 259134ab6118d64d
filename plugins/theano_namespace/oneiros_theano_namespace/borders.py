"""Padding of images."""

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_theano.operations import sizes


def padded(x, widths: Sequence[tuple[Any, Any]], value: float):
    """Pads the last axes of a tensor with a number.

    # Arguments
        x: tensor.
        widths: for each axis, the padding before and after; ints or scalar tensors.
        value: the number.
    """
    fill = pt.constant(value, dtype=x.dtype)
    first = x.ndim - len(widths)
    for axis, (before, after) in enumerate(widths, start=first):
        if (before, after) == (0, 0):
            continue
        shape = sizes(x)
        shape[axis] = before
        head = pt.alloc(fill, *shape)
        shape[axis] = after
        tail = pt.alloc(fill, *shape)
        x = pt.concatenate([head, x, tail], axis=axis)
    return x
