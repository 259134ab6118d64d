"""The position of a source of batches: its own state, or that of NumPy's generator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


class WithState:
    """An iterator over batches, each with the state of the source after it.

    # Arguments
        source: iterator with `get_state()`.
    """

    def __init__(self, source: Any) -> None:
        self._source = source

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> tuple[Any, Any]:
        return next(self._source), self._source.get_state()


def has_state(source: Any) -> bool:
    """Returns whether the position of a source can be saved and restored."""
    return hasattr(source, "get_state") and hasattr(source, "set_state")


def same_random_state(state: Any, other_state: Any) -> bool:
    """Returns whether two states of NumPy's generator are the same."""
    return all(
        np.array_equal(part, other_part)
        for part, other_part in zip(state, other_state, strict=True)
    )
