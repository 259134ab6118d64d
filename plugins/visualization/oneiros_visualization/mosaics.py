"""Arranges many small images in one picture."""

import math
from typing import Any

import numpy as np

Array = Any
GAP = 1
"""Pixels between two images."""


def mosaic(images: Array) -> Array:
    """Arranges images in rows that form roughly a square.

    # Arguments
        images: array `(n, rows, columns)`, or `(n, rows, columns, 3)` for RGB.

    # Returns
        Float array `(rows, columns)` or `(rows, columns, 3)`. The gaps between images
        are NaN, or, for RGB, ones (white).
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
