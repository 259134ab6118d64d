"""Products by sample."""

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np
import pytensor.tensor as pt


def batched_dot(a: Any, b: Any) -> Any:
    """Multiplies each sample of one tensor by that of another, as `dot` does.

    # Arguments
        a: tensor of two or more axes, samples first; of one axis, numbers.
        b: likewise.
    """
    a = pt.as_tensor_variable(a)
    b = pt.as_tensor_variable(b)
    if a.ndim == 1:
        return pt.shape_padright(a, b.ndim - 1) * b
    if b.ndim == 1:
        return a * pt.shape_padright(b, a.ndim - 1)
    return batched_tensordot(a, b, [a.ndim - 1, max(1, b.ndim - 2)])


def batched_tensordot(x: Any, y: Any, axes: int | Sequence[Any] = 2) -> Any:
    """Sums the products of each sample over axes.

    # Arguments
        x: tensor, samples first.
        y: tensor, samples first.
        axes: int, how many of the last axes of `x` and of the first behind the samples
            of `y`; or a pair of axes, or of lists of them.
    """
    x = pt.as_tensor_variable(x)
    y = pt.as_tensor_variable(y)
    if isinstance(axes, int):
        axes = [range(x.ndim - axes, x.ndim), range(1, axes + 1)]
    x_axes, y_axes = (np.ravel(each).tolist() for each in axes)
    x_letters = ascii_letters[: x.ndim]
    y_letters = list(x_letters[0] + ascii_letters[x.ndim : x.ndim + y.ndim - 1])
    for x_axis, y_axis in zip(x_axes, y_axes, strict=True):
        y_letters[y_axis] = x_letters[x_axis]
    summed = {x_letters[axis] for axis in x_axes}
    kept = [each for each in (*x_letters, *y_letters[1:]) if each not in summed]
    return pt.einsum(f"{x_letters},{''.join(y_letters)}->{''.join(kept)}", x, y)
