"""The functions of `K` on JAX's own tensors. The contract explains them; the backend
records them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.types import clipping_bounds
from oneiros_jax_support import draws
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.products import product
from oneiros_lazy_graph.pinning import floatx

from oneiros_backend_jax.conversion import (
    CONCRETE,
    floats,
    is_known,
    paired,
    space,
    tensor,
)
from oneiros_backend_jax.trials import fitted, met, trying

T = Any


def _on_floats(fn: Callable[[T], T]) -> Callable[[T], T]:
    return lambda x: fn(floats(x))


def _on_pair(name: str) -> Callable[[T, T], T]:
    def fn(x: T, y: T) -> T:
        x, y = fitted(*paired(x, y))
        return getattr(space(x, y), name)(x, y)

    return fn


def _extreme(name: str, first: str) -> Callable[[T, T], T]:
    """Returns the larger or smaller of a pair; where both are equal, the derivative
    goes to the first."""

    def fn(x: T, y: T) -> T:
        x, y = fitted(*paired(x, y))
        if space(x, y) is np:
            return getattr(np, name)(x, y)
        return jnp.where(getattr(jnp, first)(x, y) | (x != x), x, y)

    return fn


def _on_one(name: str) -> Callable[[T], T]:
    def fn(x: T) -> T:
        x = _countable(x)
        return getattr(space(x), name)(x)

    return fn


def _reduction(name: str, convert: Callable[[T], T] = tensor) -> Callable[..., T]:
    def reduce(x: T, axis: T = None, keepdims: T = False) -> T:
        x = convert(x)
        axes = tuple(axis) if isinstance(axis, (list, tuple)) else axis
        result = getattr(space(x), name)(x, axis=axes, keepdims=bool(keepdims))
        return result if result.dtype == bool else result.astype(x.dtype)

    return reduce


def _countable(x: T) -> T:
    x = tensor(x)
    return x.astype(np.int32) if x.dtype == bool else x


def _truth(x: T) -> T:
    return tensor(x).astype(bool)


def _known(n: T) -> T:
    if not isinstance(n, CONCRETE):
        raise ArgumentError(
            "A shape depends on the values of a tensor, which JAX can't compile. "
            "Derive it from other shapes."
        )
    return np.asarray(n)[()]


def _size(n: T) -> int:
    return int(_known(n))


def _sizes(shape: T) -> list[T]:
    if isinstance(shape, jax.Array):
        _known(shape)
    return [n if n is None else _size(n) for n in shape]


def _aligned(tensors: list[T], axis: int) -> list[T]:
    """Returns tensors that are joined along an axis; in a trial, open sizes of the
    others take known ones."""
    for other in range(tensors[0].ndim):
        if other != axis % tensors[0].ndim:
            for place in range(1, len(tensors)):
                tensors[0], tensors[place] = met(
                    tensors[0], other, tensors[place], other
                )
    return tensors


def _listed(axes: T) -> tuple[int, ...]:
    return tuple(map(int, axes)) if isinstance(axes, (list, tuple)) else (int(axes),)


class Operations:
    """Plain functions, by their names in the contract."""

    # Tensors

    @staticmethod
    def shape(x: T) -> T:
        return np.array(jnp.shape(x), np.int64)

    @staticmethod
    def to_dense(tensor: T) -> T:
        return tensor

    @staticmethod
    def stop_gradient(variables: T) -> T:
        return jax.lax.stop_gradient(variables)

    @staticmethod
    def print_tensor(x: T, message: str = "") -> T:
        jax.debug.callback(
            lambda value: print(message, np.asarray(value), flush=True), x
        )
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
        start, stop = (0, start) if stop is None else (start, stop)
        start, stop, step = map(_known, (start, stop, step))
        values = np.arange(start, stop, step).astype(dtype)
        return values if is_known(values) else jnp.asarray(values)

    # Linear algebra and lookup

    @staticmethod
    def dot(x: T, y: T) -> T:
        x, y = paired(x, y)
        axis = max(y.ndim - 2, 0)
        x, y = met(x, -1, y, axis)
        if x.ndim == 2 and y.ndim == 2:
            return product(jnp.asarray(x), jnp.asarray(y))
        return jax.lax.dot_general(
            jnp.asarray(x), jnp.asarray(y), (((x.ndim - 1,), (axis,)), ((), ()))
        )

    @staticmethod
    def batch_dot(x: T, y: T, axes: T = None) -> T:
        x, y = paired(x, y)
        if x.ndim < 2 or y.ndim < 2:
            raise ArgumentError(
                f"batch_dot takes ranks of 2 or more, not shapes {x.shape} and "
                f"{y.shape}."
            )
        if axes is None:
            axes = (x.ndim - 1, max(y.ndim - 2, 1))
        first, second = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        first, second = first % x.ndim, second % y.ndim
        if not first or not second:
            raise ArgumentError(
                f"batch_dot can't sum over axis 0, the batch; it received "
                f"axes={axes!r}."
            )
        x, y = met(jnp.asarray(x), first, jnp.asarray(y), second)
        x, y = met(x, 0, y, 0)
        product = jax.lax.dot_general(x, y, (((first,), (second,)), ((0,), (0,))))
        return product if product.ndim > 1 else product[:, None]

    @staticmethod
    def transpose(x: T) -> T:
        return tensor(x).T

    @staticmethod
    def gather(reference: T, indices: T) -> T:
        reference, indices = tensor(reference), tensor(indices)
        if indices.dtype.kind not in "iu":
            indices = indices.astype(np.int32)
        if is_known(reference) and is_known(indices):
            return np.take(reference, indices, 0)
        size = reference.shape[0]
        if jnp.issubdtype(reference.dtype, jnp.inexact):
            outside = jnp.where(indices < 0, size, indices)
            return jnp.take(reference, outside, 0, mode="fill", fill_value=np.nan)
        return jnp.take(reference, jnp.clip(indices, 0, size - 1), 0, mode="clip")

    @staticmethod
    def in_top_k(predictions: T, targets: T, k: T) -> T:
        scores, targets = floats(predictions), jnp.asarray(targets).astype(np.int32)
        inside = (targets >= 0) & (targets < scores.shape[1])
        own = jnp.take_along_axis(
            scores, jnp.clip(targets, 0, scores.shape[1] - 1)[:, None], 1
        )
        better = jnp.sum(scores > own, 1)
        return inside & jnp.isfinite(own[:, 0]) & (better < k)

    # Element by element

    @staticmethod
    def abs(x: T) -> T:
        x = _countable(x)
        if is_known(x):
            return np.abs(x)
        return jnp.where(x < 0, -x, jnp.where(x == 0, jnp.zeros((), x.dtype), x))

    sign = staticmethod(_on_one("sign"))
    round = staticmethod(_on_one("round"))
    exp = staticmethod(_on_floats(jnp.exp))
    log = staticmethod(_on_floats(jnp.log))
    sin = staticmethod(_on_floats(jnp.sin))
    cos = staticmethod(_on_floats(jnp.cos))
    sigmoid = staticmethod(_on_floats(jax.nn.sigmoid))
    tanh = staticmethod(_on_floats(jnp.tanh))
    softplus = staticmethod(_on_floats(jax.nn.softplus))
    maximum = staticmethod(_extreme("maximum", "greater_equal"))
    minimum = staticmethod(_extreme("minimum", "less_equal"))
    equal = staticmethod(_on_pair("equal"))
    not_equal = staticmethod(_on_pair("not_equal"))
    greater = staticmethod(_on_pair("greater"))
    greater_equal = staticmethod(_on_pair("greater_equal"))
    lesser = staticmethod(_on_pair("less"))
    lesser_equal = staticmethod(_on_pair("less_equal"))

    @staticmethod
    def pow(x: T, a: T) -> T:
        if isinstance(a, int) and not is_known(x):
            return jax.lax.integer_pow(_countable(x), a)
        x, a = paired(x, a)
        return space(x, a).power(x, a)

    @staticmethod
    def sqrt(x: T) -> T:
        x = floats(x)
        return jnp.sqrt(jnp.where(x < 0, jnp.zeros((), x.dtype), x))

    @staticmethod
    def clip(x: T, min_value: T, max_value: T) -> T:
        given = [bound for bound in (min_value, max_value) if bound is not None]
        bounds = clipping_bounds(min_value, max_value, paired(x, *given)[0].dtype)
        x, low, high = fitted(*paired(x, *bounds))
        x = jnp.where(x > high, high, x)
        return jnp.where(x < low, low, x)

    @staticmethod
    def cast(x: T, dtype: T) -> T:
        x, dtype = tensor(x), np.dtype(dtype)
        return x.astype(dtype) if dtype.kind in "biu" else jnp.asarray(x, dtype)

    @staticmethod
    def switch(condition: T, then_expression: T, else_expression: T) -> T:
        chosen = fitted(
            _truth(condition),
            *paired(then_expression, else_expression, arithmetic=False),
        )
        return space(*chosen).where(*chosen)

    @staticmethod
    def softmax(x: T) -> T:
        x = floats(x)
        if x.ndim not in (2, 3):
            raise ArgumentError(
                f"softmax takes a 2D or 3D tensor, not one of shape {tuple(x.shape)}."
            )
        return jax.nn.softmax(x)

    @staticmethod
    def relu(x: T, alpha: T = 0.0, max_value: T = None) -> T:
        x = floats(x)
        result = jax.nn.relu(x)
        if max_value is not None:
            result = Operations.clip(result, 0, max_value)
        if not isinstance(alpha, CONCRETE) or np.any(alpha != 0):
            result = result - jnp.asarray(alpha, x.dtype) * jax.nn.relu(-x)
        return result

    # Reductions

    max = staticmethod(_reduction("max"))
    min = staticmethod(_reduction("min"))
    sum = staticmethod(_reduction("sum", _countable))
    prod = staticmethod(_reduction("prod", _countable))
    mean = staticmethod(_reduction("mean", floats))
    any = staticmethod(_reduction("any", _truth))
    all = staticmethod(_reduction("all", _truth))

    @staticmethod
    def argmax(x: T, axis: T = -1) -> T:
        return jnp.argmax(jnp.asarray(tensor(x)), axis)

    @staticmethod
    def argmin(x: T, axis: T = -1) -> T:
        return jnp.argmin(jnp.asarray(tensor(x)), axis)

    # Shapes

    @staticmethod
    def reshape(x: T, shape: T) -> T:
        x, sizes = tensor(x), _sizes(shape)
        if None in sizes:
            free = sizes.count(None) == 1 and -1 not in sizes
            sizes = [
                n if n is not None else -1 if free else x.shape[i]
                for i, n in enumerate(sizes)
            ]
        if trying() and -1 in sizes:
            known = -math.prod(sizes)
            if known > 0 and x.size % known:
                return jnp.zeros(
                    [x.size // known if n == -1 else n for n in sizes], x.dtype
                )
        return x.reshape(sizes)

    @staticmethod
    def permute_dimensions(x: T, pattern: T) -> T:
        x = tensor(x)
        return space(x).transpose(x, _sizes(pattern))

    @staticmethod
    def concatenate(tensors: T, axis: T = -1) -> T:
        tensors = _aligned(paired(*tensors, arithmetic=False), axis)
        return space(*tensors).concatenate(tensors, axis)

    @staticmethod
    def stack(x: T) -> T:
        x = fitted(*paired(*x, arithmetic=False))
        return space(*x).stack(x)

    @staticmethod
    def repeat_elements(x: T, rep: T, axis: T) -> T:
        x = tensor(x)
        return space(x).repeat(x, _size(rep), axis)

    @staticmethod
    def tile(x: T, n: T) -> T:
        x = tensor(x)
        return space(x).tile(
            x, [1] * (x.ndim - 1) + [n] if isinstance(n, int) else _sizes(n)
        )

    @staticmethod
    def expand_dims(x: T, dim: T = -1) -> T:
        x = tensor(x)
        return space(x).expand_dims(x, dim)

    @staticmethod
    def squeeze(x: T, axis: T) -> T:
        return tensor(x).squeeze(_listed(axis))

    @staticmethod
    def reverse(x: T, axes: T) -> T:
        x = tensor(x)
        return space(x).flip(x, _listed(axes))

    @staticmethod
    def one_hot(indices: T, nb_classes: T) -> T:
        indices = jnp.asarray(indices).astype(np.int32)
        return (
            indices[..., None] == np.arange(_size(nb_classes), dtype=np.int32)
        ).astype(floatx())


class RandomFunctions:
    """Random functions of a key, which a recorded stream supplies."""

    @staticmethod
    def random_uniform(key: T, shape: T, low: T, high: T, dtype: str) -> T:
        low, high = jnp.asarray(low, dtype), jnp.asarray(high, dtype)
        return (
            draws.uniform(jnp, key[0], key[1], tuple(_sizes(shape)), dtype)
            * (high - low)
            + low
        )

    @staticmethod
    def random_normal(key: T, shape: T, mean: T, std: T, dtype: str) -> T:
        found = draws.normal(
            jnp, jax.scipy.special.erfinv, key[0], key[1], tuple(_sizes(shape)), dtype
        )
        return found * jnp.asarray(std, dtype) + jnp.asarray(mean, dtype)

    @staticmethod
    def random_binomial(key: T, shape: T, p: T, dtype: str) -> T:
        found = draws.uniform(jnp, key[0], key[1], tuple(_sizes(shape)), "float32")
        return (found < jnp.asarray(p, np.float32)).astype(dtype)


def _divided(x: T, y: T) -> T:
    x, y = fitted(*paired(x, y))
    return jnp.divide(floats(x), floats(y))


def _indexed(x: T, index: T) -> T:
    parts = index if isinstance(index, tuple) else (index,)
    known = isinstance(x, np.ndarray) and not any(
        isinstance(part, jax.Array) for part in parts
    )
    return x[index] if known else jnp.asarray(x)[index]


def _on_truths(fn: Callable[..., T]) -> Callable[..., T]:
    return lambda *values: fn(*fitted(*map(_truth, values)))


OPERATORS: dict[str, Callable[..., T]] = {
    "add": _on_pair("add"),
    "sub": _on_pair("subtract"),
    "mul": _on_pair("multiply"),
    "truediv": _divided,
    "floordiv": _on_pair("floor_divide"),
    "mod": _on_pair("mod"),
    "pow": Operations.pow,
    "matmul": _on_pair("matmul"),
    "and": _on_truths(lambda x, y: x & y),
    "or": _on_truths(lambda x, y: x | y),
    "xor": _on_truths(lambda x, y: x ^ y),
    "invert": _on_truths(lambda x: ~x),
    "neg": _on_one("negative"),
    "abs": Operations.abs,
    "lt": Operations.lesser,
    "le": Operations.lesser_equal,
    "gt": Operations.greater,
    "ge": Operations.greater_equal,
    "getitem": _indexed,
}
"""What stands behind Python's operators on tensors."""
