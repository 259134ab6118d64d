"""Arrays in HDF5 files that stay open while rows are read, so they may be larger than
memory.

As in `hdf5`, it only returns data inside the file and follows no links.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import h5py
from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import loading
from oneiros_safe_files.hdf5 import LINK_NAMES, OTHER_GROUPS
from oneiros_safe_files.hdf5_arrays import reading
from oneiros_safe_files.hdf5_format.links import HARD
from oneiros_safe_files.quota import Quota

KINDS = "biufcS"
"""Supported kinds of NumPy types: numbers, and texts of fixed length."""
FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
    h5py.h5z.FILTER_SZIP,
    h5py.h5z.FILTER_SCALEOFFSET,
    h5py.h5z.FILTER_LZF,
}
"""Filters that h5py includes."""
MORE_FILTERS = "hdf5plugin"
"""The package with other filters, which work if your program imports it."""
MEMORY = Budget(excess_bytes=1 << 30)
"""Default limit for reading: the file's size plus 1 GiB."""
_COPY = "Copy the data into one plain file, e.g. with `h5repack`."


def open_file(path: Path) -> Any:
    """Returns the HDF5 file at `path`, an `h5py.File` that is open for reading."""
    with loading(path), reading(Quota(path, Budget(), path.stat().st_size), "/"):
        return h5py.File(path, "r")


def find_array(file: Any, name: str, budget: Budget = MEMORY) -> Any:
    """Returns the array at the path `name` in an open file, an `h5py.Dataset`.

    # Raises
        UnsafeFileError: if its data is elsewhere, isn't numbers or short texts, or is
            incomplete, or a row needs more memory than the budget.
        FileFormatError: if there is no such array, or it needs a filter that is
            missing.
    """
    quota = _quota(file, budget)
    where = f"/{name.strip('/')}"
    with reading(quota, where):
        dataset = _member(file, where, quota)
        if not isinstance(dataset, h5py.Dataset):
            raise FileFormatError(
                f"{quota.path}: '{where}' is a group, with {list(dataset)!s:.200}. "
                "Pass the path of an array in it."
            )
        _check(dataset, quota, where)
        _check_memory(dataset, quota, where)
    return dataset


@contextmanager
def reading_rows(dataset: Any) -> Iterator[None]:
    """Context manager under which rows of an array from `find_array` are read.

    # Raises
        FileFormatError: if they are damaged.
        FileAccessError: if memory is short, or the system refuses to read them.
    """
    with reading(_quota(dataset.file, MEMORY), dataset.name):
        yield


def read_whole(dataset: Any, budget: Budget = MEMORY) -> Any:
    """Returns the contents of an array from `find_array`, with PyTables' booleans as
    booleans.

    # Raises
        UnsafeFileError: if it needs more memory than the budget.
    """
    nbytes = prod(dataset.shape) * dataset.dtype.itemsize
    _quota(dataset.file, budget).spend_array(dataset.name, nbytes)
    with reading_rows(dataset):
        values = dataset[...]
    if dataset.id.get_type().get_class() == h5py.h5t.BITFIELD:
        return values.astype(bool)
    return values


def _member(file: Any, where: str, quota: Quota) -> Any:
    """Returns the h5py object at a path, which follows no links."""
    member = file
    for step in where.split("/")[1:]:
        if step in OTHER_GROUPS:
            raise quota.refuse(where, "the name leads out of its group", _COPY)
        if not isinstance(member, h5py.Group) or step.encode() not in member.id:
            raise FileFormatError(f"{quota.path} has nothing at '{where}'.")
        link = member.id.links.get_info(step.encode()).type
        if link != HARD:
            name = LINK_NAMES.get(link, "a foreign kind of link")
            raise quota.refuse(where, f"{name} is never followed", _COPY)
        member = member[step]
    return member


def _quota(file: Any, budget: Budget) -> Quota:
    return Quota(Path(file.filename), budget, file.id.get_filesize())


def _check_memory(dataset: Any, quota: Quota, where: str) -> None:
    """Refuses arrays that claim more data than is stored, or have rows or blocks that
    are too large."""
    itemsize = dataset.dtype.itemsize
    nbytes = prod(dataset.shape) * itemsize
    stored = min(dataset.id.get_storage_size(), quota.size)
    if dataset.chunks is None and stored < nbytes:
        raise quota.refuse(
            where, f"the array claims {nbytes:,} bytes but stores fewer", _COPY
        )
    row = prod(dataset.shape[1:]) * itemsize
    block = prod(dataset.chunks or [0]) * itemsize
    allowed = min(quota.size + quota.budget.excess_bytes, quota.budget.array_bytes)
    if max(row, block) > allowed:
        raise quota.refuse(
            where,
            f"a row, or the block around it, needs {max(row, block):,} bytes; the "
            f"limit is {allowed:,}",
            _COPY,
        )


def _check(dataset: Any, quota: Quota, where: str) -> None:
    layout = dataset.id.get_create_plist()
    if layout.get_layout() == h5py.h5d.VIRTUAL or layout.get_external_count():
        raise quota.refuse(where, "the array's data is in another file", _COPY)
    if dataset.dtype.kind not in KINDS or not dataset.shape:
        raise quota.refuse(
            where, "it has no rows of numbers or of texts with a fixed length", _COPY
        )
    filters = {layout.get_filter(index)[0] for index in range(layout.get_nfilters())}
    for number in sorted(filters - FILTERS):
        if MORE_FILTERS not in sys.modules:
            raise FileFormatError(
                f"{quota.path}: the array at '{where}' needs the HDF5 filter {number}, "
                f"which h5py lacks. Type: pip install {MORE_FILTERS}, and import "
                f"{MORE_FILTERS} first."
            )
