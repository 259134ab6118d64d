"""Inputs that are all ones, as sample weights are by default: constants, by which
compilers needn't multiply.

Such an input is an array with a single number in memory, as `np.broadcast_to` makes it.
Its values aren't
looked at otherwise: a batch of labels that happen to be ones must not be compiled for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def ones(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """Returns an array of ones with a single number in memory."""
    return np.broadcast_to(np.ones((), dtype), shape)


def is_ones(array: Any) -> bool:
    """Tells whether an array is like those of `ones`."""
    single = (
        isinstance(array, np.ndarray)
        and array.ndim
        and array.size
        and not any(array.strides)
    )
    return bool(single and array.flat[0] == 1)


def without_ones(arrays: Sequence[Any]) -> tuple[tuple[int, ...], list[Any]]:
    """Returns the places of the arrays that are ones, and the other arrays."""
    places = tuple([i for i, array in enumerate(arrays) if is_ones(array)])
    return places, [array for i, array in enumerate(arrays) if i not in places]
