"""Downloads and reads the files of data sets."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import oneiros
from oneiros.errors import (
    ConfigError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros.typing import Array
from oneiros_safe_files import archives, json_text, npy
from oneiros_safe_files.file_access import (
    loading,
    open_regular,
    read_text,
    text_of_path,
)
from oneiros_safe_files.pickles import read_pickle

Part = tuple[Array, Array]
"""Samples and their labels, for training or for testing."""
PathLike = str | os.PathLike[str]
KERAS_2 = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
"""URL of Keras 2's files of the same data sets."""
UNPUBLISHED = None
"""The SHA-256 of the pickles of Keras 1, from which `read_pickle` takes plain data and
nothing else, and of the lists of words: nobody published one."""
RENEW = "If it was downloaded, delete it and run this again."


@dataclass(frozen=True)
class DatasetFile:
    """A data set's file.

    # Attributes
        name: str, its name in the cache.
        origin: str, its URL.
        sha256: str, its SHA-256, or `UNPUBLISHED`.
    """

    name: str
    origin: str
    sha256: str | None = UNPUBLISHED


def located(path: PathLike, source: DatasetFile, *others: DatasetFile) -> Path:
    """Returns the path of a data set's file; downloads it if needed.

    # Arguments
        path: name in the cache, or the path of a file.
        source: DatasetFile, the file that Keras 1 used.
        others: DatasetFile, alternatives, if `path` is the source's name.

    # Raises
        FileMissingError: if none exists or can be downloaded.
    """
    name = os.path.expanduser(text_of_path("path", path))
    if name != source.name:
        return Path(name) if os.path.exists(name) else _get(replace(source, name=name))
    try:
        return _get(source)
    except FileMissingError as error:
        for other in others:
            with suppress(FileMissingError):
                return _get(other)
        alternatives = "".join(
            f" The file {other.name} will do, too: {other.origin}" for other in others
        )
        raise FileMissingError(f"{error}{alternatives}") from error


def _get(source: DatasetFile) -> Path:
    return fetched(source.name, source.origin, sha256=source.sha256)


def fetched(name: str, origin: str, **options) -> Path:
    """Returns the path of a file or a folder; downloads it if needed."""
    return Path(oneiros.utils.data_utils.get_file(name, origin, **options))


def read(path: Path, encoding: str = "bytes"):
    """Reads plain data from a file: a pickle, with or without gzip, NumPy arrays, or
    JSON. Its first bytes determine the format.

    # Arguments
        path: Path of the file.
        encoding: str, encoding of text in pickles of Python 2.

    # Raises
        FileMissingError, FileAccessError: if there is none, or it can't be read.
        FileFormatError: if it is damaged.
        UnsafeFileError: if it contains more than data.
    """
    with loading(path), open_regular(path) as file:
        head = file.read(4)
    try:
        if head in archives.ZIP_MAGIC:
            return npy.read_npz(path, objects=True)
        if head.startswith(b"{"):
            return _read_json(path)
        return read_pickle(path, encoding=encoding)
    except FileFormatError as error:
        raise FileFormatError(f"{error} {RENEW}") from error


def _read_json(path: Path):
    try:
        return json_text.loads(read_text(path))
    except ConfigError as error:
        raise FileFormatError(f"{path} is damaged: {error}") from error
    except UnsafeFileError as error:
        raise UnsafeFileError(f"{path}: {error} {RENEW}") from error


def unexpected(path: Path, expected: str) -> FileFormatError:
    """Returns the error for a readable file with other contents.

    # Arguments
        expected: str, the expected contents.
    """
    return FileFormatError(
        f"{path} isn't the data set. Expected {expected}. If it was downloaded, "
        "delete it and run this again; if it is another file, move it away, or pass "
        "the right one: load_data(path='…')."
    )


def halves(path: Path, expected: str) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Reads `(x_train, y_train), (x_test, y_test)` from a file.

    # Raises
        FileFormatError: if it has other contents.
    """
    data = read(path)
    if isinstance(data, dict):
        data = [
            [data.get(f"x_{half}"), data.get(f"y_{half}")] for half in ("train", "test")
        ]
    if not is_pair(data) or not all(map(is_pair, data)):
        raise unexpected(path, expected)
    train, test = data
    return tuple(train), tuple(test)


def is_pair(value) -> bool:
    """Returns whether a value is a list or tuple of two items."""
    is_sequence = isinstance(value, (list, tuple))
    return is_sequence and len(value) == 2


def read_words(
    path: PathLike, source: DatasetFile, *others: DatasetFile
) -> dict[str, int]:
    """Returns a dict from words to numbers, from the first file that exists or can be
    downloaded.

    # Raises
        FileFormatError: if the file has other contents.
    """
    file = located(path, source, *others)
    words = read(file, encoding="latin1")
    is_dict = isinstance(words, dict)
    if is_dict and are_all(str, words) and are_all(int, words.values()):
        return dict(words)
    raise unexpected(file, "words with their numbers")


def are_all(kind: type, values: Iterable[Any]) -> bool:
    """Returns whether all values are of exactly this type."""
    return {kind}.issuperset(map(type, values))
