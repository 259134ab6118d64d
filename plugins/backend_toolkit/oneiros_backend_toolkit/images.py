"""Shared code of the functions for sequences, images and volumes: dim orderings and
argument checks."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oneiros.arguments import check_choice, check_int, check_ints, is_int
from oneiros.backend.common import image_dim_ordering
from oneiros.errors import ShapeError

from oneiros_backend_toolkit.channel_order import ChannelOrder

BORDERS = ("valid", "same", "full")
KINDS = {3: "(batch, steps, channels)", 4: "images", 5: "volumes"}


class Images(ChannelOrder):
    """A backend that knows the ranks of sequences, images and volumes."""

    def _checked_rank(self, function: str, x, rank: int) -> None:
        if self.ndim(x) != rank:
            raise ShapeError(
                f"{function} expected {KINDS[rank]}, a tensor of rank {rank}; it "
                f"received one of shape {self.int_shape(x)}, rank {self.ndim(x)}."
            )


def is_first(function: str, dim_ordering: Any) -> bool:
    """Returns whether channels come first (`'th'`) under `dim_ordering`."""
    if dim_ordering == "default":
        dim_ordering = image_dim_ordering()
    return bool(
        check_choice(function, "dim_ordering", dim_ordering, ("tf", "th")) == "th"
    )


def per_axis(
    function: str, argument: str, value: Any, rank: int, minimum: int = 1
) -> tuple[int, ...]:
    """Returns one int per spatial axis; a single int applies to all."""
    if is_int(value):
        return (check_int(function, argument, value, minimum),) * rank
    return check_ints(function, argument, value, rank, minimum)


def check_same_shape(
    function: str, argument: str, announced: Any, shape: Sequence[int | None]
) -> None:
    """Checks a shape that the caller passed, as far as both shapes are known."""
    if announced is None:
        return
    agree = len(announced) == len(shape) and all(
        None in (a, b) or a == b
        for a, b in zip(announced, shape, strict=True)
        if not hasattr(a, "dtype")
    )
    if not agree:
        raise ShapeError(
            f"{function} received {argument}={tuple(announced)}, but a tensor of shape "
            f"{tuple(shape)}. Omit {argument}, or pass the tensor's shape."
        )


def check_window(
    function: str,
    sizes: Sequence[int | None],
    window: Sequence[int | None],
    border_mode: str,
) -> None:
    """Checks that a window fits into the image if no border is added."""
    if border_mode == "valid" and any(
        size is not None and width is not None and width > size
        for size, width in zip(sizes, window, strict=True)
    ):
        raise ShapeError(
            f"{function}: a window of {tuple(window)} doesn't fit into spatial sizes "
            f"{tuple(sizes)} with border_mode='valid'. Use border_mode='same', a "
            "smaller window, or larger inputs."
        )
