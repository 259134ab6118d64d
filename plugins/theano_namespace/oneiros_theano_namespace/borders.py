"""Padding of images."""

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_theano.operations import sizes


def padded(x: Any, widths: Sequence[tuple[Any, Any]], value: float) -> Any:
    """Pads the last axes of a tensor with a number.

    # Arguments
        x: tensor.
        widths: for each axis, the padding before and after; ints or scalar tensors.
        value: the number.
    """
    first = x.ndim - len(widths)
    for axis, (before, after) in enumerate(widths, start=first):
        parts = [_filled(x, axis, before, value), x, _filled(x, axis, after, value)]
        x = pt.concatenate([part for part in parts if part is not None], axis=axis)
    return x


def _filled(x: Any, axis: int, width: Any, value: float) -> Any:
    """Returns the padding beside an axis; None if there is none."""
    if isinstance(width, int) and width == 0:
        return None
    shape = sizes(x)
    shape[axis] = width
    return pt.alloc(pt.constant(value, dtype=x.dtype), *shape)
