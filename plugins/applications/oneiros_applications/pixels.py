"""Pixels, as networks take them."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_unit_range(x: Any) -> np.ndarray:
    """Returns pixels of 0 to 255 as numbers from -1 to 1.

    Floats are changed in place.
    """
    pixels = as_floats(x)
    pixels /= 255.0
    pixels -= 0.5
    pixels *= 2.0
    return pixels


def as_floats(x: Any) -> np.ndarray:
    """Returns an array of floats: the same one if it is one."""
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    return array.astype("float32")
