"""The functions of `K` on JAX's own tensors.

The contract explains them, and the backend records them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.operands import (
    axes_of,
    axis_of,
    batch_dot_axes,
    check_softmax_rank,
    order_of,
)
from oneiros_backend_toolkit.types import clipping_bounds
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.products import product
from oneiros_jax_support.symbolic_sizes import (
    computed_sizes,
    has_symbolic_size,
    is_symbolic,
)

from oneiros_backend_jax.shape_inference import (
    are_open,
    broadcastable,
    inferring,
    single,
    with_equal_axes,
)
from oneiros_backend_jax.type_promotion import (
    CONCRETE,
    countable,
    floats,
    indices_of,
    is_known,
    paired,
    space,
    tensor,
    truth,
)

T = Any


def _on_floats(fn: Callable[[T], T]) -> T:
    """Makes a function of a tensor of floats one of `K`."""

    def function(x: T) -> T:
        return fn(floats(x))

    return staticmethod(function)


def _on_number(name: str) -> T:
    """Makes a function that NumPy and JAX have by one name one of `K`."""

    def function(x: T) -> T:
        x = countable(x)
        return getattr(space(x), name)(x)

    return staticmethod(function)


def on_pair(name: str) -> Callable[[T, T], T]:
    """Returns a function of two tensors that NumPy and JAX have by one name."""

    def function(x: T, y: T) -> T:
        x, y = broadcastable(*paired(x, y))
        return getattr(space(x, y), name)(x, y)

    return function


def _comparison(name: str) -> T:
    return staticmethod(on_pair(name))


def _extreme(name: str, is_first: str) -> T:
    """Makes a function of `K` of JAX's maximum or minimum of a pair.

    If both are equal, the first one receives the derivative.
    """

    def function(x: T, y: T) -> T:
        x, y = broadcastable(*paired(x, y))
        if space(x, y) is np:
            return getattr(np, name)(x, y)
        takes_first = getattr(jnp, is_first)(x, y)
        is_nan = x != x
        return jnp.where(takes_first | is_nan, x, y)

    return staticmethod(function)


def _reduction(name: str, convert: Callable[[T], T] = tensor) -> T:
    """Makes a reduction that NumPy and JAX have by one name one of `K`."""

    def function(x: T, axis: T = None, keepdims: T = False) -> T:
        x = convert(x)
        axes = None if axis is None else tuple(axes_of(name, axis, x.ndim))
        result = getattr(space(x), name)(x, axis=axes, keepdims=bool(keepdims))
        return result if result.dtype == bool else result.astype(x.dtype)

    return staticmethod(function)


def _as_tensor(x: T) -> T:
    return tensor(x)


def _concrete(n: T) -> T:
    """Returns a number or array that must be known while a function is traced."""
    if isinstance(n, jax.Array):
        raise ArgumentError(
            "A shape depends on the values of a tensor, which JAX can't compile. "
            "Derive it from other shapes."
        )
    if not isinstance(n, CONCRETE) and not is_symbolic(n):
        raise TypeError(f"{n!r:.60} isn't a number")
    return np.asarray(n)[()]


def sizes_of(shape: T) -> list[T]:
    """Returns a shape as a list of ints or symbols, with None for open sizes."""
    if isinstance(shape, jax.Array):
        _concrete(shape)
    sizes = [n if n is None else _concrete(n) for n in shape]
    return [n if n is None or is_symbolic(n) else int(n) for n in sizes]


def _aligned(tensors: list[T], axis: int) -> list[T]:
    """Returns tensors that can be joined along an axis.

    Open sizes on the other axes become the known ones.
    """
    first, *others = tensors
    joined = axis % first.ndim
    for other_axis in range(first.ndim):
        if other_axis == joined:
            continue
        for place, other in enumerate(others):
            first, others[place] = with_equal_axes(first, other_axis, other, other_axis)
    return [first, *others]


def _bounded(x: T, max_value: T) -> T:
    return x if max_value is None else Operations.clip(x, 0, max_value)


class Operations:
    """Functions of JAX's tensors, by their names in the contract."""

    # Tensors

    @staticmethod
    def shape(x: T) -> T:
        x = tensor(x)
        return np.array(x.shape, object if has_symbolic_size(x) else np.int64)

    @staticmethod
    def to_dense(tensor: T) -> T:
        return _as_tensor(tensor)

    @staticmethod
    def stop_gradient(variables: T) -> T:
        return jax.lax.stop_gradient(tensor(variables))

    @staticmethod
    def print_tensor(x: T, message: str = "") -> T:
        def show(value: T) -> None:
            print(message, np.asarray(value), flush=True)

        x = tensor(x)
        jax.debug.callback(show, x)
        return x

    @staticmethod
    def zeros_like(x: T, dtype: T = None, name: T = None) -> T:
        x = tensor(x)
        return jnp.zeros(x.shape, dtype or x.dtype)

    @staticmethod
    def ones_like(x: T, dtype: T = None, name: T = None) -> T:
        x = tensor(x)
        return jnp.ones(x.shape, dtype or x.dtype)

    @staticmethod
    def arange(start: T, stop: T = None, step: T = 1, dtype: T = "int32") -> T:
        if stop is None:
            stop = start
            start = 0
        numbers = np.arange(_concrete(start), _concrete(stop), _concrete(step)).astype(
            dtype
        )
        return numbers if is_known(numbers) else jnp.asarray(numbers)

    # Linear algebra and lookup

    @staticmethod
    def dot(x: T, y: T) -> T:
        x, y = paired(x, y)
        axis = max(y.ndim - 2, 0)
        x, y = with_equal_axes(x, -1, y, axis)
        x = jnp.asarray(x)
        y = jnp.asarray(y)
        if x.ndim == 2 and y.ndim == 2:
            return product(x, y)
        summed = ((x.ndim - 1,), (axis,))
        return jax.lax.dot_general(x, y, (summed, ((), ())))

    @staticmethod
    def batch_dot(x: T, y: T, axes: T = None) -> T:
        x, y = paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
        x, y = with_equal_axes(jnp.asarray(x), x_axis, jnp.asarray(y), y_axis)
        x, y = with_equal_axes(x, 0, y, 0)
        summed = ((x_axis,), (y_axis,))
        samples = ((0,), (0,))
        result = jax.lax.dot_general(x, y, (summed, samples))
        return result if result.ndim > 1 else result[:, None]

    @staticmethod
    def transpose(x: T) -> T:
        return tensor(x).T

    @staticmethod
    def gather(reference: T, indices: T) -> T:
        reference = tensor(reference)
        indices = indices_of(indices)
        if is_known(reference) and is_known(indices):
            return np.take(reference, indices, 0)
        size = reference.shape[0]
        if not jnp.issubdtype(reference.dtype, jnp.inexact):
            indices = jnp.clip(indices, 0, size - 1)
            return jnp.take(reference, indices, 0, mode="clip")
        # Negative indices are out of range too, where there are no rows but NaN
        from_start = jnp.where(indices < 0, size, indices)
        return jnp.take(reference, from_start, 0, mode="fill", fill_value=np.nan)

    @staticmethod
    def in_top_k(predictions: T, targets: T, k: T) -> T:
        scores = floats(predictions)
        classes = scores.shape[1]
        targets = jnp.asarray(targets).astype(np.int32)
        is_class = (targets >= 0) & (targets < classes)
        places = jnp.clip(targets, 0, classes - 1)[:, None]
        target_scores = jnp.take_along_axis(scores, places, 1)
        better = jnp.sum(scores > target_scores, 1)
        return is_class & jnp.isfinite(target_scores[:, 0]) & (better < k)

    # Element by element

    @staticmethod
    def abs(x: T) -> T:
        x = countable(x)
        if is_known(x):
            return np.abs(x)
        zero = jnp.zeros((), x.dtype)
        positive = jnp.where(x == 0, zero, x)
        return jnp.where(x < 0, -x, positive)

    sign = _on_number("sign")
    round = _on_number("round")
    exp = _on_floats(jnp.exp)
    log = _on_floats(jnp.log)
    sin = _on_floats(jnp.sin)
    cos = _on_floats(jnp.cos)
    sigmoid = _on_floats(jax.nn.sigmoid)
    tanh = _on_floats(jnp.tanh)
    softplus = _on_floats(jax.nn.softplus)
    maximum = _extreme("maximum", "greater_equal")
    minimum = _extreme("minimum", "less_equal")
    equal = _comparison("equal")
    not_equal = _comparison("not_equal")
    greater = _comparison("greater")
    greater_equal = _comparison("greater_equal")
    lesser = _comparison("less")
    lesser_equal = _comparison("less_equal")

    @staticmethod
    def pow(x: T, a: T) -> T:
        if is_int(a) and not is_known(x):
            return jax.lax.integer_pow(countable(x), int(a))
        x, a = paired(x, a)
        return space(x, a).power(x, a)

    @staticmethod
    def sqrt(x: T) -> T:
        x = floats(x)
        zero = jnp.zeros((), x.dtype)
        return jnp.sqrt(jnp.where(x < 0, zero, x))

    @staticmethod
    def clip(x: T, min_value: T, max_value: T) -> T:
        bounds = [bound for bound in (min_value, max_value) if bound is not None]
        dtype = paired(x, *bounds)[0].dtype
        low_and_high = clipping_bounds(min_value, max_value, dtype)
        x, low, high = broadcastable(*paired(x, *low_and_high))
        x = jnp.where(x > high, high, x)
        return jnp.where(x < low, low, x)

    @staticmethod
    def cast(x: T, dtype: T) -> T:
        x = computed_sizes(tensor(x))
        dtype = np.dtype(dtype)
        return x.astype(dtype) if dtype.kind in "biu" else jnp.asarray(x, dtype)

    @staticmethod
    def switch(condition: T, then_expression: T, else_expression: T) -> T:
        branches = paired(then_expression, else_expression, arithmetic=False)
        condition, chosen, other = broadcastable(truth(condition), *branches)
        return space(condition, chosen, other).where(condition, chosen, other)

    @staticmethod
    def softmax(x: T) -> T:
        x = floats(x)
        check_softmax_rank(x.shape)
        return jax.nn.softmax(x)

    @staticmethod
    def relu(x: T, alpha: T = 0.0, max_value: T = None) -> T:
        is_leaky = not isinstance(alpha, CONCRETE) or np.any(alpha != 0)
        if not is_leaky:
            return _bounded(jax.nn.relu(countable(x)), max_value)
        x, slope = paired(x, alpha)
        positive = _bounded(jax.nn.relu(x), max_value)
        if x.dtype.kind == "u":
            return positive
        return positive - slope * jax.nn.relu(-x)

    # Reductions

    max = _reduction("max")
    min = _reduction("min")
    sum = _reduction("sum", countable)
    prod = _reduction("prod", countable)
    mean = _reduction("mean", floats)
    any = _reduction("any", truth)
    all = _reduction("all", truth)

    @staticmethod
    def argmax(x: T, axis: T = -1) -> T:
        x = jnp.asarray(tensor(x))
        return jnp.argmax(x, axis_of("argmax", axis, x.ndim))

    @staticmethod
    def argmin(x: T, axis: T = -1) -> T:
        x = jnp.asarray(tensor(x))
        return jnp.argmin(x, axis_of("argmin", axis, x.ndim))

    # Shapes

    @staticmethod
    def reshape(x: T, shape: T) -> T:
        x = tensor(x)
        sizes = sizes_of(shape)
        if sizes.count(None) == 1 and -1 not in sizes:
            sizes = [-1 if n is None else n for n in sizes]
        # Several open sizes are those of the same axes of x
        sizes = [x.shape[i] if n is None else n for i, n in enumerate(sizes)]
        if inferring() and sizes.count(-1) == 1:
            known_size = -math.prod(sizes)
            (is_open,) = are_open(x.size)
            if is_open and known_size > 0 and x.size % known_size:
                shape = [x.size // known_size if n == -1 else n for n in sizes]
                return jnp.zeros(shape, x.dtype)
        return x.reshape(sizes)

    @staticmethod
    def permute_dimensions(x: T, pattern: T) -> T:
        x = tensor(x)
        return space(x).transpose(x, order_of(pattern, x.ndim))

    @staticmethod
    def concatenate(tensors: T, axis: T = -1) -> T:
        tensors = paired(*tensors, arithmetic=False)
        axis = axis_of("concatenate", axis, tensors[0].ndim)
        tensors = _aligned(tensors, axis)
        return space(*tensors).concatenate(tensors, axis)

    @staticmethod
    def stack(x: T) -> T:
        tensors = broadcastable(*paired(*x, arithmetic=False))
        return space(*tensors).stack(tensors)

    @staticmethod
    def repeat_elements(x: T, rep: T, axis: T) -> T:
        x = tensor(x)
        axis = axis_of("repeat_elements", axis, x.ndim)
        return space(x).repeat(x, int(_concrete(rep)), axis)

    @staticmethod
    def tile(x: T, n: T) -> T:
        x = tensor(x)
        if is_int(n):
            return space(x).tile(x, [1] * (x.ndim - 1) + [int(n)])
        return space(x).tile(x, sizes_of(n))

    @staticmethod
    def expand_dims(x: T, dim: T = -1) -> T:
        x = tensor(x)
        return space(x).expand_dims(x, axis_of("expand_dims", dim, x.ndim, new=1))

    @staticmethod
    def squeeze(x: T, axis: T) -> T:
        x = tensor(x)
        axes = tuple(axes_of("squeeze", axis, x.ndim))
        return single(x, axes).squeeze(axes)

    @staticmethod
    def reverse(x: T, axes: T) -> T:
        x = tensor(x)
        return space(x).flip(x, axes_of("reverse", axes, x.ndim))

    @staticmethod
    def one_hot(indices: T, nb_classes: T) -> T:
        indices = jnp.asarray(indices).astype(np.int32)
        classes = np.arange(int(_concrete(nb_classes)), dtype=np.int32)
        return (indices[..., None] == classes).astype(floatx())
