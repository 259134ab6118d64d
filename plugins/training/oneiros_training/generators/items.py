"""Batches as users supply them: tuples, lists, or columns by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oneiros.errors import DataError

from oneiros_training.arrays.naming import listed

WEIGHTS = "sample_weight"
"""The optional column of weights of a batch with names."""


def by_name(
    batch: Mapping[str, Any], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[Any, ...]:
    """Returns the inputs, the targets and, if present, the weights of a batch with
    names.

    # Arguments
        batch: columns by name; other names are ignored.
        inputs, outputs: names of the model's inputs and outputs.

    # Raises
        DataError: if a column is missing.
    """
    missing = [name for name in (*inputs, *outputs) if name not in batch]
    if missing:
        raise DataError(
            f"received the columns {listed(batch)}, but none named {listed(missing)}, "
            "like the model's inputs and outputs. Name the layers like the columns, "
            "Input(shape, name=…) and Dense(1, name=…), or make the batch a tuple "
            "(x, y)."
        )
    x = {name: batch[name] for name in inputs}
    y = {name: batch[name] for name in outputs}
    return (x, y, batch[WEIGHTS]) if WEIGHTS in batch else (x, y)


def inputs_of(batch: Any, count: int) -> Any:
    """Returns the inputs of a batch that may come with targets and weights.

    # Arguments
        count: int, the number of the model's inputs.

    # Raises
        DataError: if it is a tuple with too many items.
    """
    if isinstance(batch, list):
        return batch[0] if _has_targets(batch, count) else batch
    if not isinstance(batch, tuple):
        return batch
    if len(batch) not in (1, 2, 3):
        raise DataError(
            f"received {described(batch)}, expected x, (x, y) or (x, y, sample_weight)."
        )
    return batch[0]


def _has_targets(batch: list[Any], count: int) -> bool:
    """Returns whether a list is `[x, y]` or `[x, y, sample_weight]`, as a DataLoader of
    torch makes them, and not a list of inputs, or of rows."""
    if len(batch) not in (2, 3):
        return False
    inputs = batch[0]
    if isinstance(inputs, Mapping):
        return True
    arrays = batch if count == 1 else inputs
    return isinstance(arrays, list) and all(map(_is_array, arrays))


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape")


def described(batch: Any) -> str:
    """Returns the description of an invalid batch for messages."""
    if isinstance(batch, (list, tuple)):
        return f"a {type(batch).__name__} of {len(batch)} items"
    if _is_array(batch):
        return f"an array of shape {tuple(batch.shape)}"
    return f"{batch!r:.60}"
