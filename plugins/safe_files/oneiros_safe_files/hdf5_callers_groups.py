"""Groups of HDF5 files that the caller opened with h5py."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import h5py

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import open_regular
from oneiros_safe_files.hdf5 import StoredGroup
from oneiros_safe_files.hdf5_arrays import reading
from oneiros_safe_files.hdf5_format.file import HDF5File
from oneiros_safe_files.quota import Quota


@contextmanager
def open_group(group: Any, budget: Budget) -> Iterator[StoredGroup]:
    """Context manager that gives guarded access to an `h5py.Group` that the caller
    opened.

    It writes the file's changes to the disk and opens the file once more. If it is in
    memory or in several files, it reads a copy.
    """
    file = group.file
    file.flush()
    name = group.name or "/"
    with _opened(file) as source:
        size = source.seek(0, os.SEEK_END)
        quota = Quota(Path(file.filename), budget, size)
        with reading(quota, name):
            stored = HDF5File(source, quota)
            opened = stored.object(h5py.h5o.get_info(group.id).addr)
        yield StoredGroup(opened, quota, name)


def _opened(file: h5py.File) -> BufferedIOBase:
    if _is_at_its_path(file):
        return open_regular(Path(file.filename))
    return io.BytesIO(file.id.get_file_image())


def _is_at_its_path(file: h5py.File) -> bool:
    if file.driver != "sec2" or not Path(file.filename).is_file():
        return False
    opened = os.fstat(file.id.get_vfd_handle())
    return os.path.samestat(opened, Path(file.filename).stat())
