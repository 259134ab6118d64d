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
    array = np.asarray(x)
    return array.dtype.kind in DISCRETE


def _size(n) -> int:
    """Returns a size as an int."""
    if isinstance(n, torch.Tensor) and inferring():
        raise ArgumentError(
            "A shape depends on the values of a tensor, which aren't known yet. Derive "
            "it from other shapes."
        )
    return int(n)


def _in_trial(x, sizes: list[int]):
    """Returns a tensor of these sizes, of which -1 is what remains.

    If the size that is tried for an open one isn't a multiple, another one would be.
    """
    count = math.prod(x.shape)
    known_size = -math.prod(sizes)
    (is_open,) = are_open(count)
    if not is_open or known_size <= 0 or count % known_size == 0:
        return x.reshape(sizes)
    place = sizes.index(-1)
    rest = count // known_size
    sizes[place] = rest
    dtype = torch_type(x.dtype)
    return torch.empty(sizes, dtype=dtype, device="meta")


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
        array = x.astype(dtype)
        return self.constant(array)

    def stacked(self, tensors):
        space = self.space(*tensors)
        return space.stack(tensors)

    # Shapes

    def space(self, *values):
        are_known = all(map(is_known, values))
        return np if are_known else self.namespace

    def broadcastable(self, *values):
        return broadcastable(*values)

    def joinable(self, tensors, axis: int):
        first, *others = tensors
        kept_axes = list(range(first.ndim))
        kept_axes.remove(axis)
        for kept in kept_axes:
            for place, other in enumerate(others):
                first, other = with_equal_axes(first, kept, other, kept)
                others[place] = other
        return [first, *others]

    def summable(self, x, axis: int, y, other: int):
        x, y = with_equal_axes(x, axis, y, other)
        x = to_tensor(x)
        y = to_tensor(y)
        return x, y

    def count(self, n):
        if isinstance(n, torch.Tensor):
            n = _size(n)
        return super().count(n)

    def sizes(self, shape) -> list[int | None]:
        return [n if n is None else self.count(n) for n in shape]

    def shape(self, x):
        x = self.tensor(x)
        return np.array(x.shape, np.int64)

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = self.sizes(shape)
        is_open = sizes.count(None) == 1
        if is_open and -1 not in sizes:
            place = sizes.index(None)
            sizes[place] = -1
        for axis, size in enumerate(sizes):
            # Several open sizes are those of the same axes of x
            if size is None:
                sizes[axis] = x.shape[axis]
        has_gap = sizes.count(-1) == 1
        if has_gap and inferring():
            return _in_trial(x, sizes)
        return x.reshape(sizes)

    def squeeze(self, x, axis):
        x = self.tensor(x)
        axes = tuple(self.axes(x, axis))
        x = single(x, axes)
        for each in axes:
            size = x.shape[each]
            if size != 1:
                raise ValueError(f"axis {each} has size {size}, not 1")
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
        numbers = np.arange(*known)
        typed = numbers.astype(dtype)
        return self.constant(typed)

    # Values

    def stop_gradient(self, variables):
        x = self.tensor(variables)
        tensor = to_tensor(x)
        return tensor.detach()

    def print_tensor(self, x, message: str = ""):
        x = self.tensor(x)
        if not inferring():
            tensor = to_tensor(x)
            array = to_array(tensor)
            print(message, array, flush=True)
        return x

    indexed = staticmethod(indexed)

    # Element by element

    def abs(self, x):
        x = self.countable(x)
        if is_known(x):
            return np.abs(x)
        if self.dtype_of(x).kind == "u":
            return x
        return torch.abs(x)

    def maximum(self, x, y):
        return self._extreme("maximum", "greater_equal", x, y)

    def minimum(self, x, y):
        return self._extreme("minimum", "less_equal", x, y)

    def _extreme(self, name: str, is_first: str, x, y):
        """Returns the larger or smaller one; if both are equal, the first one receives
        the derivative."""
        operands = self.paired(x, y)
        x, y = self.broadcastable(*operands)
        if self.space(x, y) is np:
            choose = getattr(np, name)
            return choose(x, y)
        x = to_tensor(x)
        y = to_tensor(y)
        compare = getattr(torch, is_first)
        takes_first = compare(x, y)
        is_nan = x != x
        return torch.where(takes_first | is_nan, x, y)

    def pow(self, x, a):
        if is_int(a) and self.is_tensor(x):
            x = self.countable(x)
            return torch.pow(x, int(a))
        return super().pow(x, a)

    def sqrt(self, x):
        x = self.floats(x)
        is_negative = x < 0
        not_negative = torch.where(is_negative, 0, x)
        return torch.sqrt(not_negative)

    def clipped(self, x, low, high):
        if self.space(x, low, high) is np:
            x = np.minimum(x, high)
            return np.maximum(x, low)
        operands = (x, low, high)
        x, low, high = map(to_tensor, operands)
        is_above = x > high
        x = torch.where(is_above, high, x)
        is_below = x < low
        return torch.where(is_below, low, x)

    # Linear algebra and lookup

    def matmul(self, x, y):
        x, y = self.paired(x, y)
        y_axis = max(y.ndim - 2, 0)
        factors = self.summable(x, -1, y, y_axis)
        return torch.matmul(*factors)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        if self.space(reference, indices) is np:
            return np.take(reference, indices, 0)
        reference = to_tensor(reference)
        indices = to_tensor(indices)
        last = len(reference) - 1
        existing = indices.clamp(0, last)
        places = existing.reshape(-1)
        rows = torch.index_select(reference, 0, places)
        row_shape = reference.shape[1:]
        rows = rows.reshape(*indices.shape, *row_shape)
        if not rows.is_floating_point():
            return rows
        # Where there are no rows there is NaN, on a GPU too
        is_row = existing == indices
        ones = [1] * len(row_shape)
        is_row = is_row.reshape(*indices.shape, *ones)
        return torch.where(is_row, rows, math.nan)


FUNCTIONS = TorchFunctions()
"""They have no state: one object is enough."""
