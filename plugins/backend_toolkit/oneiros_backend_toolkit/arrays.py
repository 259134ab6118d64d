"""Arrays that variables keep as they are, where others are copied."""

from __future__ import annotations

from typing import Any

import numpy as np


class Given(np.ndarray[Any, Any]):
    """An array that nobody else uses any more: what is made of it may keep it."""


def given(array: np.ndarray[Any, Any]) -> Given:
    """Returns an array, which its owner gives away."""
    return array.view(Given)


def owned(value: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Returns the array of this type that a variable keeps: a copy, unless it was given
    away."""
    if isinstance(value, Given) and value.dtype == dtype:
        return value.view(np.ndarray)
    return np.array(value, dtype=dtype)
