"""Batch normalization as one node."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import numpy as np
from oneiros_backend_toolkit.images import first_order, last_order

from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.shapes import reshaped
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import transposed

CHANNELS = 1
"""The axis that BatchNormalization keeps."""


def normalized_by_node(
    x: Tensor, mean: Tensor, var: Tensor, beta: Tensor, gamma: Tensor, epsilon
) -> Tensor | None:
    """Returns `x` normalized by constants for each channel, or None if they aren't.

    # Arguments
        x: floats, channels at axis 1 or at the end.
        mean, var, beta, gamma: tensors that broadcast with `x`.
        epsilon: number that is added to the variance.
    """
    statistics = (gamma, beta, mean, var)
    axes = {_only_axis(part, x.ndim) for part in statistics}
    types = {part.dtype for part in (x, *statistics)}
    if len(axes) != 1 or len(types) != 1 or not isinstance(epsilon, (int, float)):
        return None
    (axis,) = axes
    if axis is None or var.value is None or np.min(var.value) + epsilon <= 0:
        return None
    counts = {part.value.size for part in statistics if part.value is not None}
    if counts != {x.shape[axis]}:
        return None
    is_last = axis == x.ndim - 1
    if axis != CHANNELS and not (is_last and x.moved is not None):
        return None
    vectors = [reshaped(part, [-1]) for part in statistics]
    if axis == CHANNELS:
        return emit("BatchNormalization", x, *vectors, epsilon=float(epsilon))
    first = transposed(x, first_order(x.ndim))
    result = emit("BatchNormalization", first, *vectors, epsilon=float(epsilon))
    return transposed(result, last_order(x.ndim))


def _only_axis(part: Tensor, rank: int) -> int | None:
    """Returns the axis along which a constant differs, of a tensor of some rank that it
    broadcasts with; None if it isn't one axis of a constant."""
    if part.value is None:
        return None
    shape = (1,) * (rank - part.ndim) + part.value.shape
    axes = [axis for axis, size in enumerate(shape) if size != 1]
    if not axes:
        return CHANNELS
    return axes[0] if len(axes) == 1 and axes[0] > 0 else None
