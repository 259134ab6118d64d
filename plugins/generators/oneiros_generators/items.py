"""Batches as their makers give them: tuples, lists, or columns by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oneiros.errors import DataError
from oneiros_array_data.naming import listed

WEIGHTS = "sample_weight"
"""The column of weights, which a batch by name may have."""


def by_name(
    batch: Mapping[str, Any], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[Any, ...]:
    """Returns the inputs, targets and perhaps weights of a batch by name.

    # Arguments
        batch: columns by name; those of other names are left out.
        inputs, outputs: names of the model's inputs and outputs.

    # Raises
        DataError: if one of them has no column.
    """
    missing = [name for name in (*inputs, *outputs) if name not in batch]
    if missing:
        raise DataError(
            f"received the columns {listed(batch)}; none are called {listed(missing)}, "
            "as the model's inputs and outputs are. Name layers as the columns, "
            "Input(shape, name=…) and Dense(1, name=…), or make the batch a tuple "
            "(x, y)."
        )
    x = {name: batch[name] for name in inputs}
    y = {name: batch[name] for name in outputs}
    return (x, y, batch[WEIGHTS]) if WEIGHTS in batch else (x, y)


def inputs_of(batch: Any, count: int) -> Any:
    """Returns the inputs of a batch that may come with targets and weights.

    # Arguments
        count: int, how many inputs the model has.

    # Raises
        DataError: if it is a tuple of too many items.
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
    """Tells whether a list is `[x, y]` or `[x, y, sample_weight]`, as a DataLoader of
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
    """Returns how messages show a batch that can't be used."""
    if isinstance(batch, (list, tuple)):
        return f"a {type(batch).__name__} of {len(batch)} items"
    if _is_array(batch):
        return f"an array of shape {tuple(batch.shape)}"
    return f"{batch!r:.60}"
