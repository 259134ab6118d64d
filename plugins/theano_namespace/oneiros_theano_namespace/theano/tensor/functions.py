"""Functions of tensors that PyTensor has under other names, with other arguments, or no
more."""

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np
import pytensor.tensor as pt
from pytensor.compile.ops import TypeCastingOp
from pytensor.graph.basic import Apply

__all__ = [
    "abs_",
    "addbroadcast",
    "batched_dot",
    "batched_tensordot",
    "flatten",
    "inv",
    "patternbroadcast",
    "reshape",
    "round",
    "sgn",
    "split",
    "stack",
    "tensor",
    "unbroadcast",
]

abs_ = pt.abs
inv = pt.reciprocal
sgn = pt.sign


def round(x, mode: str = "half_away_from_zero"):
    """Rounds to integers.

    # Arguments
        x: tensor.
        mode: what becomes of halves, `"half_away_from_zero"` or `"half_to_even"`.
    """
    x = pt.as_tensor_variable(x)
    if mode == "half_to_even":
        return pt.round(x, mode=mode)
    return pt.sign(x) * pt.floor(pt.abs(x) + 0.5)


def batched_dot(a, b):
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


def batched_tensordot(x, y, axes: int | Sequence[Any] = 2):
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


def tensor(
    dtype=None,
    broadcastable: Sequence[bool] = (),
    name: str | None = None,
    shape: Sequence[int | None] | None = None,
):
    """Returns an input tensor.

    # Arguments
        dtype: name of the type; None means `theano.config.floatX`.
        broadcastable: by axis whether its size is always 1.
        name: str.
        shape: sizes, None for those that may be any; it counts more than
            `broadcastable`.
    """
    sizes = tuple(1 if flag else None for flag in broadcastable)
    return pt.tensor(name, dtype=dtype, shape=sizes if shape is None else tuple(shape))


def addbroadcast(x, *axes: int):
    """Declares that axes have size 1, so that they broadcast."""
    return pt.specify_broadcastable(pt.as_tensor_variable(x), *axes)


def unbroadcast(x, *axes: int):
    """Removes the information that axes have size 1, as for the first state of a
    loop."""
    x = pt.as_tensor_variable(x)
    return _Unbroadcast(tuple(axis % x.ndim for axis in axes))(x)


def patternbroadcast(x, broadcastable: Sequence[bool]):
    """Declares for each axis whether its size is 1."""
    x = pt.as_tensor_variable(x)
    single = [axis for axis, flag in enumerate(broadcastable) if flag]
    others = [axis for axis, flag in enumerate(broadcastable) if not flag]
    return unbroadcast(addbroadcast(x, *single), *others)


# PyTensor's class is Any to mypy.
class _Unbroadcast(TypeCastingOp):  # type: ignore[misc]
    """A tensor of which the sizes of some axes aren't known."""

    __props__ = ("axes",)

    def __init__(self, axes: tuple[int, ...]):
        self.axes = axes

    def make_node(self, x):
        """Builds the node."""
        shape = [
            None if axis in self.axes else size
            for axis, size in enumerate(x.type.shape)
        ]
        return Apply(self, [x], [x.type.clone(shape=shape)()])

    def pullback(self, inputs, outputs, cotangents):
        """Returns the gradient, with the sizes that the input has."""
        return [pt.specify_shape(cotangents[0], inputs[0].type.shape)]


def flatten(x, outdim: int = 1, ndim: int | None = None):
    """Joins the last axes of a tensor.

    # Arguments
        x: tensor.
        outdim, ndim: int, how many axes remain; `ndim` counts more.
    """
    return pt.flatten(pt.as_tensor_variable(x), outdim if ndim is None else ndim)


def reshape(x, newshape, ndim: int | None = None):
    """Reshapes a tensor to `ndim` axes."""
    return pt.reshape(x, newshape, ndim=ndim)


def stack(*tensors, axis: int = 0):
    """Stacks tensors along a new axis: `stack([a, b], axis)`, or `stack(a, b)`."""
    first, *others = tensors
    if not isinstance(first, (list, tuple)):
        return pt.stack(list(tensors), axis=axis)
    return pt.stack(list(first), *others or [axis])


def split(x, splits_size, n_splits: int, axis: int = 0):
    """Splits a tensor into parts.

    # Arguments
        x: tensor.
        splits_size: vector of integers, the sizes of the parts.
        n_splits: int, the number of parts.
        axis: int, the axis to split.
    """
    return pt.split(x, splits_size, n_splits=n_splits, axis=axis)
