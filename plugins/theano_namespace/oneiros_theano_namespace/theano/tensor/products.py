"""Products by sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_theano.operations import sizes


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
    return batched_tensordot(a, b, [[a.ndim - 1], [max(1, b.ndim - 2)]])


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
    x_axes, y_axes = _summed_axes(x, axes)
    x_kept = [axis for axis in range(1, x.ndim) if axis not in x_axes]
    y_kept = [axis for axis in range(1, y.ndim) if axis not in y_axes]
    x_sizes = sizes(x)
    y_sizes = sizes(y)
    summed = _product(x_sizes[axis] for axis in x_axes)
    rows = x.dimshuffle(0, *x_kept, *x_axes).reshape((x_sizes[0], -1, summed))
    columns = y.dimshuffle(0, *y_axes, *y_kept).reshape((y_sizes[0], summed, -1))
    shape = [x_sizes[axis] for axis in x_kept] + [y_sizes[axis] for axis in y_kept]
    return pt.matmul(rows, columns).reshape([x_sizes[0], *shape])


def _summed_axes(x: Any, axes: int | Sequence[Any]) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(x.ndim - axes, x.ndim)), list(range(1, axes + 1))
    first, second = axes
    return _as_list(first), _as_list(second)


def _as_list(axes: Any) -> list[int]:
    return list(axes) if isinstance(axes, (list, tuple)) else [axes]


def _product(factors: Any) -> Any:
    result: Any = 1
    for factor in factors:
        result = result * factor
    return result
