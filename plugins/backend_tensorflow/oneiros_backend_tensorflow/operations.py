"""The functions of `K` on TensorFlow's own tensors.

The contract explains them, and the backend records them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.operands import (
    axes_of,
    axis_of,
    batch_dot_axes,
    check_softmax_rank,
    order_of,
    pair_of_axes,
)
from oneiros_backend_toolkit.types import clipping_bounds

from oneiros_backend_tensorflow.derivatives import with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.type_promotion import (
    cast,
    countable,
    floats,
    indices_of,
    paired,
    tensor,
    truth,
)

T = Any

NARROW = (tf.int8, tf.uint8, tf.int16, tf.uint16)
"""Types for which TensorFlow can't multiply matrices or compute powers."""

LEFT_AXES = "abcdefg"
RIGHT_AXES = "ahijklm"
"""Names of axes in `batch_dot`: the first, the samples, is the same on both sides."""


def _on_floats(fn: Callable[[T], T]) -> T:
    """Makes a function of a tensor of floats one of `K`."""

    def function(x: T) -> T:
        return fn(floats(x))

    return staticmethod(function)


def _softplus(x: T) -> T:
    """Computes `log(1 + exp(x))`. TensorFlow Lite's own function overflows."""
    result = tf.maximum(x, 0) + tf.math.log1p(tf.exp(-tf.abs(x)))

    def derivative(results: list[T], gradients: Sequence[T]) -> list[T]:
        return [gradients[0] * tf.sigmoid(x)]

    (result,) = with_derivative([result], [x], derivative)
    return result


def _on_pair(fn: Callable[[T, T], T]) -> T:
    """Makes a function of two tensors of one type one of `K`."""

    def function(x: T, y: T) -> T:
        return fn(*paired(x, y))

    return staticmethod(function)


def widened(fn: Callable[..., T]) -> Callable[..., T]:
    """Makes a function of two tensors of one type accept narrow integers, too.

    They are computed as int32, and the lowest bits are the result.
    """

    def function(x: T, y: T, *args: Any) -> T:
        if x.dtype not in NARROW:
            return fn(x, y, *args)
        result = fn(tf.cast(x, tf.int32), tf.cast(y, tf.int32), *args)
        return tf.cast(result, x.dtype)

    return function


def _reduction(
    name: str, fn: Callable[..., T], convert: Callable[[T], T] = tensor
) -> T:
    """Makes a reduction of TensorFlow one of `K`."""

    def function(x: T, axis: T = None, keepdims: T = False) -> T:
        x = convert(x)
        return fn(x, _axes(name, x, axis), keepdims)

    return staticmethod(function)


def _extreme(name: str, fn: Callable[..., T], of_truth: Callable[..., T]) -> T:
    """Makes a reduction to the largest or the smallest value one of `K`."""

    def function(x: T, axis: T = None, keepdims: T = False) -> T:
        x = tensor(x)
        reduce = of_truth if x.dtype == tf.bool else fn
        return reduce(x, _axes(name, x, axis), keepdims)

    return staticmethod(function)


def _as_tensor(x: T) -> T:
    return tensor(x)


def sizes_of(shape: T) -> T:
    """Converts a user's shape to TensorFlow's form."""
    if tf.is_tensor(shape):
        return shape
    return [_plain(n) for n in shape]


def _plain(n: T) -> T:
    """Returns an integer of NumPy's as an int, anything else as it is."""
    return int(n) if is_int(n) else n


def _axes(function: str, x: T, axes: T) -> list[int] | None:
    """Returns axes of a tensor; None means all of them.

    If the rank isn't known, they are returned as they are.
    """
    if axes is None:
        return None
    if x.shape.rank is None:
        return [int(axis) for axis in np.atleast_1d(axes)]
    return axes_of(function, axes, x.shape.rank)


def _axis(function: str, x: T, axis: T) -> int:
    if x.shape.rank is None:
        return int(axis)
    return axis_of(function, axis, x.shape.rank)


