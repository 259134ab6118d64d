"""Arranges many small images in one picture."""

import math
from typing import Any

import numpy as np

Array = Any
GAP = 1
"""Pixels between two images."""
LONGER_SIDE = 6.0
"""Length of a picture's longer side in inches."""
NARROWEST = 4.5
"""Minimum width of a picture in inches, so that its title fits."""
SCALE = 1.0
"""Width of a colour scale in inches."""
TITLE = 0.5
"""Height of a title in inches."""


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


def size_of(picture: Array, has_scale: bool) -> tuple[float, float]:
    """Returns width and height in inches of a figure for a picture and its title.

    # Arguments
        picture: array `(rows, columns, …)`.
        has_scale: bool, whether it has a colour scale beside it.
    """
    rows, columns = picture.shape[:2]
    longer = max(rows, columns)
    width = max(LONGER_SIDE * columns / longer, NARROWEST)
    height = max(LONGER_SIDE * rows / longer, LONGER_SIDE / 4)
    if has_scale:
        width += SCALE
    return width, height + TITLE
