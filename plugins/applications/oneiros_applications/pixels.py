"""Scaling of pixels."""

from typing import Any

import numpy as np

from oneiros_applications.preparation import as_floats


def preprocess_input(x: Any) -> np.ndarray:
    """Scales images for InceptionV3 and Xception from 0 to 255 to the range from -1 to
    1.

    # Arguments
        x: array of images, RGB, of any shape. Arrays of floats are changed in place.

    # Returns
        Array of the shape of `x`: `(x / 255 - 0.5) * 2`.

    # Example
        ```python
        import numpy as np
        from oneiros.applications.xception import preprocess_input

        print(preprocess_input(np.array([0.0, 127.5, 255.0])))  # [-1.  0.  1.]
        ```
    """
    pixels = as_floats(x)
    pixels /= 255.0
    pixels -= 0.5
    pixels *= 2.0
    return pixels
