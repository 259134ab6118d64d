"""PyTorch's functions by NumPy's names and arguments, as `ArrayFunctions` calls them.

Arrays among the arguments, which are values that are known, become tensors.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from torch_for_oneiros.tensors import to_tensor, torch_type
from torch_for_oneiros.torch_import import torch

Function = Callable[..., Any]
NAMES: dict[str, Function] = {
    "add": torch.add,
    "bitwise_and": torch.bitwise_and,
    "bitwise_or": torch.bitwise_or,
    "bitwise_xor": torch.bitwise_xor,
    "cos": torch.cos,
    "divide": torch.divide,
    "einsum": torch.einsum,
    "equal": torch.eq,
    "exp": torch.exp,
    "expand_dims": torch.unsqueeze,
    "flip": torch.flip,
    "floor_divide": torch.floor_divide,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "invert": torch.bitwise_not,
    "less": torch.lt,
    "less_equal": torch.le,
    "log": torch.log,
    "logical_or": torch.logical_or,
    "matmul": torch.matmul,
    "multiply": torch.multiply,
    "negative": torch.neg,
    "not_equal": torch.ne,
    "power": torch.pow,
    "remainder": torch.remainder,
    "repeat": torch.repeat_interleave,
    "round": torch.round,
    "sin": torch.sin,
    "sqrt": torch.sqrt,
    "subtract": torch.subtract,
    "tanh": torch.tanh,
    "tile": torch.tile,
    "where": torch.where,
}
"""Functions that take what NumPy's take, but for arrays."""


def _as_argument(x):
    if isinstance(x, (np.ndarray, np.generic)):
        return to_tensor(x)
    return x


def on_tensors(function: Function) -> Function:
    """Returns a function that takes arrays, too."""

    @functools.wraps(function)
    def call(*arguments):
        converted = map(_as_argument, arguments)
        return function(*converted)

    return call


def _reduction(function: Function) -> Function:
    """Returns a reduction over any number of axes."""

    def reduce(x, axis=None, keepdims: bool = False):
        if axis == ():
            return x
        if x.ndim == 0:
            return function(x)
        axes = axis
        if axis is None:
            axes = tuple(range(x.ndim))
        return function(x, dim=axes, keepdim=keepdims)

    return reduce


class Namespace:
    """Functions that PyTorch calls in another way."""

    all = staticmethod(_reduction(torch.all))
    any = staticmethod(_reduction(torch.any))
    max = staticmethod(_reduction(torch.amax))
    mean = staticmethod(_reduction(torch.mean))
    min = staticmethod(_reduction(torch.amin))
    sum = staticmethod(_reduction(torch.sum))

    def prod(self, x, axis=None, keepdims: bool = False):
        """Multiplies over one axis after the other."""
        axes = axis
        if axis is None:
            axes = range(x.ndim)
        for each in sorted(axes, reverse=True):
            x = torch.prod(x, each, keepdim=keepdims)
        return x

    def argmax(self, x, axis: int):
        x = to_tensor(x)
        return torch.argmax(x, axis)

    def argmin(self, x, axis: int):
        x = to_tensor(x)
        return torch.argmin(x, axis)

    def zeros_like(self, x, dtype):
        x = to_tensor(x)
        return torch.zeros_like(x, dtype=torch_type(dtype))

    def ones_like(self, x, dtype):
        x = to_tensor(x)
        return torch.ones_like(x, dtype=torch_type(dtype))

    def sign(self, x):
        """PyTorch's sign of NaN is 0."""
        is_nan = x != x
        return torch.where(is_nan, x, torch.sign(x))

    def squeeze(self, x, axes):
        for axis in axes:
            size = x.shape[axis]
            if size != 1:
                raise ValueError(f"axis {axis} has size {size}, not 1")
        return torch.squeeze(x, axes)

    def transpose(self, x, order=None):
        axes = range(x.ndim)
        if order is None:
            order = axes[::-1]
        return torch.permute(x, tuple(order))

    def concatenate(self, tensors, axis: int):
        converted = list(map(to_tensor, tensors))
        return torch.cat(converted, axis)

    def stack(self, tensors):
        converted = list(map(to_tensor, tensors))
        return torch.stack(converted)

    def dot(self, x, y):
        x = to_tensor(x)
        y = to_tensor(y)
        if y.ndim == 2 and x.ndim > 0:
            return torch.matmul(x, y)
        if 0 in (x.ndim, y.ndim):
            return x * y
        x_axis = x.ndim - 1
        y_axis = max(y.ndim - 2, 0)
        axes = ([x_axis], [y_axis])
        return torch.tensordot(x, y, axes)


for _name, _function in NAMES.items():
    setattr(Namespace, _name, staticmethod(on_tensors(_function)))


class Activations:
    """The functions of networks."""

    erf = staticmethod(torch.erf)
    relu = staticmethod(on_tensors(torch.relu))
    sigmoid = staticmethod(torch.sigmoid)

    def softmax(self, x):
        return torch.softmax(x, -1)

    def softplus(self, x):
        """PyTorch takes `x` itself from a threshold on, which suits float32 alone."""
        return torch.nn.functional.softplus(x, threshold=40)
