"""Shared code of CIFAR-10 and CIFAR-100: batches of small photographs."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.typing import Array
from oneiros_safe_files.file_access import text_of_path

from oneiros_datasets.sources import Part, PathLike, are_all, read, unexpected

SHAPE = (3, 32, 32)
CLASSES = frozenset(range(100))


def load_batch(fpath: PathLike, label_key: str = "labels") -> tuple[Array, list[int]]:
    """Reads a CIFAR file.

    # Arguments
        fpath: path of the file from the archive.
        label_key: str, the labels' name in the file: `"labels"` in CIFAR-10,
            `"fine_labels"` or `"coarse_labels"` in CIFAR-100.

    # Returns
        The images, a uint8 array `(n, 3, 32, 32)`, and a list of their labels.

    # Raises
        FileFormatError: if the file has other contents.
        UnsafeFileError: if it contains more than data.
    """
    path = Path(text_of_path("fpath", fpath))
    batch = read(path)
    if isinstance(batch, dict):
        images, labels = _member(batch, "data"), _member(batch, label_key)
        is_array = isinstance(images, np.ndarray) and images.dtype == np.uint8
        are_rows = is_array and images.shape[1:] == (math.prod(SHAPE),)
        are_numbers = isinstance(labels, list) and are_all(int, labels)
        are_classes = are_numbers and {*labels} <= CLASSES
        if are_rows and are_classes and len(labels) == len(images):
            return images.reshape(-1, *SHAPE), labels
    raise unexpected(path, f"images ('data') and their labels ({label_key!r})")


def _member(batch: dict[Any, Any], key: str):
    """Returns the item of a pickle with a key, which Python 2 wrote as bytes."""
    return batch.get(key.encode(), batch.get(key))


def as_part(images: Array, labels) -> Part:
    """Returns images `(n, 3, 32, 32)` in the order of `K.image_dim_ordering()`, and
    their labels as an array `(n, 1)`."""
    if K.image_dim_ordering() == "tf":
        images = images.transpose(0, 2, 3, 1)
    return images, np.reshape(labels, (len(labels), 1))
