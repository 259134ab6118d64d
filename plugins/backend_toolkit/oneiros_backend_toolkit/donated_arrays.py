"""Arrays that variables keep as they are, where others are copied.

Without it loading 105 MB of dense layers on Theano takes 1.07 times as long,
and 899 MB at most instead of 799 (`benchmarks/mechanisms.py arrays`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Donated(np.ndarray[Any, Any]):
    """An array that nobody else uses any more: a variable may keep its memory."""


def donated(array: Array) -> Donated:
    """Returns an array whose owner gives it up to the variable made of it."""
    return array.view(Donated)


def owned(value: Any, dtype: Any) -> Array:
    """Returns the array that a variable keeps: a copy, unless it was donated.

    # Arguments
        value: what the variable is made of.
        dtype: type of the variable.
    """
    if isinstance(value, Donated) and value.dtype == dtype:
        return value.view(np.ndarray)
    return np.array(value, dtype=dtype)
