"""The functions of `K` on PyTorch's own tensors.

Integers that are known before anything is computed, such as sizes, stay NumPy arrays: a
meta tensor has no values, and while shapes are inferred a shape needs some.
"""

import math

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.lazy_graph.trial_sizes import (
    are_open,
    broadcastable,
    inferring,
    single,
    with_equal_axes,
)
from oneiros_backend_toolkit.types import DISCRETE

from torch_for_oneiros.indexing import indexed
from torch_for_oneiros.namespace import Activations, Namespace
from torch_for_oneiros.tensors import numpy_type, to_array, to_tensor, torch_type
from torch_for_oneiros.torch_import import torch


def is_known(x) -> bool:
    """Returns whether `x` is a number, or an array, of integers or booleans."""
    if isinstance(x, torch.Tensor):
        return False
    return np.asarray(x).dtype.kind in DISCRETE


def _size(n) -> int:
    """Returns a size as an int."""
    if isinstance(n, torch.Tensor) and inferring():
        raise ArgumentError(
            "A shape depends on the values of a tensor, which aren't known yet. Derive "
            "it from other shapes."
        )
    return int(n)


class TorchFunctions(ArrayFunctions):
    """Functions of PyTorch's tensors, by their names in the contract."""

    namespace = Namespace()
    activations = Activations()

    # Types

    def is_tensor(self, x) -> bool:
        return isinstance(x, torch.Tensor)

    def dtype_of(self, x):
        if isinstance(x, torch.Tensor):
            return numpy_type(x.dtype)
        return x.dtype

    def constant(self, array):
        if array.dtype.kind in DISCRETE:
            return array
        return to_tensor(array)

    def as_type(self, x, dtype):
        if isinstance(x, torch.Tensor):
            return x.to(torch_type(dtype))
        return self.constant(x.astype(dtype))

    def stacked(self, tensors):
        return self.space(*tensors).stack(tensors)

    # Shapes

    def space(self, *values):
        are_known = all(map(is_known, values))
        return np if are_known else self.namespace

    def broadcastable(self, *values):
        return broadcastable(*values)

    def joinable(self, tensors, axis: int):
        first, *others = tensors
        for kept in set(range(first.ndim)) - {axis}:
            for place, other in enumerate(others):
                first, other = with_equal_axes(first, kept, other, kept)
                others[place] = other
        return [first, *others]

    def summable(self, x, axis: int, y, other: int):
        x, y = with_equal_axes(x, axis, y, other)
        return to_tensor(x), to_tensor(y)

    def count(self, n):
        return super().count(_size(n))

    def sizes(self, shape) -> list[int | None]:
        return [n if n is None else _size(n) for n in shape]

    def shape(self, x):
        return np.array(self.tensor(x).shape, np.int64)

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = self.sizes(shape)
        if sizes.count(None) == 1 and -1 not in sizes:
            sizes[sizes.index(None)] = -1
        for axis, size in enumerate(sizes):
            # Several open sizes are those of the same axes of x
            if size is None:
                sizes[axis] = x.shape[axis]
        if sizes.count(-1) == 1 and inferring():
            count = math.prod(x.shape)
            known_size = -math.prod(sizes)
            (is_open,) = are_open(count)
            if is_open and known_size > 0 and count % known_size:
                sizes[sizes.index(-1)] = count // known_size
                return torch.empty(sizes, dtype=torch_type(x.dtype), device="meta")
        return x.reshape(sizes)

    def squeeze(self, x, axis):
        x = self.tensor(x)
        axes = tuple(self.axes(x, axis))
        x = single(x, axes)
        for each in axes:
            if x.shape[each] != 1:
                raise ValueError(f"axis {each} has size {x.shape[each]}, not 1")
        if isinstance(x, torch.Tensor):
            return torch.squeeze(x, axes)
        return x.squeeze(axes)

    def arange(self, start, stop=None, step=1, dtype: str = "int32"):
        bounds = self.bounds(start, stop, step)
        known = []
        for bound in bounds:
            if isinstance(bound, torch.Tensor):
                _size(bound)
                bound = to_array(bound)
            known.append(bound)
        return self.constant(np.arange(*known).astype(dtype))

    # Values

    def stop_gradient(self, variables):
        x = self.tensor(variables)
        return to_tensor(x).detach()

    def print_tensor(self, x, message: str = ""):
        x = self.tensor(x)
        if not inferring():
            print(message, to_array(to_tensor(x)), flush=True)
        return x

    indexed = staticmethod(indexed)

    # Element by element

    def abs(self, x):
        x = self.countable(x)
        if is_known(x) or self.dtype_of(x).kind == "u":
            return np.abs(x) if is_known(x) else x
        return torch.abs(x)

    def maximum(self, x, y):
        return self._extreme("maximum", "greater_equal", x, y)

    def minimum(self, x, y):
        return self._extreme("minimum", "less_equal", x, y)

    def _extreme(self, name: str, is_first: str, x, y):
        """Returns the larger or smaller one; if both are equal, the first one receives
        the derivative."""
        x, y = self.broadcastable(*self.paired(x, y))
        if self.space(x, y) is np:
            return getattr(np, name)(x, y)
        x = to_tensor(x)
        takes_first = getattr(self.namespace, is_first)(x, y) | (x != x)
        return self.namespace.where(takes_first, x, y)

    def pow(self, x, a):
        if is_int(a) and self.is_tensor(x):
            return torch.pow(self.countable(x), int(a))
        return super().pow(x, a)

    def sqrt(self, x):
        x = self.floats(x)
        return torch.sqrt(torch.where(x < 0, 0, x))

    def clipped(self, x, low, high):
        if self.space(x, low, high) is np:
            return np.maximum(np.minimum(x, high), low)
        x, low, high = map(to_tensor, (x, low, high))
        x = torch.where(x > high, high, x)
        return torch.where(x < low, low, x)

    # Linear algebra and lookup

    def matmul(self, x, y):
        x, y = self.paired(x, y)
        summed = max(y.ndim - 2, 0)
        x, y = self.summable(x, -1, y, summed)
        return torch.matmul(x, y)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        if self.space(reference, indices) is np:
            return np.take(reference, indices, 0)
        reference = to_tensor(reference)
        indices = to_tensor(indices)
        last = len(reference) - 1
        existing = indices.clamp(0, last)
        rows = torch.index_select(reference, 0, existing.reshape(-1))
        rows = rows.reshape(*indices.shape, *reference.shape[1:])
        if not rows.is_floating_point():
            return rows
        # Where there are no rows there is NaN, on a GPU too
        is_row = existing == indices
        is_row = is_row.reshape(*indices.shape, *[1] * (reference.ndim - 1))
        return torch.where(is_row, rows, math.nan)


FUNCTIONS = TorchFunctions()
"""They have no state: one object is enough."""
