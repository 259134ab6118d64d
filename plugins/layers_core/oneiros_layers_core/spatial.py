"""What layers over sequences, images and volumes share: which axes are spatial, where
windows fit."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.arguments import label, refusal
from oneiros.engine.layer import Layer
from oneiros.errors import ShapeError

Shape = tuple[int | None, ...]
Sizes = tuple[int, ...]

AXES = {1: ("steps",), 2: ("rows", "columns"), 3: ("d1", "d2", "d3")}
"""The names of the spatial axes, by their number."""


def checked_dim_ordering(layer: Layer, dim_ordering: Any) -> str:
    """Returns `"tf"` or `"th"`, the default for `"default"`; raises ArgumentError for
    anything else."""
    chosen = K.image_dim_ordering() if dim_ordering == "default" else dim_ordering
    if chosen not in ("tf", "th"):
        expected = "'tf' (channels last), 'th' (channels first) or 'default'"
        raise refusal(layer, "dim_ordering", dim_ordering, expected)
    return str(chosen)


def reading(rank: int, dim_ordering: str, sequence: bool = False) -> str:
    """Returns how a shape is read, such as `(samples, rows, columns, channels)`.

    # Arguments
        sequence: whether the second axis counts the steps of a sequence of images.
    """
    axes = AXES[rank] if dim_ordering == "tf" else ("channels", *AXES[rank])
    steps, last = ("steps",) * sequence, ("channels",) * (dim_ordering == "tf")
    return f"({', '.join(('samples', *steps, *axes, *last))})"


def spatial_sizes(
    layer: Layer, shape: Shape, rank: int, dim_ordering: str, sequence: bool = False
) -> Shape:
    """Returns the spatial sizes of a shape with `rank` of them, or raises ShapeError if
    it has others."""
    if len(shape) != rank + 2 + sequence:
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}; it must have "
            f"{rank + 2 + sequence} axes, {reading(rank, dim_ordering, sequence)}. Put "
            "a Reshape(…) before it."
        )
    return tuple(shape[-1 - rank : -1] if dim_ordering == "tf" else shape[-rank:])


def check_nonempty(layer: Layer, shape: Shape, rank: int, dim_ordering: str) -> None:
    """Raises ShapeError if one of the spatial sizes is 0."""
    if 0 in spatial_sizes(layer, shape, rank, dim_ordering):
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{reading(rank, dim_ordering)}; its {', '.join(AXES[rank])} must be 1 or "
            "more. Give it a larger input."
        )


def with_sizes(
    shape: Shape, sizes: Shape, dim_ordering: str, channels: int | None = None
) -> Shape:
    """Returns `shape` with other spatial sizes, and another number of channels if that
    is given."""
    if dim_ordering == "tf":
        return (shape[0], *sizes, channels or shape[-1])
    return (shape[0], channels or shape[1], *sizes)


def known_channels(
    layer: Layer, shape: Shape, rank: int, dim_ordering: str, sequence: bool = False
) -> int:
    """Returns the number of channels, or raises ShapeError if it is unknown."""
    spatial_sizes(layer, shape, rank, dim_ordering, sequence)
    channels = shape[-1] if dim_ordering == "tf" else shape[1 + sequence]
    if channels is None:
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{reading(rank, dim_ordering, sequence)}; the number of channels must be "
            "known to make the weights. Give it where the input comes from, as in "
            f"input_shape={_example(rank, dim_ordering, sequence)}{_other_ordering(rank, dim_ordering)}."
        )
    return channels


def check_channels(
    layer: Layer, shape: Shape, dim_ordering: str, expected: int
) -> None:
    """Raises ShapeError if the channels are known and not as many as the weights were
    made for."""
    found, rank = shape[-1] if dim_ordering == "tf" else shape[1], len(shape) - 2
    if found not in (None, expected):
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{reading(rank, dim_ordering)}; it has {found} channels, and the weights "
            f"were made for {expected}. Give the layer such an input, or make another "
            "layer for it."
        )


def length_after(
    length: int | None,
    window: int,
    border_mode: str,
    stride: int = 1,
    dilation: int = 1,
) -> int | None:
    """Returns the number of positions of a window along an axis: 0 or less if it is too
    long for the axis."""
    if length is None:
        return None
    reach = dilation * (window - 1)
    positions = length + {"valid": -reach, "same": 0, "full": reach}[border_mode]
    return (positions + stride - 1) // stride


def windowed_sizes(
    layer: Layer,
    shape: Shape,
    dim_ordering: str,
    window: Sizes,
    border_mode: str,
    strides: Sizes,
    dilation: Sizes | None = None,
    sequence: bool = False,
) -> Shape:
    """Returns the spatial sizes after a window has moved over a shape.

    # Arguments
        sequence: whether the shape's second axis counts steps, over which the window
            doesn't move.

    # Raises
        ShapeError: if the window is larger than what it moves over.
    """
    rank = len(window)
    sizes, rates = (
        spatial_sizes(layer, shape, rank, dim_ordering, sequence),
        dilation or (1,) * rank,
    )
    moves = zip(sizes, window, strides, rates, strict=True)
    lengths = tuple(
        length_after(size, width, border_mode, *step) for size, width, *step in moves
    )
    if any(length is not None and length < 1 for length in lengths):
        reach = tuple(
            rate * (width - 1) + 1 for rate, width in zip(rates, window, strict=True)
        )
        spread = (
            f" (with the holes of atrous_rate={rates}: {reach})"
            if reach != window
            else ""
        )
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}, read as "
            f"{reading(rank, dim_ordering, sequence)}; its window {window}{spread} is "
            f"larger than {sizes}, the input's {', '.join(AXES[rank])}. Make the "
            f"window smaller, or the input larger{_other_ordering(rank, dim_ordering)}."
        )
    return lengths


def _example(rank: int, dim_ordering: str, sequence: bool) -> str:
    sizes = ["10"] if rank == 1 else ["32"] * rank
    image = [*sizes, "3"] if dim_ordering == "tf" else ["3", *sizes]
    return f"({', '.join(['10'] * sequence + image)})"


def _other_ordering(rank: int, dim_ordering: str) -> str:
    if rank == 1:
        return ""
    other, place = ("th", "first") if dim_ordering == "tf" else ("tf", "last")
    return f"; or dim_ordering={other!r}, if the channels come {place}"
