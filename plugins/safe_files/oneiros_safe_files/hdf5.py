"""Reads untrusted HDF5 files.

It only returns data inside the file, in the requested group. It doesn't follow external
or soft links, external storage or virtual arrays, doesn't read references or objects,
and checks sizes before it allocates memory. `hdf5_format` reads the structures: HDF5's
C library trusts them, and a damaged file can crash it or keep it busy for ever.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import open_counted
from oneiros_safe_files.hdf5_arrays import COPY, RESAVE, StoredArray, reading
from oneiros_safe_files.hdf5_format import links, types
from oneiros_safe_files.hdf5_format.file import HDF5File, HDF5Object
from oneiros_safe_files.hdf5_format.source import MAGIC
from oneiros_safe_files.names import is_visible
from oneiros_safe_files.quota import Quota

__all__ = ["MAGIC", "StoredArray", "StoredGroup", "hdf5_in_memory", "open_hdf5"]

MAX_DEPTH = 32
MAX_LEVELS = 64
"""How many groups may be inside each other."""
OTHER_GROUPS = {".", ".."}
"""Path components that lead to another group."""
LINK_NAMES = {links.SOFT: "a soft link", links.EXTERNAL: "a link to another file"}


@contextmanager
def open_hdf5(path: Path, budget: Budget) -> Iterator[StoredGroup]:
    """Opens the HDF5 file at `path` for reading; yields its root group."""
    with open_counted(path, budget) as (raw, quota), _opened(raw, quota) as root:
        yield root


def hdf5_in_memory(data: bytes, quota: Quota) -> AbstractContextManager[StoredGroup]:
    """Opens the HDF5 file that `data` contains for reading; returns a context manager
    of its root group.

    # Arguments
        data: bytes, the contents of the file, such as a member of an archive.
        quota: `Quota` of the file, with its size.
    """
    return _opened(io.BytesIO(data), quota)


@contextmanager
def _opened(raw: io.BufferedIOBase, quota: Quota) -> Iterator[StoredGroup]:
    with reading(quota, "/"):
        file = HDF5File(raw, quota)
        root = file.object(file.root_address)
    yield StoredGroup(root, quota, "/")


class StoredGroup:
    """A group of an open HDF5 file. Names are relative paths of plain members."""

    def __init__(self, group: HDF5Object, quota: Quota, where: str) -> None:
        self._group = group
        self.quota = quota
        self.where = where

    def unread(self) -> list[str]:
        """Returns the paths of the groups and arrays that weren't opened; a group
        includes its contents."""
        unread: list[str] = []
        visited: set[int] = set()
        waiting = [(self._group, self.where)]
        while waiting:
            group, where = waiting.pop()
            if group.address in visited:
                continue
            visited.add(group.address)
            with reading(self.quota, where):
                opened, others = self._members_by_use(group, where)
            unread += others
            waiting += opened
        return sorted(unread)

    def _members_by_use(
        self, group: HDF5Object, where: str
    ) -> tuple[list[tuple[HDF5Object, str]], list[str]]:
        """Returns the groups that were opened, and the paths of what wasn't."""
        opened = []
        others = []
        for raw_name, link in group.links.items():
            self.quota.spend_steps()
            self.quota.spend_text(where, len(where) + len(raw_name))
            name = raw_name.decode("utf-8", "backslashreplace")
            shown = name if is_visible(name) else repr(name)
            path = f"{where.rstrip('/')}/{shown}"
            if path not in self.quota.opened:
                others.append(path)
                continue
            member = group.file.object(link.address)
            if member.is_group:
                opened.append((member, path))
        return opened, others

    def __contains__(self, name: str) -> bool:
        with reading(self.quota, self.where):
            return name.encode() in self._group.links

    def group(self, name: str) -> StoredGroup:
        """Returns the group at the relative path `name`."""
        opened, where = self._member(name, is_group=True)
        return StoredGroup(opened, self.quota, where)

    def array(self, name: str) -> StoredArray:
        """Returns the array at the relative path `name`, checked and counted, but not
        read yet."""
        opened, where = self._member(name, is_group=False)
        return StoredArray(opened, self.quota, where)

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
        if _are_texts(value):
            self.quota.spend_steps(value.size)
            return [self._decode(item) for item in value]
        raise FileFormatError(
            f"{self._attribute_name(name)} should be a list of names and is "
            f"{value!r:.80}. {RESAVE}"
        )

    def _attribute(self, name: str) -> Any:
        where = f"attribute {name} of {self.where}"
        with reading(self.quota, where):
            attribute = self._group.attribute(name.encode())
            if attribute is None:
                return None
            if attribute.shape is None:
                raise FileFormatError(
                    f"{self._attribute_name(name)} has no value. {RESAVE}"
                )
            if attribute.datatype.kind == types.OTHER:
                raise self.quota.refuse(
                    where, "the attribute is neither text nor numbers", RESAVE
                )
            self.quota.spend_text(where, attribute.nbytes())
            return attribute.value(self._group.file.heaps)

    def _attribute_name(self, name: str) -> str:
        return f"{self.quota.path}: the attribute '{name}' of '{self.where:.300}'"

    def _member(self, name: str, is_group: bool) -> tuple[HDF5Object, str]:
        """Returns the object at the relative path `name`, and its full path."""
        if not is_visible(name):
            raise self.quota.refuse(
                self.where,
                f"the name {name!r:.80} has characters that aren't shown as they are",
                RESAVE,
            )
        steps = name.split("/")
        where = f"{self.where.rstrip('/')}/{name}"
        leads_out = not all(steps) or not OTHER_GROUPS.isdisjoint(steps)
        if leads_out or len(steps) > MAX_DEPTH or "\0" in name:
            raise self.quota.refuse(
                where, f"the name {name!r:.80} leads out of its group", RESAVE
            )
        if where.count("/") > MAX_LEVELS:
            raise self.quota.refuse(
                where, f"it is inside more than {MAX_LEVELS} groups", RESAVE
            )
        opened = self._group
        with reading(self.quota, where):
            path = self.where.rstrip("/")
            for step in steps:
                self.quota.spend_text(where, len(path) + len(step))
                opened = self._step(opened, step, where)
                path = f"{path}/{step}"
                self.quota.opened.add(path)
        if opened.is_group == is_group:
            return opened, path
        kinds = ("a group", "an array") if is_group else ("an array", "a group")
        raise FileFormatError(
            f"{self.quota.path}: '{path:.300}' should be {' and is '.join(kinds)}. "
            f"{RESAVE}"
        )

    def _step(self, group: HDF5Object, step: str, where: str) -> HDF5Object:
        self.quota.spend_steps()
        link = group.links.get(step.encode()) if group.is_group else None
        if link is None:
            raise FileFormatError(
                f"{self.quota.path} has nothing at '{where:.300}', which the file "
                f"itself names. {RESAVE}"
            )
        if link.kind != links.HARD:
            name = LINK_NAMES.get(link.kind, "a foreign kind of link")
            raise self.quota.refuse(where, f"{name} is never followed", COPY)
        return group.file.object(link.address)

    def _decode(self, text: bytes) -> str:
        try:
            return text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"{self.quota.path}: a name or text at '{self.where:.300}' is not "
                f"UTF-8: {text!r:.80}"
            ) from error


def _are_texts(value: Any) -> bool:
    if not isinstance(value, np.ndarray) or value.ndim != 1:
        return False
    return value.size == 0 or value.dtype.kind in "SO"
