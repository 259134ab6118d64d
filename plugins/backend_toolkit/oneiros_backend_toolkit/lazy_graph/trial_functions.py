"""The functions of `K` for engines whose shapes `trial_sizes` infers.

Integers that are known before anything is computed, such as sizes, stay NumPy's arrays:
tensors have no values while shapes are inferred, and a shape needs some.
"""

import math
from typing import Any

import numpy as np

from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.lazy_graph.trial_sizes import (
    are_open,
    broadcastable,
    inferring,
    single,
    with_equal_axes,
    zeros,
)
from oneiros_backend_toolkit.types import DISCRETE


class TrialFunctions(ArrayFunctions):
    """Functions of tensors, and of arrays of known integers.

    An engine defines the methods that raise NotImplementedError, too.
    """

    # What an engine supplies

    def own(self, x):
        """Returns an array, or a tensor, as a tensor."""
        raise NotImplementedError

    def known(self, n):
        """Returns a number or array that must be known before anything is computed.

        # Raises
            ArgumentError: if it isn't.
        """
        raise NotImplementedError

    # What follows from that

    def is_known(self, x) -> bool:
        """Returns whether `x` is a number, or an array, of integers or booleans."""
        if self.is_tensor(x):
            return False
        array = np.asarray(x)
        return array.dtype.kind in DISCRETE

    def constant(self, array):
        if array.dtype.kind in DISCRETE:
            return array
        return self.own(array)

    def stacked(self, tensors):
        space = self.space(*tensors)
        return space.stack(tensors)

    def space(self, *values):
        are_known = all(map(self.is_known, values))
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
        x = self.own(x)
        y = self.own(y)
        return x, y

    # Shapes

    def count(self, n):
        number = self.known(n)
        return super().count(number)

    def sizes(self, shape) -> list[Any]:
        return [n if n is None else self.count(n) for n in shape]

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = self.sizes(shape)
        if sizes.count(None) == 1 and -1 not in sizes:
            open_axis = sizes.index(None)
            sizes[open_axis] = -1
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
        space = self.space(x)
        return space.squeeze(x, axes)

    def arange(self, start, stop=None, step=1, dtype="int32"):
        bounds = self.bounds(start, stop, step)
        known = map(self.known, bounds)
        numbers = np.arange(*known)
        typed = numbers.astype(dtype)
        return self.constant(typed)

    # Element by element

    def maximum(self, x, y):
        return self._extreme("maximum", "greater_equal", x, y)

    def minimum(self, x, y):
        return self._extreme("minimum", "less_equal", x, y)

    def _extreme(self, name: str, is_first: str, x, y):
        """Returns the larger or smaller one; if both are equal, the first one receives
        the derivative."""
        operands = self.paired(x, y)
        x, y = self.broadcastable(*operands)
        space = self.space(x, y)
        if space is np:
            choose = getattr(np, name)
            return choose(x, y)
        compare = getattr(space, is_first)
        takes_first = compare(x, y)
        is_nan = space.not_equal(x, x)
        chosen = takes_first | is_nan
        return space.where(chosen, x, y)

    def clipped(self, x, low, high):
        """At a bound `x` receives the derivative."""
        space = self.space(x, low, high)
        is_above = space.greater(x, high)
        x = space.where(is_above, high, x)
        is_below = space.less(x, low)
        return space.where(is_below, low, x)

    def sqrt(self, x):
        x = self.floats(x)
        is_negative = x < 0
        not_negative = self.namespace.where(is_negative, 0, x)
        return self.namespace.sqrt(not_negative)

    # Linear algebra

    def matmul(self, x, y):
        x, y = self.paired(x, y)
        summed = max(y.ndim - 2, 0)
        x, y = self.summable(x, -1, y, summed)
        return self.namespace.matmul(x, y)


def _in_trial(x, sizes: list[int]):
    """Returns a tensor of these sizes, of which -1 is what remains.

    If the size that is tried for an open one isn't a multiple, another one would be.
    """
    count = math.prod(x.shape)
    known_size = -math.prod(sizes)
    (is_open,) = are_open(count)
    if not is_open or known_size <= 0 or count % known_size == 0:
        return x.reshape(sizes)
    gap = sizes.index(-1)
    sizes[gap] = count // known_size
    dtype = x.dtype
    return zeros(sizes, dtype)
