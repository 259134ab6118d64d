"""Reads untrusted HDF5 files.

It only returns data inside the file, in the requested group. It doesn't follow external
or soft links, external storage or virtual arrays, doesn't read references or objects,
and checks sizes before it allocates memory.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5_attributes import longest_text
from oneiros_safe_files.hdf5_chunks import check_filters, chunk_count, read_chunks
from oneiros_safe_files.meter import Meter

MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_DEPTH = 32
_COPY = (
    "Copy the data into one plain file, e.g. with `h5copy` or `h5repack`, and load "
    "that."
)
_RESAVE = "Save the model again with the program that wrote it."
_ATTRIBUTE_CLASSES = (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT)
_OTHER_GROUPS = {".", ".."}
"""Path components that lead to another group."""
_LINKS = {
    h5py.h5l.TYPE_SOFT: "a soft link",
    h5py.h5l.TYPE_EXTERNAL: "a link to another file",
}


@contextmanager
def open_hdf5(path: Path, budget: Budget) -> Iterator[StoredGroup]:
    """Opens the HDF5 file at `path` for reading; yields its root group."""
    meter = Meter(path, budget, path.stat().st_size)
    with path.open("rb") as raw:
        with damage(meter, "/"):
            file = h5py.File(path, "r")
        with file:
            if file.id.get_create_plist().get_sizes() != (8, 8):
                raise meter.refuse(
                    "/", "the file's addresses are not 64 bits long", _RESAVE
                )
            yield StoredGroup(file, meter, "/", raw)


def wrap_group(group: Any, budget: Budget) -> StoredGroup:
    """Returns guarded access to an `h5py.Group` that the caller opened."""
    file = group.file
    return StoredGroup(
        group,
        Meter(Path(file.filename), budget, file.id.get_filesize()),
        group.name or "/",
    )


@contextmanager
def damage(meter: Meter, where: str) -> Iterator[None]:
    """Converts h5py's errors to one that names the file and the place."""
    try:
        yield
    except OneirosError:
        raise
    except (
        OSError,
        RuntimeError,
        KeyError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise FileFormatError(
            f"{meter.path} is damaged or truncated, or isn't HDF5: reading '{where}' "
            f"failed ({error}). Restore it from a copy, or save the model again."
        ) from error


class StoredGroup:
    """A group of an open HDF5 file. Names are relative paths of plain members."""

    def __init__(
        self, group: Any, meter: Meter, where: str, raw: BinaryIO | None = None
    ) -> None:
        self._group = group
        self._raw = raw
        self.meter = meter
        self.where = where

    def unread(self) -> list[str]:
        """Returns the paths of the groups and arrays that weren't opened; a group
        includes its contents."""
        unread = []
        with damage(self.meter, self.where):
            self.meter.spend_objects(self.where, self._group.id.get_num_objs())
            for raw_name in self._group.id:
                name = raw_name.decode("utf-8", "backslashreplace")
                where = f"{self.where.rstrip('/')}/{name}"
                if where not in self.meter.opened:
                    unread.append(where)
                    continue
                member = self._group[raw_name]
                if isinstance(member, h5py.Group):
                    group = StoredGroup(member, self.meter, where, self._raw)
                    unread += group.unread()
        return unread

    def __contains__(self, name: str) -> bool:
        with damage(self.meter, self.where):
            return name.encode() in self._group.id

    def group(self, name: str) -> StoredGroup:
        """Returns the group at the relative path `name`."""
        opened, where = self.member(name)
        if not isinstance(opened, h5py.Group):
            raise FileFormatError(
                f"{self.meter.path}: '{where}' should be a group and is an array. "
                f"{_RESAVE}"
            )
        return StoredGroup(opened, self.meter, where, self._raw)

    def array(self, name: str) -> StoredArray:
        """Returns the array at the relative path `name`, checked and counted, but not
        read yet."""
        opened, where = self.member(name)
        if not isinstance(opened, h5py.Dataset):
            raise FileFormatError(
                f"{self.meter.path}: '{where}' should be an array and is a group. "
                f"{_RESAVE}"
            )
        return StoredArray(opened, self.meter, where)

    def text(self, name: str) -> str | None:
        """Returns the attribute `name` as a string, or None if there is none."""
        value = self._attribute(name)
        if value is None:
            return None
        if np.ndim(value) == 0 and isinstance(value, str | bytes):
            return self._decode(value)
        raise FileFormatError(
            f"{self._attribute_name(name)} should be one string and is {value!r:.80}. "
            f"{_RESAVE}"
        )

    def texts(self, name: str) -> list[str] | None:
        """Returns the attribute `name` as a list of strings, or None if there is
        none."""
        value = self._attribute(name)
        if value is None:
            return None
        if _are_texts(value):
            self.meter.spend_objects(self.where, value.size)
            return [self._decode(item) for item in value]
        raise FileFormatError(
            f"{self._attribute_name(name)} should be a list of names and is "
            f"{value!r:.80}. {_RESAVE}"
        )

    def _attribute(self, name: str) -> Any:
        where = f"attribute {name} of {self.where}"
        with damage(self.meter, where):
            if not h5py.h5a.exists(self._group.id, name.encode()):
                return None
            attribute = h5py.h5a.open(self._group.id, name.encode())
            if attribute.shape is None:
                raise FileFormatError(
                    f"{self._attribute_name(name)} has no value. {_RESAVE}"
                )
            kind = attribute.get_type()
            if kind.get_class() not in _ATTRIBUTE_CLASSES:
                raise self.meter.refuse(
                    where, "the attribute is neither text nor numbers", _RESAVE
                )
            count = prod(attribute.shape)
            length = kind.get_size()
            is_text = kind.get_class() == h5py.h5t.STRING
            if self._raw and is_text and kind.is_variable_str():
                address = h5py.h5o.get_info(self._group.id).addr
                length = longest_text(self._raw, address, name.encode(), count)
            self.meter.spend_text(where, count * length)
            return self._group.attrs[name]

    def _attribute_name(self, name: str) -> str:
        return f"{self.meter.path}: the attribute '{name}' of '{self.where}'"

    def member(self, name: str) -> tuple[Any, str]:
        """Returns the h5py object at the relative path `name`, and its full path."""
        steps = name.split("/")
        where = f"{self.where.rstrip('/')}/{name}"
        leads_out = not all(steps) or not _OTHER_GROUPS.isdisjoint(steps)
        if leads_out or len(steps) > MAX_DEPTH or "\0" in name:
            raise self.meter.refuse(
                where, f"the name {name!r:.80} leads out of its group", _RESAVE
            )
        opened = self._group
        with damage(self.meter, where):
            path = self.where.rstrip("/")
            for step in steps:
                opened = self._step(opened, step, where)
                path = f"{path}/{step}"
                self.meter.opened.add(path)
        return opened, where

    def _step(self, group: Any, step: str, where: str) -> Any:
        self.meter.spend_objects(where)
        if not isinstance(group, h5py.Group) or step.encode() not in group.id:
            raise FileFormatError(
                f"{self.meter.path} has nothing at '{where}', which the file itself "
                f"names. {_RESAVE}"
            )
        link = group.id.links.get_info(step.encode()).type
        if link != h5py.h5l.TYPE_HARD:
            raise self.meter.refuse(
                where,
                f"{_LINKS.get(link, 'a foreign kind of link')} is never followed",
                _COPY,
            )
        return group[step]

    def _decode(self, text: str | bytes) -> str:
        if isinstance(text, str):
            text = text.encode("utf-8", "surrogateescape")
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{self.meter.path}: a name or text at '{self.where}' is not UTF-8: "
                f"{text!r:.80}"
            ) from error


