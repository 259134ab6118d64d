"""Reads untrusted HDF5 files.

It only returns data inside the file, in the requested group. It doesn't follow external
or soft links, external storage or virtual arrays, doesn't read references or objects,
and checks sizes before it allocates memory. `hdf5_format` reads the structures: HDF5's
C library trusts them, and a damaged file can crash it or keep it busy for ever.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

import numpy as np
from oneiros.errors import FileFormatError, OneirosError, UnsafeFileError
from oneiros.typing import Array

from oneiros_safe_files.budget import Budget, Quota
from oneiros_safe_files.file_access import is_refusal, open_counted, unreadable
from oneiros_safe_files.hdf5_format import layout, links, types
from oneiros_safe_files.hdf5_format.file import HDF5File, HDF5Object
from oneiros_safe_files.hdf5_format.layout import (
    SUPPORTED,
    Chunk,
    Pipeline,
    find_chunks,
    grid,
)
from oneiros_safe_files.hdf5_format.source import MAGIC, UNDEFINED, UnsupportedError
from oneiros_safe_files.names import is_visible

__all__ = ["MAGIC", "StoredGroup", "open_hdf5", "opened_hdf5"]

COPY = (
    "Copy the data into one plain file, e.g. with `h5copy` or `h5repack`, and load "
    "that."
)
RESAVE = "Save the model again with the program that wrote it."
"""What to do about a file that is refused."""
_AXES_PER_STEP = 8
"""How many axes of a block's position take as long as a step."""
_OVERHEAD_BYTES = 1024
"""How much longer than its elements a compressed block may be, beside one per cent."""
MAX_LEVELS = 64
"""How many groups may be inside each other."""
OTHER_GROUPS = {".", ".."}
"""Path components that lead to another group."""
LINK_NAMES = {links.SOFT: "a soft link", links.EXTERNAL: "a link to another file"}


@contextmanager
def open_hdf5(path: Path, budget: Budget) -> Iterator[StoredGroup]:
    """Opens the HDF5 file at `path` for reading; yields its root group."""
    with open_counted(path, budget) as (raw, quota), opened_hdf5(raw, quota) as root:
        yield root


@contextmanager
def opened_hdf5(raw: io.BufferedIOBase, quota: Quota) -> Iterator[StoredGroup]:
    """Opens an HDF5 file that is open, such as a member of an archive in memory; yields
    its root group.

    # Arguments
        raw: the file.
        quota: `Quota` of the file, with its size.
    """
    with reading(quota, "/"):
        file = HDF5File(raw, quota)
        root = file.object(file.root_address)
    yield StoredGroup(root, quota, "/")


