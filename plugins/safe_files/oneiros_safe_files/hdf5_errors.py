"""Errors of reading HDF5, each with the file and the place."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.file_access import is_refusal, unreadable
from oneiros_safe_files.hdf5_format.source import UnsupportedError
from oneiros_safe_files.quota import Quota

COPY = (
    "Copy the data into one plain file, e.g. with `h5copy` or `h5repack`, and load "
    "that."
)
RESAVE = "Save the model again with the program that wrote it."
"""What to do about a file that is refused."""
_FOREIGN = (
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


@contextmanager
def reading(quota: Quota, where: str) -> Iterator[None]:
    """Converts errors to one that names the file and the place `where`.

    # Raises
        FileFormatError: if the file is damaged, or has what isn't supported.
        FileAccessError: if the system refuses to read it.
    """
    quota.where = where
    try:
        yield
    except OneirosError:
        raise
    except UnsupportedError as error:
        raise FileFormatError(
            f"{quota.path}: '{where:.300}' can't be read: {error}. Type: h5repack OLD "
            "NEW, and load NEW."
        ) from error
    except _FOREIGN as error:
        if is_refusal(error):
            raise unreadable(quota.path, error) from error
        raise FileFormatError(
            f"{quota.path} is damaged or truncated, or isn't HDF5: reading "
            f"'{where:.300}' failed ({error}). Restore it from a copy, or save the "
            "model again."
        ) from error
