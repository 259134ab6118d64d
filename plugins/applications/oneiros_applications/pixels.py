"""Scaling of pixels."""

from typing import Any

import numpy as np


def to_unit_range(x: Any) -> np.ndarray:
    """Scales pixels from 0 to 255 to the range from -1 to 1.

    Arrays of floats are changed in place.
    """
    pixels = as_floats(x)
    pixels /= 255.0
    pixels -= 0.5
    pixels *= 2.0
    return pixels


def as_floats(x: Any) -> np.ndarray:
    """Returns an array of floats: the same array if it already contains floats."""
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    return array.astype("float32")
