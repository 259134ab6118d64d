"""Writes HDF5 with the types of Keras 1: texts as ASCII scalars, lists of names as
fixed-length bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

HEADER_LIMIT = 64_000
"""Maximum size of a fixed-length attribute, which HDF5 stores in the object's
header."""


@contextmanager
def create_hdf5(path: Path) -> Iterator[GroupWriter]:
    """Creates the HDF5 file at `path`, which must not exist; yields its root group.

    # Raises
        OSError: if the system refuses, with only its reason; h5py reports a full disk
            in several ways.
    """
    try:
        with h5py.File(path, "x") as file:
            yield GroupWriter(file)
    except (OSError, RuntimeError) as error:
        reason = re.search(r"errno = (\d+)", str(error))
        if reason is None:
            raise
        raise OSError(int(reason[1]), os.strerror(int(reason[1])), str(path)) from error


class GroupWriter:
    """A group of an HDF5 file that is being written.

    # Arguments
        group: h5py.Group, open for writing.
    """

    def __init__(self, group: Any) -> None:
        self._group = group

    def group(self, name: str) -> GroupWriter:
        """Creates the group `name`."""
        return GroupWriter(self._group.create_group(name))

    def array(self, name: str, value: np.ndarray[Any, Any]) -> None:
        """Stores an array."""
        self._group.create_dataset(name, data=value)

    def text(self, name: str, value: str) -> None:
        """Stores one string as an attribute."""
        encoding = "ascii" if value.isascii() else "utf-8"
        self._group.attrs.create(name, value, dtype=h5py.string_dtype(encoding))

    def texts(self, name: str, values: list[str]) -> None:
        """Stores a list of strings as an attribute."""
        self._group.attrs[name] = np.asarray(
            [value.encode("utf-8") for value in values]
        )
