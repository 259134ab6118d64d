"""Functions that Keras 3 lacks, or has another one of the name: losses, hard_sigmoid,
and SummedL1L2, a penalty on a layer's output."""

import keras
from keras import ops

from oneiros_keras3.registration import register

SMALLEST_SQUARE = 1e-12
"""The smallest square of a length by which a vector is divided."""


@register
def hinge(y_true, y_pred):
    """Returns the mean of max(1 - y_true * y_pred, 0) over the last axis.

    Keras 3 takes targets of 0 and 1 for -1 and 1; Keras 1 takes them as they are.
    """
    return ops.mean(_shortfall(y_true, y_pred), axis=-1)


@register
def squared_hinge(y_true, y_pred):
    """Returns the mean of the squares of max(1 - y_true * y_pred, 0) over the last
    axis."""
    squares = ops.square(_shortfall(y_true, y_pred))
    return ops.mean(squares, axis=-1)


def _shortfall(y_true, y_pred):
    products = y_true * y_pred
    return ops.relu(1.0 - products)


@register
def cosine_proximity(y_true, y_pred):
    """Returns the negative mean of the products of two normalised vectors over the last
    axis.

    Keras 3 has the sum.
    """
    truth = _normalised(y_true)
    prediction = _normalised(y_pred)
    return -ops.mean(truth * prediction, axis=-1)


def _normalised(x):
    squares = ops.square(x)
    square = ops.sum(squares, axis=-1, keepdims=True)
    divisor = ops.maximum(square, SMALLEST_SQUARE)
    length = ops.sqrt(divisor)
    return x / length


@register
def hard_sigmoid(x):
    """Returns clip(0.2 x + 0.5, 0, 1), the hard sigmoid of Keras 1."""
    x = ops.convert_to_tensor(x)
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


@register
class SummedL1L2(keras.regularizers.L1L2):
    """A penalty on the output of a layer, summed over the samples.

    Keras 3 divides the penalties on outputs by the number of samples; Keras 1 doesn't.
    """

    def __call__(self, x):
        """Returns the penalty for this many samples."""
        penalty = super().__call__(x)
        samples, *_ = ops.shape(x)
        count = ops.cast(samples, penalty.dtype)
        return penalty * count
