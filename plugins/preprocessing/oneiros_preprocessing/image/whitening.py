"""ZCA whitening: decorrelates pixels, and the results still look like images."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import DataError
from scipy import linalg

Array = np.ndarray[Any, Any]
SMALLEST_VARIANCE = 1e-6
"""Added to variances, some of which are 0."""


def zca_matrix(images: Array) -> Array:
    """Returns the matrix that whitens flattened images.

    # Arguments
        images: array of rank 4, samples first; center them, or the result isn't white.

    # Returns
        Symmetric array of shape `(pixels, pixels)`, where `pixels` is the number of
        values in an image.

    # Raises
        DataError: if there isn't enough memory.

    # References
        - [Learning Multiple Layers of Features from Tiny
          Images](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf)
    """
    flat = images.reshape(len(images), -1)
    pixels = flat.shape[1]
    try:
        covariance = flat.T @ flat / len(flat)
        directions, variances, _ = linalg.svd(covariance)
    except (MemoryError, ValueError) as error:
        gigabytes = pixels**2 * flat.itemsize / 1e9
        raise DataError(
            f"ZCA whitening of images of {pixels} values needs several matrices of "
            f"{gigabytes:.3g} GB each, more than there is ({error}). Make the images "
            "smaller, or use featurewise_std_normalization."
        ) from None
    scales = 1 / np.sqrt(variances + SMALLEST_VARIANCE)
    return np.asarray(directions * scales @ directions.T)


def whitened(image: Array, matrix: Array) -> Array:
    """Returns an image multiplied by the matrix of `zca_matrix`.

    # Raises
        DataError: if the matrix was made for images of another size.
    """
    if image.size != len(matrix):
        raise DataError(
            f"The image has the shape {image.shape}, {image.size} values, but fit saw "
            f"images of {len(matrix)} values. Fit on images of this "
            "shape."
        )
    return np.asarray((image.reshape(-1) @ matrix).reshape(image.shape))
