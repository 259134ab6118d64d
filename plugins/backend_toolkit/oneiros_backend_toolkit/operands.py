"""What functions of `K` take, checked in the same words on every backend.

Messages tell ranks, not shapes: on JAX, sizes that are open are tried with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oneiros.errors import ArgumentError

Sizes = Sequence[int | None]


def batch_dot_axes(x_shape: Sizes, y_shape: Sizes, axes: Any) -> tuple[int, int]:
    """Returns the axes that `K.batch_dot` sums over: one of each tensor, none negative.

    # Arguments
        x_shape, y_shape: sequences of sizes.
        axes: what `batch_dot` received: an int, a pair, or None for the last axis of
            the first tensor and the last but one of the second.

    # Raises
        ArgumentError: if a tensor has only one axis, or if an axis is the batch's or
            none at all.
    """
    x_rank = len(x_shape)
    y_rank = len(y_shape)
    if x_rank < 2 or y_rank < 2:
        raise ArgumentError(
            f"batch_dot takes tensors of rank 2 or more, not of {x_rank} and {y_rank}."
        )
    if axes is None:
        return x_rank - 1, max(y_rank - 2, 1)
    x_axis, y_axis = axes if isinstance(axes, (list, tuple)) else (axes, axes)
    x_axis = _from_start(x_axis, x_rank)
    y_axis = _from_start(y_axis, y_rank)
    if x_axis == 0 or y_axis == 0:
        raise ArgumentError(
            f"batch_dot can't sum over axis 0, the batch; it received axes={axes!r}."
        )
    return x_axis, y_axis


def _from_start(axis: Any, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ArgumentError(
            f"batch_dot received the axis {axis} for a tensor of rank {rank}."
        )
    return int(axis) % rank


def check_softmax_rank(shape: Sizes) -> None:
    """Checks that a tensor can be an argument of `K.softmax`."""
    if len(shape) not in (2, 3):
        raise ArgumentError(
            f"softmax takes a 2D or 3D tensor, not one of rank {len(shape)}. Reshape "
            "it so that its last axis holds the classes."
        )
