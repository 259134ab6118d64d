"""Updates of variables, as `K.update` returns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from oneiros.errors import ShapeError

Sizes = Sequence[int | None]


class Update(NamedTuple):
    """A pair of a variable and its new value, which a session can run as in TensorFlow
    1.

    # Properties
        variable: the variable.
        value: a tensor of the same shape.
    """

    variable: Any
    value: Any


def check_new_shape(name: str | None, shape: Sizes, new_shape: Sizes) -> None:
    """Checks that a variable's new value may have the variable's shape.

    # Arguments
        name: str, the variable's name; None if it has none.
        shape: sizes of the variable; None for sizes that may change.
        new_shape: sizes of the new value; None for unknown sizes.

    # Raises
        ShapeError: if it may not.
    """
    if not _may_be_equal(shape, new_shape):
        raise ShapeError(
            f"{name or 'The variable'} has shape {tuple(shape)}; its update can't have "
            f"shape {tuple(new_shape)}. K.function needs new values of the variable's "
            "own shape: K.reshape, K.sum and K.mean change shapes."
        )


def _may_be_equal(shape: Sizes, other: Sizes) -> bool:
    if len(shape) != len(other):
        return False
    pairs = zip(shape, other, strict=True)
    return all(a == b or None in (a, b) for a, b in pairs)
