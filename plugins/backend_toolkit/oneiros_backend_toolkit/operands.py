"""What functions of `K` take, checked in the same words on every backend.

Messages tell ranks, not shapes: on JAX, sizes that are open are tried with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oneiros.arguments import is_int
from oneiros.errors import ArgumentError

Sizes = Sequence[int | None]


def batch_dot_axes(x_shape: Sizes, y_shape: Sizes, axes: Any) -> tuple[int, int]:
    """Returns what `pair_of_axes` does, where no axis may be the batch's.

    # Raises
        ArgumentError: if an axis is the batch's, or none at all.
    """
    x_axis, y_axis = pair_of_axes(x_shape, y_shape, axes)
    if x_axis == 0 or y_axis == 0:
        raise ArgumentError(
            f"batch_dot can't sum over axis 0, the batch; it received axes={axes!r}."
        )
    return x_axis, y_axis


def pair_of_axes(x_shape: Sizes, y_shape: Sizes, axes: Any) -> tuple[int, int]:
    """Returns the axes that `K.batch_dot` sums over: one of each tensor, none negative.

    # Arguments
        x_shape, y_shape: sequences of sizes.
        axes: what `batch_dot` received: an int, a pair, or None for the last axis of
            the first tensor and the last but one of the second.

    # Raises
        ArgumentError: if a tensor has only one axis, or if an axis is none of it.
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
    return (
        axis_of("batch_dot", x_axis, x_rank),
        axis_of("batch_dot", y_axis, y_rank),
    )


def axis_of(function: str, axis: Any, rank: int, new: int = 0) -> int:
    """Returns an axis of a tensor, counted from the start.

    # Arguments
        function: str, the function of `K` that received it.
        axis: int.
        rank: int, the number of axes.
        new: int, the number of axes that the function adds.

    # Raises
        ArgumentError: if there is no such axis.
    """
    count = rank + new
    if not is_int(axis) or not -count <= axis < count:
        accepted = f"ints from {-count} to {count - 1}" if count else "none"
        raise ArgumentError(
            f"{function} received the axis {axis!r} for a tensor of rank {rank}. It "
            f"takes {accepted}."
        )
    return int(axis) % count


def axes_of(function: str, axes: Any, rank: int) -> list[int]:
    """Returns axes, an int or several, as `axis_of` does: sorted, each once."""
    is_list = hasattr(axes, "__iter__") and not isinstance(axes, str)
    listed = axes if is_list else [axes]
    return sorted({axis_of(function, axis, rank) for axis in listed})


def order_of(pattern: Sequence[Any], rank: int) -> list[int]:
    """Returns an order of axes for `K.permute_dimensions`.

    # Raises
        ArgumentError: unless it names each axis once.
    """
    order = [axis_of("permute_dimensions", axis, rank) for axis in pattern]
    if sorted(order) != list(range(rank)):
        raise ArgumentError(
            f"permute_dimensions received the pattern {tuple(pattern)} for a tensor of "
            f"rank {rank}. Expected each of 0 to {rank - 1} once."
        )
    return order


def rank_of_placeholder(engine: str, ndim: int | None) -> int:
    """Returns the rank of a placeholder without a shape.

    # Raises
        ArgumentError: if it isn't given: only TensorFlow leaves ranks open.
    """
    if ndim is None:
        raise ArgumentError(
            f"placeholder received neither `shape` nor `ndim`, and {engine} has to "
            "know the number of axes. Pass shape=(None, 3), or ndim=2; shape=() is a "
            "number."
        )
    return int(ndim)


def check_softmax_rank(shape: Sizes) -> None:
    """Checks that a tensor can be an argument of `K.softmax`."""
    if len(shape) not in (2, 3):
        raise ArgumentError(
            f"softmax takes a 2D or 3D tensor, not one of rank {len(shape)}. Reshape "
            "it so that its last axis holds the classes."
        )
