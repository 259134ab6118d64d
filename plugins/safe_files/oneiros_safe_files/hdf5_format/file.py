"""An HDF5 file: its groups and arrays."""

from __future__ import annotations

from functools import cached_property
from io import BufferedIOBase

from oneiros_safe_files.budget import Quota
from oneiros_safe_files.hdf5_format import btrees, object_header
from oneiros_safe_files.hdf5_format.heaps import GlobalHeaps
from oneiros_safe_files.hdf5_format.layout import Layout, parse_filters, parse_layout
from oneiros_safe_files.hdf5_format.links import Link, dense_objects, read_links
from oneiros_safe_files.hdf5_format.object_header import Message, read_messages
from oneiros_safe_files.hdf5_format.source import Source, UnsupportedError, find_root
from oneiros_safe_files.hdf5_format.types import (
    Attribute,
    Datatype,
    attribute_name,
    parse_attribute,
    parse_datatype,
    parse_shape,
)

_ATTRIBUTE_HEAP_ID = slice(0, 8)
_ATTRIBUTE_ORDER_WIDTH = 2


class HDF5File:
    """An HDF5 file that is open for reading. Each object is read once."""

    def __init__(self, file: BufferedIOBase, quota: Quota):
        base, self.root_address = find_root(file, quota.size)
        self.source = Source(file, quota, base)
        self.heaps = GlobalHeaps(self.source)
        self._objects: dict[int, HDF5Object] = {}

    def object(self, address: int) -> HDF5Object:
        """Returns the group or array at an address."""
        if address not in self._objects:
            self._objects[address] = HDF5Object(self, address)
        return self._objects[address]


class HDF5Object:
    """A group or an array.

    # Properties
        file: the file that it is in.
        address: int.
        is_group: bool.
        links: dict, the `Link`s of a group by name.
    """

    def __init__(self, file: HDF5File, address: int):
        self.file = file
        self.address = address
        self._messages = read_messages(file.source, address)
        self._first = {message.kind: message for message in reversed(self._messages)}
        self.is_group = object_header.LAYOUT not in self._first

    @cached_property
    def links(self) -> dict[bytes, Link]:
        """The links of a group by name."""
        return read_links(self.file.source, self._messages)

    def attribute(self, name: bytes) -> Attribute | None:
        """Returns an attribute, or None if there is none of this name."""
        body = self._attributes.get(name)
        return None if body is None else parse_attribute(body)

    @cached_property
    def _attributes(self) -> dict[bytes, bytes]:
        """The attributes as they are stored, by name: most are never asked for."""
        bodies = []
        for message in self._messages:
            if message.kind == object_header.ATTRIBUTE:
                bodies.append(_unshared(message))
            elif message.kind == object_header.ATTRIBUTE_INFO:
                bodies += dense_objects(
                    self.file.source,
                    message.body,
                    btrees.ATTRIBUTE_NAMES,
                    _ATTRIBUTE_HEAP_ID,
                    _ATTRIBUTE_ORDER_WIDTH,
                )
        return {attribute_name(body): body for body in bodies}

    @property
    def datatype(self) -> Datatype:
        """The type of an array's elements."""
        return parse_datatype(self._body(object_header.DATATYPE))

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of an array, or None if it has none."""
        return parse_shape(self._body(object_header.DATASPACE))

    @property
    def layout(self) -> Layout:
        """Where an array's data is."""
        return parse_layout(self._body(object_header.LAYOUT))

    @property
    def filters(self) -> list[int]:
        """The filters of an array's chunks."""
        if object_header.FILTERS not in self._first:
            return []
        return parse_filters(self._body(object_header.FILTERS))

    @property
    def has_external_data(self) -> bool:
        """Whether an array's data is in another file."""
        return object_header.EXTERNAL_FILES in self._first

    def _body(self, kind: int) -> bytes:
        if kind not in self._first:
            raise ValueError(f"an array has no message of type {kind}")
        return _unshared(self._first[kind])


def _unshared(message: Message) -> bytes:
    if message.shared:
        raise UnsupportedError("a part of its description is shared with others")
    return message.body
