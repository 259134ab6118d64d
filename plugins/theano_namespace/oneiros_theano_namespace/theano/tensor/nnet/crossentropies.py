"""Crossentropies of probabilities."""

from typing import Any

import pytensor.tensor as pt


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
