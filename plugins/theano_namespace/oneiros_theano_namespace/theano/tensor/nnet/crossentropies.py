"""Crossentropies of probabilities."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt

from oneiros_theano_namespace.theano.tensor.nnet.activations import logsoftmax, softmax


def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Any:
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


def crossentropy_softmax_1hot(x: Any, y_idx: Any, **options: Any) -> tuple[Any, Any]:
    """Crossentropy by sample, of scores.

    # Arguments
        x: matrix of scores (samples, classes).
        y_idx: vector of integers, the true classes.
        options: ignored.

    # Returns
        The crossentropies, and the probabilities, which are the `softmax` of `x`.
    """
    logarithms = logsoftmax(x)
    return -_of_classes(logarithms, pt.as_tensor_variable(y_idx)), softmax(x)


def crossentropy_softmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, **options: Any
) -> tuple[Any, Any]:
    """`crossentropy_softmax_1hot` of scores plus `b`, a vector with one by class."""
    return crossentropy_softmax_1hot(pt.as_tensor_variable(x) + b, y_idx)


def _of_classes(x: Any, classes: Any) -> Any:
    """Returns by sample the entry of its class."""
    is_right = pt.eq(pt.shape_padright(classes), pt.arange(x.shape[-1]))
    return pt.sum(pt.switch(is_right, x, 0), axis=-1)


def binary_crossentropy(output: Any, target: Any) -> Any:
    """Crossentropy of each number.

    # Arguments
        output: tensor of predicted probabilities.
        target: tensor of the true probabilities.
    """
    return -(target * pt.log(output) + (1.0 - target) * pt.log(1.0 - output))


def sigmoid_binary_crossentropy(output: Any, target: Any) -> Any:
    """`binary_crossentropy` of the sigmoid of `output`, without loss of digits."""
    return pt.softplus(-pt.abs(output)) + output * (pt.gt(output, 0) - target)
