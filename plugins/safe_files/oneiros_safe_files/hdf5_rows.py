"""Arrays in HDF5 files that stay open while rows of them are read: they may be larger
than memory.

As in `hdf5`, only what lies inside the file is returned, and no link is followed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5 import StoredGroup, damage
from oneiros_safe_files.meter import Meter

KINDS = "biufcS"
"""Kinds of NumPy types that are read: numbers, and texts of fixed length."""
FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_SZIP,
    h5py.h5z.FILTER_SCALEOFFSET,
    h5py.h5z.FILTER_LZF,
}
"""Filters that are part of h5py."""
MORE_FILTERS = "hdf5plugin"
"""The package that has the others; they are used if the program has imported it."""
_COPY = "Copy the data into one plain file, e.g. with `h5repack`."


def open_file(path: Path) -> Any:
    """Returns the HDF5 file at `path`, an `h5py.File` that is open for reading."""
    with damage(Meter(path, Budget(), path.stat().st_size), "/"):
        return h5py.File(path, "r")


def find_array(file: Any, name: str) -> Any:
    """Returns the array at the path `name` in an open file, an `h5py.Dataset`.

    # Raises
        UnsafeFileError: if its data lie elsewhere, or aren't numbers or short texts.
        FileFormatError: if there is none, or a filter is needed that isn't there.
    """
    meter = Meter(Path(file.filename), Budget(), file.id.get_filesize())
    dataset, where = StoredGroup(file, meter, "/").member(name.strip("/"))
    if not isinstance(dataset, h5py.Dataset):
        raise FileFormatError(
            f"{meter.path}: '{where}' is a group, with {list(dataset)!s:.200}. Pass "
            "the path of an array in it."
        )
    with damage(meter, where):
        _check(dataset, meter, where)
    return dataset


def read_whole(dataset: Any) -> Any:
    """Returns all of an array that `find_array` gave; what PyTables stored as booleans
    are booleans."""
    values = dataset[...]
    if dataset.id.get_type().get_class() == h5py.h5t.BITFIELD:
        return values.astype(bool)
    return values


def _check(dataset: Any, meter: Meter, where: str) -> None:
    layout = dataset.id.get_create_plist()
    if layout.get_layout() == h5py.h5d.VIRTUAL or layout.get_external_count():
        raise meter.refuse(where, "the array's data lie in another file", _COPY)
    if dataset.dtype.kind not in KINDS or not dataset.shape:
        raise meter.refuse(
            where, "it has no rows of numbers, or of texts of a fixed length", _COPY
        )
    filters = {layout.get_filter(index)[0] for index in range(layout.get_nfilters())}
    for number in sorted(filters - FILTERS):
        if MORE_FILTERS not in sys.modules:
            raise FileFormatError(
                f"{meter.path}: the array at '{where}' needs the HDF5 filter {number}, "
                f"which h5py hasn't. Type: pip install {MORE_FILTERS}, and import "
                f"{MORE_FILTERS} first."
            )
