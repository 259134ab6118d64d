"""Shared code of CIFAR-10 and CIFAR-100: batches of small photographs."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import oneiros
from oneiros import backend as K
from oneiros_safe_files.file_access import text_of_path

from oneiros_datasets.sources import read, unexpected

CHANNELS = 3
ROWS = 32
COLUMNS = 32
_CLASSES = range(100)
Array = np.ndarray[Any, Any]


def unpacked(folder: str, origin: str, md5: str) -> Path:
    """Returns the path of a data set's folder; downloads the archive if needed."""
    get_file = oneiros.utils.data_utils.get_file
    return Path(get_file(folder, origin=origin, untar=True, md5_hash=md5))


def load_batch(
    fpath: str | os.PathLike[str], label_key: str = "labels"
) -> tuple[Array, list[int]]:
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
    expected = f"images ('data') and their labels ({label_key!r})"
    if not isinstance(batch, dict):
        raise unexpected(path, expected)
    images = _member(batch, "data")
    labels = _member(batch, label_key)
    is_rows = isinstance(images, np.ndarray) and images.dtype == np.uint8
    if not is_rows or images.shape[1:] != (CHANNELS * ROWS * COLUMNS,):
        raise unexpected(path, expected)
    if not isinstance(labels, list) or len(labels) != len(images):
        raise unexpected(path, expected)
    if not all(type(label) is int and label in _CLASSES for label in labels):
        raise unexpected(path, expected)
    return images.reshape(len(images), CHANNELS, ROWS, COLUMNS), labels


def _member(batch: dict[Any, Any], key: str) -> Any:
    """Returns the item of a pickle with a key, which Python 2 wrote as bytes."""
    return batch.get(key.encode(), batch.get(key))


def as_ordered(images: Array) -> Array:
    """Returns images `(n, 3, 32, 32)` in the order of `K.image_dim_ordering()`."""
    if K.image_dim_ordering() == "tf":
        return images.transpose(0, 2, 3, 1)
    return images


def as_column(labels: Any) -> Array:
    """Returns labels as an array `(n, 1)`."""
    return np.reshape(labels, (len(labels), 1))
