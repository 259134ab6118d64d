"""Batch normalization as one node."""

import numpy as np
from oneiros_backend_toolkit.images import first_order, last_order

from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.shapes import reshaped
from oneiros_backend_onnx.tensors import Size
from oneiros_backend_onnx.transposition import transposed

CHANNELS = 1
"""The axis that BatchNormalization keeps."""


def normalized_by_node(x, mean, var, beta, gamma, epsilon):
    """Returns `x` normalized by constants for each channel, or None if they aren't.

    # Arguments
        x: floats, channels at axis 1, or at the end where they have just been moved.
        mean, var, beta, gamma: tensors that broadcast with `x`.
        epsilon: number that is added to the variance.
    """
    if not isinstance(epsilon, (int, float)):
        return None
    shapes = set()
    vectors = []
    for part in (gamma, beta, mean, var):
        if part.value is None or part.dtype != x.dtype:
            return None
        count = x.ndim - part.ndim
        missing = (1,) * count
        shapes.add((*missing, *part.shape))
        vectors.append(reshaped(part, [-1]))
    if np.min(var.value) + epsilon <= 0:
        return None
    number = float(epsilon)
    if shapes == {_shape_along(x, CHANNELS)}:
        return emit("BatchNormalization", x, *vectors, epsilon=number)
    if x.moved is None:
        return None
    last = x.ndim - 1
    if shapes != {_shape_along(x, last)}:
        return None
    first = transposed(x, first_order(x.ndim))
    result = emit("BatchNormalization", first, *vectors, epsilon=number)
    return transposed(result, last_order(x.ndim))


def _shape_along(x, axis: int) -> tuple[Size, ...]:
    """Returns the shape of what differs along one axis of a tensor."""
    return tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
