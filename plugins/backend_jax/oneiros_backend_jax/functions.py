"""The functions of `K` on JAX's own tensors.

Values that are known while a function is traced, such as sizes, stay NumPy arrays: JAX
would make them unknown, and unknown values can't become a shape.
"""

import math
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.operands import batch_dot_axes
from oneiros_backend_toolkit.types import DISCRETE
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.products import product
from oneiros_jax_support.symbolic_sizes import (
    computed_sizes,
    has_symbolic_size,
    holds_symbolic_sizes,
    is_symbolic,
)

from oneiros_backend_jax.shape_inference import (
    are_open,
    broadcastable,
    inferring,
    single,
    with_equal_axes,
)

CONCRETE = (np.ndarray, np.generic, bool, int, float)


def is_known(x) -> bool:
    """Returns whether `x` is known while a function is traced.

    Integers, booleans, arrays of them, and sizes are known.
    """
    if is_symbolic(x) or holds_symbolic_sizes(x):
        return True
    if not isinstance(x, CONCRETE):
        return False
    array = np.asarray(x)
    return array.dtype.kind in DISCRETE


def concrete(n):
    """Returns a number or array that must be known while a function is traced."""
    if isinstance(n, jax.Array):
        raise ArgumentError(
            "A shape depends on the values of a tensor, which JAX can't compile. "
            "Derive it from other shapes."
        )
    if not isinstance(n, CONCRETE) and not is_symbolic(n):
        raise TypeError(f"{n!r:.60} isn't a number")
    return np.asarray(n)[()]


def _size(n):
    """Returns a size as an int or a symbol."""
    size = concrete(n)
    return size if is_symbolic(size) else int(size)


def _summed_product(x, x_axes, y, y_axes, samples=((), ())):
    """Multiplies, and sums over an axis of each factor.

    # Arguments
        x, x_axes: a factor, and the axes to sum over.
        y, y_axes: the other one.
        samples: axes of both that stand for samples.
    """
    axes = (x_axes, y_axes)
    return jax.lax.dot_general(x, y, (axes, samples))


