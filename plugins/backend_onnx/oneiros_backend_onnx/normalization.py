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
    statistics = (gamma, beta, mean, var)
    if any(part.value is None or part.dtype != x.dtype for part in statistics):
        return None
    if var.value is None or not isinstance(epsilon, (int, float)):
        return None
    if np.min(var.value) + epsilon <= 0:
        return None
    shapes = {(1,) * (x.ndim - part.ndim) + part.shape for part in statistics}
    vectors = [reshaped(part, [-1]) for part in statistics]
    if shapes == {_shape_along(x, CHANNELS)}:
        return emit("BatchNormalization", x, *vectors, epsilon=float(epsilon))
    if shapes != {_shape_along(x, x.ndim - 1)} or x.moved is None:
        return None
    first = transposed(x, first_order(x.ndim))
    result = emit("BatchNormalization", first, *vectors, epsilon=float(epsilon))
    return transposed(result, last_order(x.ndim))


def _shape_along(x, axis: int) -> tuple[Size, ...]:
    """Returns the shape of what differs along one axis of a tensor."""
    return tuple(size if i == axis else 1 for i, size in enumerate(x.shape))
