"""Many small images as one picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any
GAP = 1
"""Pixels between two images."""
LONGER_SIDE = 6.0
"""Inches of the longer side of a picture."""
NARROWEST = 4.5
"""Inches of the width of a picture, at least: its title must fit."""
SCALE = 1.0
"""Inches that a scale of colours takes of the width."""
TITLE = 0.5
"""Inches that a title takes of the height."""


def mosaic(images: Array) -> Array:
    """Returns images side by side, in rows that make about a square.

    # Arguments
        images: array `(n, rows, columns)`, or `(n, rows, columns, 3)` for colours.

    # Returns
        Array `(rows, columns)` or `(rows, columns, 3)` of float; NaN between images, or
        ones, which are white, for colours.
    """
    count, height, width, *channels = images.shape
    across = math.ceil(math.sqrt(count * height / width))
    across = min(max(across, 1), count)
    down = math.ceil(count / across)
    shape = (down * (height + GAP) - GAP, across * (width + GAP) - GAP, *channels)
    canvas = np.full(shape, 1.0 if channels else np.nan)
    for index, image in enumerate(images):
        row, column = divmod(index, across)
        top = row * (height + GAP)
        left = column * (width + GAP)
        canvas[top : top + height, left : left + width] = image
    return canvas


def size_of(picture: Array, has_scale: bool) -> tuple[float, float]:
    """Returns width and height in inches of a figure for a picture and its title.

    # Arguments
        picture: array `(rows, columns, …)`.
        has_scale: bool, whether a scale of colours stands beside it.
    """
    rows, columns = picture.shape[:2]
    longer = max(rows, columns)
    width = max(LONGER_SIDE * columns / longer, NARROWEST)
    height = max(LONGER_SIDE * rows / longer, LONGER_SIDE / 4)
    if has_scale:
        width += SCALE
    return width, height + TITLE
