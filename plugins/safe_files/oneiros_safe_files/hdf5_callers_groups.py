"""Groups of HDF5 files that the caller opened with h5py."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5 import StoredGroup
from oneiros_safe_files.hdf5_errors import reading
from oneiros_safe_files.hdf5_format.file import HDF5File
from oneiros_safe_files.meter import Meter


def wrap_group(group: Any, budget: Budget) -> StoredGroup:
    """Returns guarded access to an `h5py.Group` that the caller opened.

    It reads a copy of the whole file in memory, as the file may have changes that
    aren't on the disk, or be in memory alone.
    """
    file = group.file
    file.flush()
    content = file.id.get_file_image()
    name = group.name or "/"
    meter = Meter(Path(file.filename), budget, len(content))
    with reading(meter, name):
        stored = HDF5File(io.BytesIO(content), meter)
        opened = stored.object(h5py.h5o.get_info(group.id).addr)
    return StoredGroup(opened, meter, name)
