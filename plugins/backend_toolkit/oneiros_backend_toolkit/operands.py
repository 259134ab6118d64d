"""Checks of operands of `K`'s functions, with the same messages on every backend.

Messages contain ranks, not shapes, because on JAX open sizes are replaced by trial
sizes.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from oneiros.arguments import is_int
from oneiros.errors import ArgumentError, OneirosError, ShapeError
from oneiros.typing import Shape

from oneiros_backend_toolkit.tensors import SPARSE

Sizes = Sequence[int | None]
T = TypeVar("T")


class UnsuitedError(ArgumentError):
    """Says that the surrounding function of `K` doesn't accept the value of an
    argument. The function's error says what it received instead.

    # Arguments
        argument: str, its name; by default any may be wrong.
        kind: the class of the error that the user gets.
        reason: str, a note for the user.
    """

    of_engine = True

    def __init__(
        self,
        argument: str = "",
        kind: type[OneirosError] = ArgumentError,
        reason: str = "",
    ):
        super().__init__(reason)
        self.add_note(reason)
        self.argument = argument
        self.kind = kind


def batch_dot_axes(x_rank: int, y_rank: int, axes) -> tuple[int, int]:
    """Returns the same as `pair_of_axes`, but refuses the batch axis.

    # Raises
        ArgumentError: if an axis is the batch axis, or doesn't exist.
    """
    x_axis, y_axis = pair_of_axes(x_rank, y_rank, axes)
    if x_axis == 0 or y_axis == 0:
        raise ArgumentError(
            f"batch_dot can't sum over axis 0, the batch; it received axes={axes!r}."
        )
    return x_axis, y_axis


def pair_of_axes(x_rank: int, y_rank: int, axes) -> tuple[int, int]:
    """Returns the axes over which `K.batch_dot` sums: one per tensor, not negative.

    # Arguments
        x_rank, y_rank: the numbers of axes.
        axes: the argument of `batch_dot`: an int, a pair, or None for the last axis of
            the first tensor and the last but one of the second.

    # Raises
        ArgumentError: if a tensor has only one axis, or an axis doesn't exist.
    """
    if x_rank < 2 or y_rank < 2:
        raise ArgumentError(
            f"batch_dot needs tensors of rank 2 or more, not of {x_rank} and {y_rank}."
        )
    if axes is None:
        return x_rank - 1, max(y_rank - 2, 1)
    if not isinstance(axes, (list, tuple)):
        axes = (axes, axes)
    x_axis, y_axis = axes
    x_axis = axis_of(x_axis, x_rank)
    y_axis = axis_of(y_axis, y_rank)
    return x_axis, y_axis


def batch_dot_equation(x_rank: int, x_axis: int, y_rank: int, y_axis: int) -> str:
    """Returns the equation of einsum that sums over these axes for each sample."""
    x_names = list("abcdefg"[:x_rank])
    y_names = list("ahijklm"[:y_rank])
    summed = y_names[y_axis] = x_names[x_axis]
    result = [name for name in x_names + y_names[1:] if name != summed]
    return f"{''.join(x_names)},{''.join(y_names)}->{''.join(result)}"


def axis_of(axis, rank: int, new: int = 0) -> int:
    """Returns an axis of a tensor, counted from the start.

    # Arguments
        axis: int.
        rank: int, the number of axes.
        new: int, the number of axes that the function adds.

    # Raises
        UnsuitedError: if the axis doesn't exist.
    """
    count = rank + new
    if not is_int(axis) or not -count <= axis < count:
        raise UnsuitedError(reason=f"a tensor of rank {rank} has no axis {axis!r}")
    return int(axis) % count


def axes_of(axes, rank: int) -> list[int]:
    """Converts axes, an int or several, like `axis_of`; returns them sorted and without
    duplicates."""
    is_list = hasattr(axes, "__iter__") and not isinstance(axes, str)
    if not is_list:
        axes = [axes]
    return sorted({axis_of(axis, rank) for axis in axes})


def order_of(pattern, rank: int) -> list[int]:
    """Returns an order of axes for `K.permute_dimensions`.

    # Raises
        UnsuitedError: unless it names each axis once.
    """
    order = [axis_of(axis, rank) for axis in pattern]
    if sorted(order) != list(range(rank)):
        raise UnsuitedError(reason=f"expected each of 0 to {rank - 1} once")
    return order


def rank_of_placeholder(engine: str, ndim: int | None) -> int:
    """Returns the rank of a placeholder without a shape.

    # Raises
        ArgumentError: if it is missing; only TensorFlow allows unknown ranks.
    """
    if ndim is None:
        raise ArgumentError(
            f"placeholder received neither `shape` nor `ndim`, but {engine} must "
            "know the number of axes. Pass shape=(None, 3), or ndim=2; shape=() is a "
            "number."
        )
    return int(ndim)


def state_shape(place: int, before: Sizes, after: Sizes) -> Shape:
    """Returns the shape of a loop's state, with the sizes known before or after a step.

    # Arguments
        place: int, the index of the state.
        before, after: the shapes that the step receives and returns.

    # Raises
        ShapeError: if these can't be shapes of the same tensor.
    """
    if not may_agree(before, after):
        raise ShapeError(
            f"State {place} of a loop has shape {before} before a step and {after} "
            "after it. A step must return the states in the order in which it received "
            "them, and keep their shapes. K.rnn(…, unroll=True) accepts other shapes."
        )
    pairs = zip(before, after)
    return tuple(new if old is None else old for old, new in pairs)


def may_agree(shape: Sizes, other: Sizes) -> bool:
    """Returns whether two shapes may be those of one tensor."""
    if len(shape) != len(other):
        return False
    for a, b in zip(shape, other):
        if a != b and a is not None and b is not None:
            return False
    return True


def joined(result: T, tensors: Iterable[object]) -> T:
    """Returns the result of joining tensors; marks it as sparse if all of them are."""
    if all(SPARSE.get(tensor) for tensor in tensors):
        SPARSE.set(result, True)
    return result