class StoredGroup:
    """A group of an open HDF5 file. Names are relative paths of plain members."""

    def __init__(self, group: HDF5Object, quota: Quota, where: str):
        self._object = group
        self.quota = quota
        self.where = where
        self._opened: dict[str, StoredGroup | None] = {}

    def unread(self) -> list[str]:
        """Returns the paths of the groups and arrays that weren't opened; a group
        includes its contents."""
        unread: list[str] = []
        visited: set[int] = set()
        waiting = [self]
        while waiting:
            group = waiting.pop()
            if group._object.address not in visited:
                visited.add(group._object.address)
                unread += group._unopened()
                waiting += filter(None, group._opened.values())
        return sorted(unread)

    def _unopened(self) -> Iterator[str]:
        with reading(self.quota, self.where):
            for raw_name in self._object.links:
                self.quota.spend_steps()
                self.quota.spend_text(len(self.where) + len(raw_name))
                name = raw_name.decode("utf-8", "backslashreplace")
                if name not in self._opened:
                    yield self._path(name if is_visible(name) else repr(name))

    def _path(self, name: str) -> str:
        return f"{self.where.rstrip('/')}/{name}"

    def __contains__(self, name: str) -> bool:
        with reading(self.quota, self.where):
            return name.encode() in self._object.links

    def group(self, name: str) -> StoredGroup:
        """Returns the group at the relative path `name`."""
        return self._at(self._steps(name))

    def groups(self) -> Iterator[StoredGroup]:
        """Yields this group and those inside.

        # Raises
            UnsafeFileError: if one has two names: groups that contain each other could
                be read for ever.
        """
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            group = waiting.pop()
            if group._object.address in seen:
                self.quota.where = group.where
                raise self.quota.refuse("the group has another name, too", RESAVE)
            seen.add(group._object.address)
            yield group
            waiting += group._inner_groups()

    def _inner_groups(self) -> Iterator[StoredGroup]:
        with reading(self.quota, self.where):
            names = [
                name.decode("utf-8", "backslashreplace")
                for name, link in self._object.links.items()
                if link.kind == links.HARD
                and self._object.file.object(link.address).is_group
            ]
        yield from map(self.group, names)

    def array(self, name: str) -> Array:
        """Returns the array at the relative path `name`, checked and counted before it
        is read."""
        *around, last = self._steps(name)
        return self._at(around)._array(last)

    def _steps(self, name: str) -> list[str]:
        """Returns the parts of a path, which stays in this group."""
        steps = name.split("/")
        if not is_visible(name):
            reason = "has characters that aren't shown as they are"
        elif not all(steps) or not OTHER_GROUPS.isdisjoint(steps):
            reason = "leads out of its group"
        else:
            return steps
        self.quota.where = self.where
        raise self.quota.refuse(f"the name {name!r:.80} {reason}", RESAVE)

    def _at(self, steps: list[str]) -> StoredGroup:
        group = self
        for step in steps:
            opened = group._opened.get(step)
            if opened is None:
                member = group._member(step, is_group=True)
                opened = StoredGroup(member, group.quota, group._path(step))
                group._opened[step] = opened
            group = opened
        return group

    def _array(self, name: str) -> Array:
        member = self._member(name, is_group=False)
        self._opened[name] = None
        with reading(self.quota, self._path(name)):
            return ArrayReader(member, self.quota).read()

    def numbered(self, prefix: str = "") -> Iterator[str]:
        """Yields the names of members that are numbered from 0."""
        names = (f"{prefix}{number}" for number in itertools.count())
        return itertools.takewhile(self.__contains__, names)

    def text(self, name: str) -> str | None:
        """Returns the attribute `name` as a string, or None if there is none."""
        value = self._attribute(name)
        if value is None:
            return None
        if np.ndim(value) == 0 and isinstance(value, bytes):
            return self._decode(value)
        raise FileFormatError(
            f"{self._attribute_name(name)} should be one string and is {value!r:.80}. "
            f"{RESAVE}"
        )

    def texts(self, name: str) -> list[str] | None:
        """Returns the attribute `name` as a list of strings, or None if there is
        none."""
        value = self._attribute(name)
        if value is None:
            return None
        is_list = isinstance(value, np.ndarray) and value.ndim == 1
        if is_list and (value.size == 0 or value.dtype.kind in "SO"):
            self.quota.spend_steps(value.size)
            return [self._decode(item) for item in value]
        raise FileFormatError(
            f"{self._attribute_name(name)} should be a list of names and is "
            f"{value!r:.80}. {RESAVE}"
        )

    def _attribute(self, name: str):
        where = f"attribute {name} of {self.where}"
        with reading(self.quota, where):
            attribute = self._object.attribute(name.encode())
            if attribute is None:
                return None
            if attribute.shape is None:
                raise FileFormatError(
                    f"{self._attribute_name(name)} has no value. {RESAVE}"
                )
            if attribute.datatype.kind == types.OTHER:
                raise self.quota.refuse(
                    "the attribute is neither text nor numbers", RESAVE
                )
            self.quota.spend_text(attribute.nbytes())
            return attribute.value(self._object.file.heaps)

    def _attribute_name(self, name: str) -> str:
        return f"{self.quota.path}: the attribute '{name}' of '{self.where:.300}'"

    def _member(self, name: str, is_group: bool) -> HDF5Object:
        where = self._path(name)
        with reading(self.quota, where):
            if where.count("/") > MAX_LEVELS:
                reason = f"it is inside more than {MAX_LEVELS} groups"
                raise self.quota.refuse(reason, RESAVE)
            self.quota.spend_steps()
            self.quota.spend_text(len(where))
            link = self._object.links.get(name.encode())
            if link is None:
                raise FileFormatError(
                    f"{self.quota.path} has nothing at '{where:.300}', which the file "
                    f"itself names. {RESAVE}"
                )
            if link.kind != links.HARD:
                kind = LINK_NAMES.get(link.kind, "a foreign kind of link")
                raise self.quota.refuse(f"{kind} is never followed", COPY)
            member = self._object.file.object(link.address)
        if member.is_group == is_group:
            return member
        kinds = ("a group", "an array") if is_group else ("an array", "a group")
        raise FileFormatError(
            f"{self.quota.path}: '{where:.300}' should be {' and is '.join(kinds)}. "
            f"{RESAVE}"
        )

    def _decode(self, text: bytes) -> str:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{self.quota.path}: a name or text at '{self.where:.300}' is not "
                f"UTF-8: {text!r:.80}"
            ) from error


