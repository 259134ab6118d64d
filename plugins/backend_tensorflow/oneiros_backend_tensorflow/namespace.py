"""TensorFlow's functions by NumPy's names, as `ArrayFunctions` calls them.

Where TensorFlow lacks a type, another one is computed with.
"""

import operator
from functools import partial

from oneiros_backend_toolkit.lazy_graph.array_functions import Function

from oneiros_backend_tensorflow.derivatives import with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

NARROW = (tf.int8, tf.uint8, tf.int16, tf.uint16)
"""Types for which TensorFlow can't multiply matrices or compute powers."""


def widened(fn: Function) -> Function:
    """Makes a function of two tensors of one type accept narrow integers, too.

    They are computed as int32, and the lowest bits are the result.
    """

    def function(x, y, *args):
        dtype = x.dtype
        if dtype not in NARROW:
            return fn(x, y, *args)
        x = tf.cast(x, tf.int32)
        y = tf.cast(y, tf.int32)
        result = fn(x, y, *args)
        return tf.cast(result, dtype)

    return function


def _of_truth_too(fn: Function, of_truth: Function) -> Function:
    """Returns a reduction with another one for truth values."""

    def function(x, axis, keepdims):
        reduce = of_truth if x.dtype == tf.bool else fn
        return reduce(x, axis, keepdims)

    return function


@widened
def _dot(x, y):
    x_rank = x.shape.rank
    y_rank = y.shape.rank
    if x_rank == y_rank == 2:
        return tf.matmul(x, y)
    x_axis = x_rank - 1
    y_axis = max(y_rank - 2, 0)
    axes = [[x_axis], [y_axis]]
    return tf.tensordot(x, y, axes)


NAMES: dict[str, Function] = {
    "all": tf.reduce_all,
    "any": tf.reduce_any,
    "arange": tf.range,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "concatenate": tf.concat,
    "erf": tf.math.erf,
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

    def __getattr__(self, name: str):
        if name in NAMES:
            return NAMES[name]
        return getattr(tf, name)

    def negative(self, x):
        if not x.dtype.is_unsigned:
            return -x
        # Of zero minus x TensorFlow's optimizer makes a negation, which it hasn't here.
        return tf.bitwise.invert(x) + 1

    def dot(self, x, y):
        return _dot(x, y)

    def einsum(self, equation: str, x, y):
        compute = widened(partial(tf.einsum, equation))
        return compute(x, y)

    def sign(self, x):
        if x.dtype.is_unsigned:
            return tf.cast(x > 0, x.dtype)
        return tf.sign(x)

    def softplus(self, x):
        """Computes `log(1 + exp(x))`. TensorFlow Lite's own function overflows."""
        not_negative = tf.maximum(x, 0)
        small = tf.exp(-tf.abs(x))
        result = not_negative + tf.math.log1p(small)

        def derivative(results, gradients):
            (gradient,) = gradients
            return [gradient * tf.sigmoid(x)]

        (result,) = with_derivative([result], [x], derivative)
        return result

    def repeat(self, x, times, axis: int):
        repeated = tf.repeat(x, times, axis)
        sizes = x.shape.as_list()
        if tf.is_tensor(times):
            sizes[axis] = None
        elif sizes[axis] is not None:
            sizes[axis] *= times
        if sizes.count(None) == 1 and 0 not in sizes:
            # TensorFlow Lite needs to know that the others are fixed.
            place = sizes.index(None)
            sizes[place] = -1
            return tf.reshape(repeated, sizes)
        repeated.set_shape(sizes)
        return repeated

    def tile(self, x, times):
        if tf.is_tensor(times):
            return tf.tile(x, times)
        missing_axes = len(times) - x.shape.rank
        if missing_axes > 0:
            ones = [1] * missing_axes
            own_sizes = tf.shape(x)
            sizes = tf.concat([ones, own_sizes], 0)
            x = tf.reshape(x, sizes)
        before = [1] * -missing_axes
        return tf.tile(x, before + times)
