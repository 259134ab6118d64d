"""Turns sequences of different lengths into one array."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from oneiros.arguments import (
    check_choice,
    check_optional_int,
    int_if_whole,
    open_to_old_code,
    shown,
)
from oneiros.errors import DataError

Array = np.ndarray
SIDES = ("pre", "post")


@open_to_old_code
def pad_sequences(
    sequences: Iterable[Any],
    maxlen: int | None = None,
    dtype="int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> Array:
    """Truncates or pads sequences to the same length, one per row of an array.

    # Arguments
        sequences: list of sequences of numbers, or of arrays of the same shape.
        maxlen: int, the length; None for the length of the longest sequence.
        dtype: type of the array.
        padding: `"pre"` or `"post"`, the side to pad.
        truncating: `"pre"` or `"post"`, the side to truncate.
        value: float, the padding value.

    # Returns
        Array `(len(sequences), maxlen, *shape of an item)`.

    # Raises
        ArgumentError: if `padding` or `truncating` is unknown, or `maxlen` isn't an
            integer.
        DataError: if an item isn't a sequence, or its items differ in shape from the
            other sequences', or don't fit `dtype`.

    # Example
        ```python
        from oneiros.preprocessing.sequence import pad_sequences

        print(pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2).tolist())
        # [[0, 1], [2, 3], [5, 6]]
        ```
    """
    check_choice("pad_sequences", "padding", padding, SIDES)
    check_choice("pad_sequences", "truncating", truncating, SIDES)
    maxlen = check_optional_int("pad_sequences", "maxlen", int_if_whole(maxlen))
    rows = list(sequences)
    lengths = [_length(number, row) for number, row in enumerate(rows)]
    size = max(lengths, default=0) if maxlen is None else maxlen
    item_shape: tuple[int, ...] = ()
    if filled := [number for number, length in enumerate(lengths) if length]:
        item_shape = np.shape(rows[filled[0]])[1:]
    padded = np.full((len(rows), size, *item_shape), value).astype(dtype)
    for number in filled:
        items = _items(number, rows[number], dtype)
        if items.shape[1:] != item_shape:
            raise DataError(
                f"pad_sequences received sequence {number} with items of shape "
                f"{items.shape[1:]}, but those of sequence {filled[0]} have the shape "
                f"{item_shape}. All must have the same shape."
            )
        cut_items = _cut(items, size, truncating)
        start = size - len(cut_items) if padding == "pre" else 0
        padded[number, start : start + len(cut_items)] = cut_items
    return padded


def _cut(items: Array, size: int, truncating: str) -> Array:
    """Returns at most `size` items."""
    if truncating == "post":
        return items[:size]
    return items[max(len(items) - size, 0) :]


def _length(number: int, sequence) -> int:
    try:
        return len(sequence)
    except TypeError:
        raise DataError(
            f"pad_sequences expected a list of sequences, but item {number} is "
            f"{shown(sequence)}. Write [x] for one sequence x, and list(x) for an "
            "iterator."
        ) from None


def _items(number: int, sequence, dtype) -> Array:
    try:
        return np.asarray(sequence, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"pad_sequences can't make an array of type {dtype!r} of sequence "
            f"{number}, {shown(sequence)}: {error}."
        ) from None
