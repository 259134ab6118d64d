"""TensorFlow's functions by NumPy's names, as `ArrayFunctions` calls them.

Where TensorFlow lacks a type, another one is computed with.
"""

import operator
from collections.abc import Sequence

from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.tensors import Tensor, Tensors

from oneiros_backend_tensorflow.derivatives import with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

NARROW = (tf.int8, tf.uint8, tf.int16, tf.uint16)
"""Types for which TensorFlow can't multiply matrices or compute powers."""


def widened(fn: Function) -> Function:
    """Makes a function of two tensors of one type accept narrow integers, too.

    They are computed as int32, and the lowest bits are the result.
    """

    def function(x, y, *args):
        if x.dtype not in NARROW:
            return fn(x, y, *args)
        result = fn(tf.cast(x, tf.int32), tf.cast(y, tf.int32), *args)
        return tf.cast(result, x.dtype)

    return function


def _of_truth_too(fn: Function, of_truth: Function) -> Function:
    """Returns a reduction with another one for truth values."""

    def function(x, axis, keepdims: bool):
        reduce = of_truth if x.dtype == tf.bool else fn
        return reduce(x, axis, keepdims)

    return function


NAMES: dict[str, Function] = {
    "all": tf.reduce_all,
    "any": tf.reduce_any,
    "arange": tf.range,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "concatenate": tf.concat,
    "flip": tf.reverse,
    "floor_divide": tf.math.floordiv,
    "invert": operator.invert,
    "log": tf.math.log,
    "matmul": widened(tf.matmul),
    "max": _of_truth_too(tf.reduce_max, tf.reduce_any),
    "mean": tf.reduce_mean,
    "min": _of_truth_too(tf.reduce_min, tf.reduce_all),
    "power": widened(tf.pow),
    "prod": tf.reduce_prod,
    "relu": tf.nn.relu,
    "remainder": tf.math.floormod,
    "softmax": tf.nn.softmax,
    "sum": tf.reduce_sum,
}
"""Functions that TensorFlow calls something else."""


class Namespace:
    """Functions of tensors; those that aren't here are TensorFlow's of that name."""

    def __getattr__(self, name: str) -> Function:
        function: Function = NAMES.get(name) or getattr(tf, name)
        return function

    def negative(self, x):
        if not x.dtype.is_unsigned:
            return -x
        # Of zero minus x TensorFlow's optimizer makes a negation, which it hasn't here.
        return tf.bitwise.invert(x) + 1

    def sign(self, x):
        return tf.cast(x > 0, x.dtype) if x.dtype.is_unsigned else tf.sign(x)

    def softplus(self, x):
        """Computes `log(1 + exp(x))`. TensorFlow Lite's own function overflows."""
        result = tf.maximum(x, 0) + tf.math.log1p(tf.exp(-tf.abs(x)))

        def derivative(results: Tensors, gradients: Sequence[Tensor]) -> Tensors:
            return [gradients[0] * tf.sigmoid(x)]

        (result,) = with_derivative([result], [x], derivative)
        return result

    def repeat(self, x, times, axis: int):
        repeated = tf.repeat(x, times, axis)
        sizes = x.shape.as_list()
        if sizes[axis] is not None:
            sizes[axis] *= times
        if sizes.count(None) == 1 and 0 not in sizes:
            # TensorFlow Lite needs to know that the others are fixed.
            return tf.reshape(repeated, [size or -1 for size in sizes])
        repeated.set_shape(sizes)
        return repeated

    def tile(self, x, times):
        if tf.is_tensor(times):
            return tf.tile(x, times)
        missing_axes = len(times) - x.shape.rank
        if missing_axes > 0:
            x = tf.reshape(x, tf.concat([[1] * missing_axes, tf.shape(x)], 0))
        return tf.tile(x, [1] * -missing_axes + times)
