"""Batches out of whole data sets in NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def are_host(arrays: Sequence[Any]) -> bool:
    """Tells whether data is in NumPy arrays, as `Function.borrow` leaves it."""
    return any(isinstance(array, np.ndarray) for array in arrays)


def batches_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows that an index of shape (steps, batch) names, of each array; views, if they can be."""
    flat = index.ravel()
    rows = slice(flat[0], flat[-1] + 1) if flat.size and _is_range(flat) else flat
    return [array[rows].reshape(*index.shape, *array.shape[1:]) for array in arrays]


def _is_range(flat: Array) -> bool:
    return bool(flat[-1] - flat[0] == len(flat) - 1 and (flat[1:] > flat[:-1]).all())
