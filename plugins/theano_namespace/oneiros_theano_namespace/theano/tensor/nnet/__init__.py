"""Functions for networks, which PyTensor no longer has."""

import pytensor.tensor as pt
from pytensor.tensor import special

from oneiros_theano_namespace.theano.tensor.nnet import abstract_conv, bn, conv

__all__ = [
    "abstract_conv",
    "batch_normalization",
    "binary_crossentropy",
    "bn",
    "categorical_crossentropy",
    "conv",
    "conv2d",
    "conv3d",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softplus",
    "ultra_fast_sigmoid",
]

conv2d = abstract_conv.conv2d
conv3d = abstract_conv.conv3d
batch_normalization = bn.batch_normalization
sigmoid = pt.sigmoid
ultra_fast_sigmoid = pt.sigmoid
softplus = pt.softplus

SLOPE = 0.2
"""Of the hard sigmoid, which is 0.5 at zero."""


def softmax(x):
    """Exponentials along the last axis, divided by their sum; a vector counts as a
    matrix of one row, as it did in Theano."""
    return special.softmax(_rows(x), axis=-1)


def logsoftmax(x):
    """Logarithm of `softmax`."""
    return special.log_softmax(_rows(x), axis=-1)


def _rows(x):
    x = pt.as_tensor_variable(x)
    return pt.shape_padleft(x) if x.ndim == 1 else x


def hard_sigmoid(x):
    """Line through 0.5 at zero, between 0 and 1."""
    return pt.clip(x * SLOPE + 0.5, 0.0, 1.0)


def relu(x, alpha=0):
    """`x` above zero, and `alpha * x` below."""
    return 0.5 * (1 + alpha) * x + 0.5 * (1 - alpha) * pt.abs(x)


def elu(x, alpha=1):
    """`x` above zero, and `alpha * (exp(x) - 1)` below."""
    return pt.switch(pt.gt(x, 0), x, alpha * pt.expm1(pt.minimum(x, 0)))


def categorical_crossentropy(coding_dist, true_dist):
    """Crossentropy by sample.

    # Arguments
        coding_dist: tensor whose last axis holds predicted probabilities.
        true_dist: tensor of probabilities in the same shape, or of integers, the right
            classes, without the last axis.

    # Returns
        A tensor without the last axis.
    """
    true_dist = pt.as_tensor_variable(true_dist)
    if true_dist.ndim == coding_dist.ndim:
        return -pt.sum(true_dist * pt.log(coding_dist), axis=-1)
    if true_dist.ndim != coding_dist.ndim - 1:
        raise TypeError(
            f"categorical_crossentropy: the right classes have {true_dist.ndim} axes, "
            f"the probabilities {coding_dist.ndim}; they need as many, or one less."
        )
    return -pt.log(_of_classes(coding_dist, true_dist))


def _of_classes(x, classes):
    """Returns by sample the entry of its class."""
    is_right = pt.eq(pt.shape_padright(classes), pt.arange(x.shape[-1]))
    return pt.sum(pt.switch(is_right, x, 0), axis=-1)


def binary_crossentropy(output, target):
    """Crossentropy of each number.

    # Arguments
        output: tensor of predicted probabilities.
        target: tensor of the true probabilities.
    """
    return -(target * pt.log(output) + (1.0 - target) * pt.log(1.0 - output))


def sigmoid_binary_crossentropy(output, target):
    """`binary_crossentropy` of the sigmoid of `output`, without loss of digits."""
    return pt.softplus(-pt.abs(output)) + output * (pt.gt(output, 0) - target)
