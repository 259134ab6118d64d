"""HDF5 by its C library: writes files, with the types of Keras 1; reads arrays that may
be larger than memory, by rows; and finds groups that the caller opened with h5py.

Like `hdf5`, it only returns data inside the file and follows no links; but files of
strangers aren't for it.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import h5py
import numpy as np
from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import DATA, Budget, Quota
from oneiros_safe_files.file_access import open_counted, open_regular
from oneiros_safe_files.hdf5 import LINK_NAMES, OTHER_GROUPS, StoredGroup, reading
from oneiros_safe_files.hdf5_format.file import HDF5File
from oneiros_safe_files.hdf5_format.links import HARD

HEADER_LIMIT = 64_000
"""Maximum size of a fixed-length attribute, which HDF5 stores in the object's
header."""
KINDS = "biufcS"
"""Supported kinds of NumPy types: numbers, and texts of fixed length."""
MORE_FILTERS = "hdf5plugin"
"""The package with filters that h5py lacks, which work if your program imports it."""
_COPY = "Copy the data into one plain file, e.g. with `h5repack`."


# Writing


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

    def __init__(self, group) -> None:
        self._group = group

    def group(self, name: str) -> GroupWriter:
        """Creates the group `name`."""
        return GroupWriter(self._group.create_group(name))

    def array(self, name: str, value: np.ndarray) -> None:
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


# Arrays, by rows


def open_file(path: Path):
    """Returns the HDF5 file at `path`, an `h5py.File` that is open for reading."""
    with open_counted(path, DATA) as (_, quota), reading(quota, "/"):
        return h5py.File(path, "r")


def find_array(file, name: str, budget: Budget = DATA):
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
        _check(dataset, quota)
        _check_memory(dataset, quota)
    return dataset


@contextmanager
def reading_rows(dataset) -> Iterator[None]:
    """Context manager under which rows of an array from `find_array` are read.

    # Raises
        FileFormatError: if they are damaged.
        FileAccessError: if memory is short, or the system refuses to read them.
    """
    with reading(_quota(dataset.file, DATA), dataset.name):
        yield


def read_whole(dataset, budget: Budget = DATA):
    """Returns the contents of an array from `find_array`, with PyTables' booleans as
    booleans.

    # Raises
        UnsafeFileError: if it needs more memory than the budget.
    """
    quota = _quota(dataset.file, budget)
    with reading(quota, dataset.name):
        quota.spend_array(prod(dataset.shape) * dataset.dtype.itemsize)
        values = dataset[...]
    if dataset.id.get_type().get_class() == h5py.h5t.BITFIELD:
        return values.astype(bool)
    return values


def _member(file, where: str, quota: Quota):
    """Returns the h5py object at a path, which follows no links."""
    member = file
    for step in where.split("/")[1:]:
        if step in OTHER_GROUPS:
            raise quota.refuse("the name leads out of its group", _COPY)
        if not isinstance(member, h5py.Group) or step.encode() not in member.id:
            raise FileFormatError(f"{quota.path} has nothing at '{where}'.")
        link = member.id.links.get_info(step.encode()).type
        if link != HARD:
            name = LINK_NAMES.get(link, "a foreign kind of link")
            raise quota.refuse(f"{name} is never followed", _COPY)
        member = member[step]
    return member


def _quota(file, budget: Budget) -> Quota:
    return Quota(Path(file.filename), budget, file.id.get_filesize())


def _check_memory(dataset, quota: Quota) -> None:
    """Refuses arrays that claim more data than is stored, or have rows or blocks that
    are too large."""
    itemsize = dataset.dtype.itemsize
    nbytes = prod(dataset.shape) * itemsize
    stored = min(dataset.id.get_storage_size(), quota.size)
    if dataset.chunks is None and stored < nbytes:
        raise quota.refuse(f"the array claims {nbytes:,} bytes but stores fewer", _COPY)
    row = prod(dataset.shape[1:]) * itemsize
    block = prod(dataset.chunks or [0]) * itemsize
    allowed = min(quota.size + quota.budget.excess_bytes, quota.budget.array_bytes)
    if max(row, block) > allowed:
        raise quota.refuse(
            f"a row, or the block around it, needs {max(row, block):,} bytes; the "
            f"limit is {allowed:,}",
            _COPY,
        )


def _check(dataset, quota: Quota) -> None:
    layout = dataset.id.get_create_plist()
    if layout.get_layout() == h5py.h5d.VIRTUAL or layout.get_external_count():
        raise quota.refuse("the array's data is in another file", _COPY)
    if dataset.dtype.kind not in KINDS or not dataset.shape:
        raise quota.refuse(
            "it has no rows of numbers or of texts with a fixed length", _COPY
        )
    for index in range(layout.get_nfilters()):
        number = layout.get_filter(index)[0]
        if not h5py.h5z.filter_avail(number):
            raise FileFormatError(
                f"{quota.path}: the array at '{quota.where}' needs the HDF5 filter "
                f"{number}, which h5py lacks. Type: pip install {MORE_FILTERS}, and "
                f"import {MORE_FILTERS} first."
            )


# Groups of the caller's


@contextmanager
def open_group(group, budget: Budget) -> Iterator[StoredGroup]:
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


def _opened(file: h5py.File) -> io.BufferedIOBase:
    path = Path(file.filename)
    if file.driver == "sec2" and path.is_file():
        opened = os.fstat(file.id.get_vfd_handle())
        if os.path.samestat(opened, path.stat()):
            return open_regular(path)
    return io.BytesIO(file.id.get_file_image())