def _bounded(x: T, max_value: T) -> T:
    return x if max_value is None else Operations.clip(x, 0, max_value)


def _dot(x: T, y: T) -> T:
    if x.shape.rank == 2 and y.shape.rank == 2:
        return tf.matmul(x, y)
    x_axis = x.shape.rank - 1
    y_axis = max(y.shape.rank - 2, 0)
    return tf.tensordot(x, y, [[x_axis], [y_axis]])


def _batch_dot(x: T, y: T, axes: T) -> T:
    x_axis, y_axis = pair_of_axes(x.shape, y.shape, axes)
    if x.shape.rank == y.shape.rank and (x.shape.rank > 3 or 0 in (x_axis, y_axis)):
        return _product_of_matrices(x, y, x_axis, y_axis)
    x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
    x_names = list(LEFT_AXES[: x.shape.rank])
    y_names = list(RIGHT_AXES[: y.shape.rank])
    summed = x_names[x_axis]
    y_names[y_axis] = summed
    names = [name for name in x_names + y_names[1:] if name != summed]
    equation = f"{''.join(x_names)},{''.join(y_names)}->{''.join(names)}"
    result = tf.einsum(equation, x, y)
    return result if len(names) > 1 else tf.expand_dims(result, 1)


def _product_of_matrices(x: T, y: T, x_axis: int, y_axis: int) -> T:
    """Returns what Keras 1.2.2 gave on TensorFlow where an axis is the batch's, or
    where there are more than three.

    Two matrices are multiplied element by element and summed. Of other tensors those in
    the last two axes are multiplied: all axes before them are of the batch, and any
    axis but the last means the last but one.
    """
    if x.shape.rank == 2:
        x = x if x_axis == y_axis else tf.transpose(x)
        return tf.expand_dims(tf.reduce_sum(x * y, y_axis), 1)
    last = x.shape.rank - 1
    return tf.matmul(x, y, transpose_a=x_axis != last, transpose_b=y_axis == last)