class JaxFunctions(ArrayFunctions):
    """Functions of JAX's tensors, by their names in the contract."""

    namespace = jnp
    activations = jax.nn

    # Types

    def is_tensor(self, x) -> bool:
        return isinstance(x, jax.Array)

    def dtype_of(self, x):
        return np.dtype(x.dtype)

    def constant(self, array):
        if array.dtype.kind in DISCRETE:
            return array
        return jnp.asarray(array)

    def as_type(self, x, dtype):
        dtype = np.dtype(dtype)
        x = computed_sizes(x)
        if dtype.kind in DISCRETE:
            return x.astype(dtype)
        return jnp.asarray(x, dtype)

    def stacked(self, tensors):
        namespace = self.space(*tensors)
        return namespace.stack(tensors)

    def tensor(self, x):
        if not self.holds_tensor(x):
            array = np.asarray(x)
            if holds_symbolic_sizes(array):
                return array
        return super().tensor(x)

    def floats(self, x):
        x = computed_sizes(self.tensor(x))
        return super().floats(x)

    def paired(self, *values, arithmetic: bool = True):
        operands = []
        for x in values:
            operand = x if self.holds_tensor(x) else np.asarray(x)
            operands.append(operand)
        if any(map(holds_symbolic_sizes, operands)):
            if all(map(is_known, operands)):
                return operands
            operands = list(map(computed_sizes, operands))
        return super().paired(*operands, arithmetic=arithmetic)

    # Shapes

    def space(self, *values):
        return np if all(map(is_known, values)) else jnp

    def broadcastable(self, *values):
        return broadcastable(*values)

    def joinable(self, tensors, axis: int):
        first, *others = tensors
        kept_axes = list(range(first.ndim))
        kept_axes.remove(axis)
        for each in kept_axes:
            for place, other in enumerate(others):
                first, other = with_equal_axes(first, each, other, each)
                others[place] = other
        return [first, *others]

    def count(self, n):
        number = concrete(n)
        return super().count(number)

    def sizes(self, shape) -> list[Any]:
        """Returns a shape as a list of ints or symbols, with None for open sizes."""
        if isinstance(shape, jax.Array):
            concrete(shape)
        return [n if n is None else _size(n) for n in shape]

    def shape(self, x):
        x = self.tensor(x)
        dtype = object if has_symbolic_size(x) else np.int64
        return np.array(x.shape, dtype)

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = self.sizes(shape)
        if sizes.count(None) == 1 and -1 not in sizes:
            sizes[sizes.index(None)] = -1
        for axis, size in enumerate(sizes):
            # Several open sizes are those of the same axes of x
            if size is None:
                sizes[axis] = x.shape[axis]
        if inferring() and sizes.count(-1) == 1:
            known_size = -math.prod(sizes)
            (is_open,) = are_open(x.size)
            if is_open and known_size > 0 and x.size % known_size:
                missing = sizes.index(-1)
                sizes[missing] = x.size // known_size
                return jnp.zeros(sizes, x.dtype)
        return x.reshape(sizes)

    def squeeze(self, x, axis):
        x = self.tensor(x)
        axes = tuple(self.axes(x, axis))
        x = single(x, axes)
        return x.squeeze(axes)

    def arange(self, start, stop=None, step=1, dtype: str = "int32"):
        bounds = self.bounds(start, stop, step)
        known = map(concrete, bounds)
        numbers = np.arange(*known)
        return self.constant(numbers.astype(dtype))

    # Values

    def stop_gradient(self, variables):
        x = self.tensor(variables)
        return jax.lax.stop_gradient(x)

    def print_tensor(self, x, message: str = ""):
        def show(value) -> None:
            array = np.asarray(value)
            print(message, array, flush=True)

        x = self.tensor(x)
        jax.debug.callback(show, x)
        return x

    def indexed(self, x, index):
        if not isinstance(index, tuple):
            index = (index,)
        has_tensors = any(isinstance(part, jax.Array) for part in index)
        if isinstance(x, np.ndarray) and not has_tensors:
            return x[index]
        return jnp.asarray(x)[index]

    def abs(self, x):
        x = self.countable(x)
        if is_known(x):
            return np.abs(x)
        is_negative = x < 0
        zero = jnp.zeros((), x.dtype)
        positive = jnp.where(x == 0, zero, x)
        return jnp.where(is_negative, -x, positive)

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
        compare = getattr(jnp, is_first)
        takes_first = compare(x, y)
        is_nan = x != x
        return jnp.where(takes_first | is_nan, x, y)

    def pow(self, x, a):
        if is_int(a) and not is_known(x):
            x = self.countable(x)
            return jax.lax.integer_pow(x, int(a))
        return super().pow(x, a)

    def sqrt(self, x):
        x = self.floats(x)
        zero = jnp.zeros((), x.dtype)
        nonnegative = jnp.where(x < 0, zero, x)
        return jnp.sqrt(nonnegative)

    def clipped(self, x, low, high):
        is_above = x > high
        x = jnp.where(is_above, high, x)
        is_below = x < low
        return jnp.where(is_below, low, x)

    # Linear algebra and lookup

    def matmul(self, x, y):
        x, y, _ = self._factors(x, y)
        return jnp.matmul(x, y)

    def dot(self, x, y):
        x, y, axis = self._factors(x, y)
        if x.ndim == 2 and y.ndim == 2:
            return product(x, y)
        x_axis = x.ndim - 1
        return _summed_product(x, (x_axis,), y, (axis,))

    def _factors(self, x, y):
        """Returns two factors, and the axis of the second one that is summed over."""
        x, y = self.paired(x, y)
        axis = max(y.ndim - 2, 0)
        x, y = with_equal_axes(x, -1, y, axis)
        x = jnp.asarray(x)
        y = jnp.asarray(y)
        return x, y, axis

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
        x, y = with_equal_axes(x, x_axis, y, y_axis)
        x, y = with_equal_axes(x, 0, y, 0)
        x = jnp.asarray(x)
        y = jnp.asarray(y)
        samples = ((0,), (0,))
        result = _summed_product(x, (x_axis,), y, (y_axis,), samples)
        if result.ndim == 1:
            return result[:, None]
        return result

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        if is_known(reference) and is_known(indices):
            return np.take(reference, indices, 0)
        size = reference.shape[0]
        if not jnp.issubdtype(reference.dtype, jnp.inexact):
            last = size - 1
            indices = jnp.clip(indices, 0, last)
            return jnp.take(reference, indices, 0, mode="clip")
        # Negative indices are out of range too, where there are no rows but NaN
        is_negative = indices < 0
        from_start = jnp.where(is_negative, size, indices)
        return jnp.take(reference, from_start, 0, mode="fill", fill_value=np.nan)

    def in_top_k(self, predictions, targets, k):
        scores = self.floats(predictions)
        classes = scores.shape[1]
        last_class = classes - 1
        targets = jnp.asarray(targets).astype(np.int32)
        is_class = (targets >= 0) & (targets < classes)
        places = jnp.clip(targets, 0, last_class)
        columns = places[:, None]
        target_scores = jnp.take_along_axis(scores, columns, 1)
        is_finite = jnp.isfinite(target_scores[:, 0])
        better = jnp.sum(scores > target_scores, 1)
        return is_class & is_finite & (better < k)


FUNCTIONS = JaxFunctions()
"""They have no state: one object is enough."""
