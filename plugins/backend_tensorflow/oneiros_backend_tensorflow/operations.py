"""The functions of `K` on TensorFlow's own tensors. The contract explains them; the
backend records them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError
from oneiros_lazy_graph.pinning import floatx

from oneiros_backend_tensorflow.conversion import floats, paired, tensor
from oneiros_backend_tensorflow.products import product
from oneiros_backend_tensorflow.quiet import tf

T = Any


def _on_floats(fn: Callable[[T], T]) -> Callable[[T], T]:
    return lambda x: fn(floats(x))


def _on_pair(fn: Callable[[T, T], T]) -> Callable[[T, T], T]:
    return lambda x, y: fn(*paired(x, y))


def _reduction(
    fn: Callable[..., T], convert: Callable[[T], T] = tensor
) -> Callable[..., T]:
    return lambda x, axis=None, keepdims=False: fn(convert(x), axis, keepdims)


def _countable(x: T) -> T:
    x = tensor(x)
    return tf.cast(x, tf.int32) if x.dtype == tf.bool else x


def _truth(x: T) -> T:
    return tf.cast(tensor(x), tf.bool)


def _sizes(shape: T) -> T:
    if tf.is_tensor(shape):
        return shape
    return [int(n) if isinstance(n, (int, np.integer)) else n for n in shape]


def _listed(axes: T) -> list[int]:
    return list(axes) if isinstance(axes, (list, tuple)) else [axes]


class Operations:
    """Plain functions, by their names in the contract."""

    # Tensors

    shape = staticmethod(tf.shape)
    to_dense = staticmethod(tf.identity)
    stop_gradient = staticmethod(tf.stop_gradient)

    @staticmethod
    def print_tensor(x: T, message: str = "") -> T:
        with tf.control_dependencies([tf.print(message, x, summarize=-1)]):
            return tf.identity(x)

    @staticmethod
    def zeros_like(x: T, dtype: T = None, name: T = None) -> T:
        return tf.zeros_like(tensor(x), dtype)

    @staticmethod
    def ones_like(x: T, dtype: T = None, name: T = None) -> T:
        return tf.ones_like(tensor(x), dtype)

    @staticmethod
    def arange(start: T, stop: T = None, step: T = 1, dtype: T = "int32") -> T:
        start, stop = (0, start) if stop is None else (start, stop)
        return tf.cast(tf.range(*paired(start, stop, step)), dtype)

    # Linear algebra and lookup

    @staticmethod
    def dot(x: T, y: T) -> T:
        x, y = paired(x, y)
        if x.shape.rank == 2 and y.shape.rank == 2:
            return product(x, y)
        return tf.tensordot(x, y, [[x.shape.rank - 1], [max(y.shape.rank - 2, 0)]])

    @staticmethod
    def batch_dot(x: T, y: T, axes: T = None) -> T:
        x, y = paired(x, y)
        if x.shape.rank < 2 or y.shape.rank < 2:
            raise ArgumentError(
                f"batch_dot takes ranks of 2 or more, not shapes {x.shape} and "
                f"{y.shape}."
            )
        if axes is None:
            axes = (x.shape.rank - 1, max(y.shape.rank - 2, 1))
        first, second = axes if isinstance(axes, (list, tuple)) else (axes, axes)
        first, second = first % x.shape.rank, second % y.shape.rank
        if not first or not second:
            raise ArgumentError(
                f"batch_dot can't sum over axis 0, the batch; it received "
                f"axes={axes!r}."
            )
        left, right = list("abcdefg"[: x.shape.rank]), list("ahijklm"[: y.shape.rank])
        right[second] = left[first]
        kept = [n for n in left + right[1:] if n != left[first]]
        product = tf.einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x, y)
        return product if len(kept) > 1 else tf.expand_dims(product, 1)

    @staticmethod
    def transpose(x: T) -> T:
        return tf.transpose(tensor(x))

    @staticmethod
    def gather(reference: T, indices: T) -> T:
        reference, indices = tensor(reference), tensor(indices)
        if not indices.dtype.is_integer:
            indices = tf.cast(indices, tf.int32)
        rows = tf.gather(reference, indices)
        if not rows.dtype.is_floating:
            return rows
        # An index out of range is an error on the CPU, but XLA would silently take the
        # nearest row.
        inside = (indices >= 0) & (indices < tf.shape(reference, indices.dtype)[0])
        inside = tf.reshape(
            inside, tf.concat([tf.shape(indices), [1] * (reference.shape.rank - 1)], 0)
        )
        return tf.where(inside, rows, tf.constant(np.nan, rows.dtype))

    @staticmethod
    def in_top_k(predictions: T, targets: T, k: T) -> T:
        scores = tf.cast(tensor(predictions), tf.float32)
        return tf.math.in_top_k(tf.cast(tensor(targets), tf.int32), scores, k)

    # Element by element

    abs = staticmethod(tf.abs)
    sign = staticmethod(tf.sign)
    round = staticmethod(tf.round)
    exp = staticmethod(_on_floats(tf.exp))
    log = staticmethod(_on_floats(tf.math.log))
    sin = staticmethod(_on_floats(tf.sin))
    cos = staticmethod(_on_floats(tf.cos))
    sigmoid = staticmethod(_on_floats(tf.sigmoid))
    tanh = staticmethod(_on_floats(tf.tanh))
    softplus = staticmethod(_on_floats(tf.math.softplus))
    pow = staticmethod(_on_pair(tf.pow))
    maximum = staticmethod(_on_pair(tf.maximum))
    minimum = staticmethod(_on_pair(tf.minimum))
    equal = staticmethod(_on_pair(tf.equal))
    not_equal = staticmethod(_on_pair(tf.not_equal))
    greater = staticmethod(_on_pair(tf.greater))
    greater_equal = staticmethod(_on_pair(tf.greater_equal))
    lesser = staticmethod(_on_pair(tf.less))
    lesser_equal = staticmethod(_on_pair(tf.less_equal))

    @staticmethod
    def sqrt(x: T) -> T:
        x = floats(x)
        return tf.sqrt(tf.maximum(x, tf.constant(0, x.dtype)))

    @staticmethod
    def clip(x: T, min_value: T, max_value: T) -> T:
        x, low, high = paired(
            x,
            -np.inf if min_value is None else min_value,
            np.inf if max_value is None else max_value,
        )
        return tf.clip_by_value(x, low, tf.maximum(low, high))

    @staticmethod
    def cast(x: T, dtype: T) -> T:
        return tf.cast(x, dtype)

    @staticmethod
    def switch(condition: T, then_expression: T, else_expression: T) -> T:
        return tf.where(_truth(condition), *paired(then_expression, else_expression))

    @staticmethod
    def softmax(x: T) -> T:
        x = floats(x)
        if x.shape.rank == 2:
            return tf.nn.softmax(x)
        if x.shape.rank == 3:
            powers = tf.exp(x - tf.reduce_max(x, axis=-1, keepdims=True))
            return powers / tf.reduce_sum(powers, axis=-1, keepdims=True)
        raise ArgumentError(
            f"softmax takes a 2D or 3D tensor, not one of shape {tuple(x.shape)}."
        )

    @staticmethod
    def relu(x: T, alpha: T = 0.0, max_value: T = None) -> T:
        x = floats(x)
        result = tf.nn.relu(x)
        if max_value is not None:
            result = Operations.clip(result, 0, max_value)
        if tf.is_tensor(alpha) or alpha != 0:
            result -= tf.cast(tensor(alpha), x.dtype) * tf.nn.relu(-x)
        return result

    # Reductions

    max = staticmethod(_reduction(tf.reduce_max))
    min = staticmethod(_reduction(tf.reduce_min))
    sum = staticmethod(_reduction(tf.reduce_sum, _countable))
    prod = staticmethod(_reduction(tf.reduce_prod, _countable))
    mean = staticmethod(_reduction(tf.reduce_mean, floats))
    any = staticmethod(_reduction(tf.reduce_any, _truth))
    all = staticmethod(_reduction(tf.reduce_all, _truth))

    @staticmethod
    def argmax(x: T, axis: T = -1) -> T:
        return tf.argmax(tensor(x), axis)

    @staticmethod
    def argmin(x: T, axis: T = -1) -> T:
        return tf.argmin(tensor(x), axis)

    # Shapes

    @staticmethod
    def reshape(x: T, shape: T) -> T:
        x, sizes = tensor(x), _sizes(shape)
        if not tf.is_tensor(sizes) and None in sizes:
            free = sizes.count(None) == 1 and -1 not in [
                n for n in sizes if isinstance(n, int)
            ]
            sizes = [
                n if n is not None else -1 if free else tf.shape(x)[i]
                for i, n in enumerate(sizes)
            ]
        return tf.reshape(x, sizes)

    @staticmethod
    def permute_dimensions(x: T, pattern: T) -> T:
        return tf.transpose(tensor(x), _sizes(pattern))

    @staticmethod
    def concatenate(tensors: T, axis: T = -1) -> T:
        return tf.concat(paired(*tensors), axis)

    @staticmethod
    def stack(x: T) -> T:
        return tf.stack(paired(*x))

    @staticmethod
    def repeat_elements(x: T, rep: T, axis: T) -> T:
        x = tensor(x)
        sizes = x.shape.as_list()
        sizes[axis] = sizes[axis] and sizes[axis] * rep
        return tf.ensure_shape(tf.repeat(x, rep, axis), sizes)

    @staticmethod
    def tile(x: T, n: T) -> T:
        x = tensor(x)
        return tf.tile(
            x, [1] * (x.shape.rank - 1) + [n] if isinstance(n, int) else _sizes(n)
        )

    @staticmethod
    def expand_dims(x: T, dim: T = -1) -> T:
        return tf.expand_dims(tensor(x), dim)

    @staticmethod
    def squeeze(x: T, axis: T) -> T:
        return tf.squeeze(tensor(x), _listed(axis))

    @staticmethod
    def reverse(x: T, axes: T) -> T:
        return tf.reverse(tensor(x), _listed(axes))

    @staticmethod
    def one_hot(indices: T, nb_classes: T) -> T:
        return tf.one_hot(
            tf.cast(tensor(indices), tf.int32), nb_classes, dtype=floatx()
        )


class RandomFunctions:
    """Random functions of a key, which a recorded stream supplies."""

    @staticmethod
    def random_uniform(key: T, shape: T, low: T, high: T, dtype: str) -> T:
        draws = tf.random.stateless_uniform(
            _sizes(shape), key, dtype=dtype, alg="philox"
        )
        low, high = tf.cast(low, dtype), tf.cast(high, dtype)
        return draws * (high - low) + low

    @staticmethod
    def random_normal(key: T, shape: T, mean: T, std: T, dtype: str) -> T:
        draws = tf.random.stateless_normal(
            _sizes(shape), key, dtype=dtype, alg="philox"
        )
        return draws * tf.cast(std, dtype) + tf.cast(mean, dtype)

    @staticmethod
    def random_binomial(key: T, shape: T, p: T, dtype: str) -> T:
        draws = tf.random.stateless_uniform(_sizes(shape), key, alg="philox")
        return tf.cast(draws < tf.cast(p, draws.dtype), dtype)


def _divided(fn: Callable[[T, T], T]) -> Callable[[T, T], T]:
    def divided(x: T, y: T) -> T:
        x, y = paired(x, y)
        return fn(floats(x), floats(y))

    return divided


def _indexed(x: T, index: T) -> T:
    return x[index]


OPERATORS: dict[str, Callable[..., T]] = {
    "add": _on_pair(tf.add),
    "sub": _on_pair(tf.subtract),
    "mul": _on_pair(tf.multiply),
    "truediv": _divided(tf.divide),
    "floordiv": _on_pair(tf.math.floordiv),
    "mod": _on_pair(tf.math.floormod),
    "pow": Operations.pow,
    "matmul": _on_pair(tf.matmul),
    "and": lambda x, y: _truth(x) & _truth(y),
    "or": lambda x, y: _truth(x) | _truth(y),
    "xor": lambda x, y: _truth(x) ^ _truth(y),
    "invert": lambda x: ~_truth(x),
    "neg": lambda x: -_countable(x),
    "abs": tf.abs,
    "lt": Operations.lesser,
    "le": Operations.lesser_equal,
    "gt": Operations.greater,
    "ge": Operations.greater_equal,
    "getitem": _indexed,
}
"""What stands behind Python's operators on tensors."""