class ArrayReader:
    """Reads an array of an open HDF5 file, once its type and size are checked."""

    def __init__(self, dataset: HDF5Object, quota: Quota):
        self._dataset = dataset
        self._layout = dataset.layout
        self._quota = quota
        if self._layout.kind == layout.VIRTUAL or dataset.has_external_data:
            raise self._refusal("the array's data is in another file", COPY)
        kind = dataset.datatype
        if kind.kind not in (types.INTEGER, types.FLOAT) or kind.dtype is None:
            raise self._refusal("the array doesn't hold plain integers or floats")
        if dataset.shape is None:
            raise FileFormatError(
                f"{quota.path}: the array at '{quota.where:.300}' has no shape. "
                f"{RESAVE}"
            )
        self._shape = dataset.shape
        self._dtype = kind.dtype

    def _refusal(self, reason: str, instead: str = RESAVE) -> UnsafeFileError:
        return self._quota.refuse(reason, instead)

    def read(self) -> Array:
        """Returns the array, in native byte order."""
        is_chunked = self._layout.kind == layout.CHUNKED
        values = self._read_chunks() if is_chunked else self._read_plain()
        return values.astype(self._dtype.newbyteorder("="), copy=False)

    def _read_plain(self) -> Array:
        nbytes = prod(self._shape) * self._dtype.itemsize
        self._quota.spend_array(nbytes)
        stored = self._layout.size
        if self._layout.address == UNDEFINED:
            stored = 0
        if stored is not None and stored < nbytes:
            reason = f"the array claims {nbytes:,} bytes but stores fewer"
            raise self._refusal(reason)
        values = np.empty(self._shape, self._dtype)
        if not values.size:
            return values
        if self._layout.kind == layout.CONTIGUOUS:
            self._dataset.file.source.read_into(self._layout.address, values)
            return values
        data = np.frombuffer(self._layout.data, self._dtype, values.size)
        values[...] = data.reshape(values.shape)
        return values

    def _read_chunks(self) -> Array:
        shape = self._layout.chunks
        itemsize = self._dtype.itemsize
        pipeline = self._checked_pipeline()
        values = np.empty(self._shape, self._dtype)
        source = self._dataset.file.source
        chunks = find_chunks(source, self._layout, self._shape, itemsize)
        for position in grid(self._shape, shape):
            block = self._decoded(chunks.get(position), position, pipeline)
            ends = zip(position, shape)
            target = values[tuple(slice(start, start + size) for start, size in ends)]
            target[...] = block[tuple(slice(0, size) for size in target.shape)]
            del block
        return values

    def _checked_pipeline(self) -> Pipeline:
        """Returns what decodes the array's chunks, whose number and size are
        counted."""
        chunks = self._layout.chunks
        if len(chunks) != len(self._shape) or not all(chunks):
            raise ValueError(f"its blocks have the impossible shape {chunks}")
        sizes = zip(self._shape, chunks)
        count = prod(-(-size // chunk) for size, chunk in sizes)
        block = prod(chunks) * self._dtype.itemsize
        quota = self._quota
        quota.spend_array(max(count, 1) * block)
        quota.spend_steps(count * (1 + len(chunks) // _AXES_PER_STEP))
        filters = self._dataset.filters
        if filters:
            quota.check_block(block)
        for number in sorted(set(filters) - SUPPORTED):
            raise self._refusal(
                f"the array is stored with the HDF5 filter {number}",
                "Run `h5repack -f NONE` on it, and load the result.",
            )
        return Pipeline(filters, block, self._dtype.itemsize)

    def _decoded(
        self, chunk: Chunk | None, position: tuple[int, ...], pipeline: Pipeline
    ) -> Array:
        nbytes = pipeline.nbytes
        longest = nbytes + nbytes // 100 + _OVERHEAD_BYTES
        if chunk is None or chunk.address == UNDEFINED or chunk.size > longest:
            raise self._refusal(f"the block at {position} is missing or too long")
        self._quota.spend_read(chunk.size)
        data = self._dataset.file.source.read_data(chunk.address, chunk.size)
        decoded = pipeline.decode(data, chunk.skipped)
        if len(decoded) != nbytes:
            raise FileFormatError(
                f"{self._quota.path} is damaged: a block of "
                f"'{self._quota.where:.300}' has {len(decoded)} bytes, not {nbytes}."
            )
        return np.frombuffer(decoded, self._dtype).reshape(self._layout.chunks)


# Errors


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
    except Exception as error:
        if is_refusal(error):
            raise unreadable(quota.path, error) from error
        raise FileFormatError(
            f"{quota.path} is damaged or truncated, or isn't HDF5: reading "
            f"'{where:.300}' failed ({error}). Restore it from a copy, or save the "
            "model again."
        ) from error
