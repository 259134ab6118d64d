"""MNIST: 70,000 handwritten digits of 28 by 28 pixels."""

import numpy as np
from oneiros.arguments import open_to_old_code

from oneiros_datasets.sources import (
    KERAS_2,
    DatasetFile,
    Part,
    PathLike,
    halves,
    located,
    unexpected,
)

PICKLE = DatasetFile(
    "mnist.pkl.gz", "https://s3.amazonaws.com/img-datasets/mnist.pkl.gz"
)
ARRAYS = DatasetFile(
    "mnist.npz",
    f"{KERAS_2}/mnist.npz",
    sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
EXPECTED = "images and labels for training, and images and labels for testing"


@open_to_old_code
def load_data(path: PathLike = "mnist.pkl.gz") -> tuple[Part, Part]:
    """Returns the digits; downloads them if needed.

    # Arguments
        path: name of the file in the cache, or its path; `mnist.npz` of Keras 2 works,
            too.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: uint8 arrays of 60,000 and of 10,000
        images, `(n, 28, 28)`, and of their digits, `(n,)`.

    # Raises
        FileMissingError: if they can't be downloaded. The message says where you can
            put the file by hand.
        FileFormatError: if the file has other contents.

    # References
        Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to
        document recognition. Proceedings of the IEEE, 86(11), 1998.
    """
    file = located(path, PICKLE, ARRAYS)
    parts = halves(file, EXPECTED)
    if not all(_are_digits(*part) for part in parts):
        raise unexpected(file, EXPECTED)
    return parts


def _are_digits(images, labels) -> bool:
    if not (isinstance(images, np.ndarray) and isinstance(labels, np.ndarray)):
        return False
    if images.dtype != np.uint8 or labels.dtype != np.uint8:
        return False
    return images.ndim == 3 and bool(labels.shape == images.shape[:1])