def _are_texts(value: Any) -> bool:
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        return False
    return value.size == 0 or value.dtype.kind in "SO"


def _is_plain(kind: Any) -> bool:
    """Returns whether an HDF5 type is an integer or float type of NumPy."""
    if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        return False
    return bool(kind.equal(h5py.h5t.py_create(kind.dtype)))


class StoredArray:
    """An array of an open HDF5 file with a checked type and size.

    # Properties
        shape: tuple of int.
        dtype: NumPy dtype in native byte order.
    """

    def __init__(self, dataset: Any, meter: Meter, where: str) -> None:
        self._dataset = dataset
        self._meter = meter
        self.where = where
        with damage(meter, where):
            self._check()

    def _check(self) -> None:
        dataset = self._dataset
        meter = self._meter
        where = self.where
        layout = dataset.id.get_create_plist()
        if layout.get_layout() == h5py.h5d.VIRTUAL or layout.get_external_count():
            raise meter.refuse(where, "the array's data is in another file", _COPY)
        if not _is_plain(dataset.id.get_type()):
            raise meter.refuse(
                where, "the array doesn't hold plain integers or floats", _RESAVE
            )
        if dataset.shape is None:
            raise FileFormatError(
                f"{meter.path}: the array at '{where}' has no shape. {_RESAVE}"
            )
        self.shape: tuple[int, ...] = dataset.shape
        self.dtype: np.dtype[Any] = dataset.dtype.newbyteorder("=")
        nbytes = prod(self.shape) * self.dtype.itemsize
        if dataset.chunks is None:
            meter.spend_array(where, nbytes)
            if dataset.id.get_storage_size() < nbytes:
                raise meter.refuse(
                    where,
                    f"the array claims {nbytes:,} bytes but stores fewer",
                    _RESAVE,
                )
        else:
            meter.spend_array(
                where, max(nbytes, prod(dataset.chunks) * self.dtype.itemsize)
            )
            meter.spend_objects(where, chunk_count(dataset))
            check_filters(dataset, meter, where)

    def read(self) -> np.ndarray[Any, Any]:
        """Returns the array, in native byte order."""
        with damage(self._meter, self.where):
            if self._dataset.chunks is not None:
                values = read_chunks(self._dataset, self._meter, self.where)
                return values.astype(self.dtype, copy=False)
            values = np.empty(self.shape, self.dtype)
            if values.size:
                self._dataset.read_direct(values)
            return values