class Operations:
    """Functions of TensorFlow's tensors, by their names in the contract."""

    # Tensors

    @staticmethod
    def shape(x: T) -> T:
        return tf.shape(tensor(x))

    @staticmethod
    def to_dense(tensor: T) -> T:
        return tf.identity(_as_tensor(tensor))

    @staticmethod
    def stop_gradient(variables: T) -> T:
        return tf.stop_gradient(tensor(variables))

    @staticmethod
    def print_tensor(x: T, message: str = "") -> T:
        x = tensor(x)
        printed = tf.print(message, x, summarize=-1)
        with tf.control_dependencies([printed]):
            return tf.identity(x)

    @staticmethod
    def zeros_like(x: T, dtype: T = None, name: T = None) -> T:
        return tf.zeros_like(tensor(x), dtype)

    @staticmethod
    def ones_like(x: T, dtype: T = None, name: T = None) -> T:
        return tf.ones_like(tensor(x), dtype)

    @staticmethod
    def arange(start: T, stop: T = None, step: T = 1, dtype: T = "int32") -> T:
        if stop is None:
            stop = start
            start = 0
        bounds = (start, stop, step)
        if all(isinstance(bound, (int, float, np.number)) for bound in bounds):
            return tf.constant(np.arange(*bounds), dtype)
        return tf.cast(tf.range(*paired(*bounds)), dtype)

    # Linear algebra and lookup

    @staticmethod
    def dot(x: T, y: T) -> T:
        return widened(_dot)(*paired(x, y))

    @staticmethod
    def batch_dot(x: T, y: T, axes: T = None) -> T:
        return widened(_batch_dot)(*paired(x, y), axes)

    @staticmethod
    def transpose(x: T) -> T:
        return tf.transpose(tensor(x))

    @staticmethod
    def gather(reference: T, indices: T) -> T:
        reference = tensor(reference)
        indices = indices_of(indices)
        rows = tf.gather(reference, indices)
        if not rows.dtype.is_floating:
            return rows
        # An index out of range is an error on the CPU, but XLA would silently take the
        # nearest row.
        length = tf.shape(reference, indices.dtype)[0]
        is_in_range = (indices >= 0) & (indices < length)
        trailing_ones = [1] * (reference.shape.rank - 1)
        is_in_range = tf.reshape(
            is_in_range, tf.concat([tf.shape(indices), trailing_ones], 0)
        )
        return tf.where(is_in_range, rows, tf.constant(np.nan, rows.dtype))

    @staticmethod
    def in_top_k(predictions: T, targets: T, k: T) -> T:
        scores = tf.cast(tensor(predictions), tf.float32)
        classes = tf.cast(tensor(targets), tf.int32)
        return tf.math.in_top_k(classes, scores, _plain(k))

    # Element by element

    @staticmethod
    def abs(x: T) -> T:
        x = countable(x)
        return x if x.dtype.is_unsigned else tf.abs(x)

    @staticmethod
    def sign(x: T) -> T:
        x = countable(x)
        return tf.cast(x > 0, x.dtype) if x.dtype.is_unsigned else tf.sign(x)

    @staticmethod
    def round(x: T) -> T:
        return tf.round(countable(x))

    exp = _on_floats(tf.exp)
    log = _on_floats(tf.math.log)
    sin = _on_floats(tf.sin)
    cos = _on_floats(tf.cos)
    sigmoid = _on_floats(tf.sigmoid)
    tanh = _on_floats(tf.tanh)
    softplus = _on_floats(_softplus)
    maximum = _on_pair(tf.maximum)
    minimum = _on_pair(tf.minimum)
    equal = _on_pair(tf.equal)
    not_equal = _on_pair(tf.not_equal)
    greater = _on_pair(tf.greater)
    greater_equal = _on_pair(tf.greater_equal)
    lesser = _on_pair(tf.less)
    lesser_equal = _on_pair(tf.less_equal)

    @staticmethod
    def pow(x: T, a: T) -> T:
        return widened(tf.pow)(*paired(x, a))

    @staticmethod
    def sqrt(x: T) -> T:
        x = floats(x)
        zero = tf.constant(0, x.dtype)
        return tf.sqrt(tf.maximum(x, zero))

    @staticmethod
    def clip(x: T, min_value: T, max_value: T) -> T:
        bounds = [bound for bound in (min_value, max_value) if bound is not None]
        dtype = np.dtype(paired(x, *bounds)[0].dtype.as_numpy_dtype)
        x, low, high = paired(x, *clipping_bounds(min_value, max_value, dtype))
        return tf.clip_by_value(x, low, tf.maximum(low, high))

    @staticmethod
    def cast(x: T, dtype: T) -> T:
        return cast(x, dtype)

    @staticmethod
    def switch(condition: T, then_expression: T, else_expression: T) -> T:
        chosen, other = paired(then_expression, else_expression, arithmetic=False)
        return tf.where(truth(condition), chosen, other)

    @staticmethod
    def softmax(x: T) -> T:
        x = floats(x)
        check_softmax_rank(x.shape)
        if x.shape.rank == 2:
            return tf.nn.softmax(x)
        largest = tf.reduce_max(x, axis=-1, keepdims=True)
        powers = tf.exp(x - largest)
        return powers / tf.reduce_sum(powers, axis=-1, keepdims=True)

    @staticmethod
    def relu(x: T, alpha: T = 0.0, max_value: T = None) -> T:
        is_leaky = tf.is_tensor(alpha) or alpha != 0
        if not is_leaky:
            return _bounded(tf.nn.relu(countable(x)), max_value)
        x, slope = paired(x, alpha)
        positive = _bounded(tf.nn.relu(x), max_value)
        return positive if x.dtype.is_unsigned else positive - slope * tf.nn.relu(-x)

    # Reductions

    max = _extreme("max", tf.reduce_max, of_truth=tf.reduce_any)
    min = _extreme("min", tf.reduce_min, of_truth=tf.reduce_all)
    sum = _reduction("sum", tf.reduce_sum, countable)
    prod = _reduction("prod", tf.reduce_prod, countable)
    mean = _reduction("mean", tf.reduce_mean, floats)
    any = _reduction("any", tf.reduce_any, truth)
    all = _reduction("all", tf.reduce_all, truth)

    @staticmethod
    def argmax(x: T, axis: T = -1) -> T:
        x = tensor(x)
        return tf.argmax(x, _axis("argmax", x, axis))

    @staticmethod
    def argmin(x: T, axis: T = -1) -> T:
        x = tensor(x)
        return tf.argmin(x, _axis("argmin", x, axis))

    # Shapes

    @staticmethod
    def reshape(x: T, shape: T) -> T:
        x = tensor(x)
        sizes = sizes_of(shape)
        if tf.is_tensor(sizes) or None not in sizes:
            return tf.reshape(x, sizes)
        plain = [n for n in sizes if isinstance(n, int)]
        if sizes.count(None) == 1 and -1 not in plain:
            return tf.reshape(x, [-1 if n is None else n for n in sizes])
        # Several open sizes are those of the same axes of x
        current_sizes = tf.shape(x)
        new_sizes = [current_sizes[i] if n is None else n for i, n in enumerate(sizes)]
        return tf.reshape(x, new_sizes)

    @staticmethod
    def permute_dimensions(x: T, pattern: T) -> T:
        x = tensor(x)
        rank = len(pattern) if x.shape.rank is None else x.shape.rank
        return tf.transpose(x, order_of(pattern, rank))

    @staticmethod
    def concatenate(tensors: T, axis: T = -1) -> T:
        tensors = paired(*tensors, arithmetic=False)
        return tf.concat(tensors, _axis("concatenate", tensors[0], axis))

    @staticmethod
    def stack(x: T) -> T:
        tensors = paired(*x, arithmetic=False)
        if not tensors:
            raise ValueError("there is none to stack")
        return tf.stack(tensors)

    @staticmethod
    def repeat_elements(x: T, rep: T, axis: T) -> T:
        x = tensor(x)
        rep = _plain(rep)
        axis = _axis("repeat_elements", x, axis)
        repeated = tf.repeat(x, rep, axis)
        sizes = x.shape.as_list()
        if sizes[axis] is not None:
            sizes[axis] *= rep
        if sizes.count(None) == 1 and 0 not in sizes:
            # TensorFlow Lite needs to know that the others are fixed.
            return tf.reshape(repeated, [size or -1 for size in sizes])
        repeated.set_shape(sizes)
        return repeated

    @staticmethod
    def tile(x: T, n: T) -> T:
        x = tensor(x)
        if tf.is_tensor(n):
            return tf.tile(x, n)
        repeats = [int(n)] if is_int(n) else sizes_of(n)
        missing_axes = len(repeats) - x.shape.rank
        if missing_axes > 0:
            x = tf.reshape(x, tf.concat([[1] * missing_axes, tf.shape(x)], 0))
        return tf.tile(x, [1] * -missing_axes + repeats)

    @staticmethod
    def expand_dims(x: T, dim: T = -1) -> T:
        x = tensor(x)
        if x.shape.rank is not None:
            dim = axis_of("expand_dims", dim, x.shape.rank, new=1)
        return tf.expand_dims(x, int(dim))

    @staticmethod
    def squeeze(x: T, axis: T) -> T:
        x = tensor(x)
        return tf.squeeze(x, _axes("squeeze", x, axis))

    @staticmethod
    def reverse(x: T, axes: T) -> T:
        x = tensor(x)
        return tf.reverse(x, _axes("reverse", x, axes))

    @staticmethod
    def one_hot(indices: T, nb_classes: T) -> T:
        classes = tf.cast(tensor(indices), tf.int32)
        return tf.one_hot(classes, _plain(nb_classes), dtype=floatx())
