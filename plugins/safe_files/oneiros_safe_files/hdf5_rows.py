"""Arrays in HDF5 files that stay open while rows of them are read: they may be larger
than memory.

As in `hdf5`, only what lies inside the file is returned, and no link is followed.
"""

from __future__ import annotations

import sys
from math import prod
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
MEMORY = Budget(array_bytes=sys.maxsize, excess_bytes=1 << 30)
"""What reading may take if the caller doesn't say: the file's size, and a GiB more."""
_COPY = "Copy the data into one plain file, e.g. with `h5repack`."


def open_file(path: Path) -> Any:
    """Returns the HDF5 file at `path`, an `h5py.File` that is open for reading."""
    with damage(Meter(path, Budget(), path.stat().st_size), "/"):
        return h5py.File(path, "r")


def find_array(file: Any, name: str, budget: Budget = MEMORY) -> Any:
    """Returns the array at the path `name` in an open file, an `h5py.Dataset`.

    # Raises
        UnsafeFileError: if its data lie elsewhere, aren't numbers or short texts, or
            aren't all there, or if a row takes more memory than the budget.
        FileFormatError: if there is none, or a filter is needed that isn't there.
    """
    meter = _meter(file, budget)
    dataset, where = StoredGroup(file, meter, "/").member(name.strip("/"))
    if not isinstance(dataset, h5py.Dataset):
        raise FileFormatError(
            f"{meter.path}: '{where}' is a group, with {list(dataset)!s:.200}. Pass "
            "the path of an array in it."
        )
    with damage(meter, where):
        _check(dataset, meter, where)
        _check_memory(dataset, meter, where)
    return dataset


def read_whole(dataset: Any, budget: Budget = MEMORY) -> Any:
    """Returns all of an array that `find_array` gave; what PyTables stored as booleans
    are booleans.

    # Raises
        UnsafeFileError: if it takes more memory than the budget.
    """
    nbytes = prod(dataset.shape) * dataset.dtype.itemsize
    _meter(dataset.file, budget).spend_array(dataset.name, nbytes)
    values = dataset[...]
    if dataset.id.get_type().get_class() == h5py.h5t.BITFIELD:
        return values.astype(bool)
    return values


def _meter(file: Any, budget: Budget) -> Meter:
    return Meter(Path(file.filename), budget, file.id.get_filesize())


def _check_memory(dataset: Any, meter: Meter, where: str) -> None:
    """Refuses arrays that claim what isn't stored, or of which a row, or a block that
    holds it, is too large."""
    itemsize = dataset.dtype.itemsize
    nbytes = prod(dataset.shape) * itemsize
    stored = min(dataset.id.get_storage_size(), meter.size)
    if dataset.chunks is None and stored < nbytes:
        raise meter.refuse(
            where, f"the array claims {nbytes:,} bytes and stores fewer", _COPY
        )
    row = prod(dataset.shape[1:]) * itemsize
    block = prod(dataset.chunks or [0]) * itemsize
    allowed = min(meter.size + meter.budget.excess_bytes, meter.budget.array_bytes)
    if max(row, block) > allowed:
        raise meter.refuse(
            where,
            f"a row, or a block that holds it, takes {max(row, block):,} bytes; the "
            f"limit is {allowed:,}",
            _COPY,
        )


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
