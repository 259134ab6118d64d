"""Attributes (IV.A.2.m) of a group or an array."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from oneiros_safe_files.hdf5_format.dataspace import parse_shape
from oneiros_safe_files.hdf5_format.datatype import LONG_TEXT, Datatype, parse_datatype
from oneiros_safe_files.hdf5_format.global_heap import GlobalHeaps
from oneiros_safe_files.hdf5_format.source import UnsupportedError

_HEADER = struct.Struct("<BBHHH")
_SHARED = 0x03
"""Flag bits: the type or the shape is stored elsewhere."""
_LONG_TEXT = struct.Struct("<IQI")
_ALIGNMENT = 8


@dataclass(frozen=True)
class Attribute:
    """An attribute, not converted yet.

    # Properties
        datatype: the type of its elements.
        shape: tuple of int, or None if it has no value.
        data: bytes, its elements.
    """

    datatype: Datatype
    shape: tuple[int, ...] | None
    data: bytes

    def nbytes(self) -> int:
        """Returns the memory that its elements need, as texts of the longest one's
        length."""
        count = prod(self.shape or ())
        if self.datatype.kind != LONG_TEXT:
            return count * max(1, self.datatype.size)
        if count * _LONG_TEXT.size > len(self.data):
            raise ValueError("an attribute has fewer texts than its shape says")
        lengths = [
            _LONG_TEXT.unpack_from(self.data, index * _LONG_TEXT.size)[0]
            for index in range(count)
        ]
        return count * max(lengths, default=0)

    def value(self, heaps: GlobalHeaps) -> Any:
        """Returns its value: bytes or a number, or an array of them.

        # Raises
            ValueError: if it is damaged.
        """
        shape = self.shape or ()
        count = prod(shape)
        if self.datatype.kind == LONG_TEXT:
            values = np.empty(count, object)
            values[:] = [self._long_text(heaps, index) for index in range(count)]
        elif self.datatype.dtype is None:
            values = np.zeros(count, "S1")
        else:
            values = np.frombuffer(self.data, self.datatype.dtype, count)
        return values.reshape(shape)[()]

    def _long_text(self, heaps: GlobalHeaps, index: int) -> bytes:
        length, address, number = _LONG_TEXT.unpack_from(
            self.data, index * _LONG_TEXT.size
        )
        if not length:
            return b""
        text = heaps.object(address, number)
        if length > len(text):
            raise ValueError("a text is longer than what is stored of it")
        return text[:length].rstrip(b"\0")


def attribute_name(body: bytes) -> bytes:
    """Returns the name in an attribute message.

    # Raises
        ValueError: if it is damaged.
    """
    version, _, name_size, _, _ = _HEADER.unpack_from(body)
    start = _start(version)
    return body[start : start + name_size].split(b"\0")[0]


def parse_attribute(body: bytes) -> Attribute:
    """Reads an attribute message.

    # Raises
        ValueError: if it is damaged, or shares its type with other attributes.
    """
    version, flags, name_size, type_size, space_size = _HEADER.unpack_from(body)
    start = _start(version)
    if version > 1 and flags & _SHARED:
        raise UnsupportedError("an attribute's type is shared with others")
    sizes = [name_size, type_size, space_size]
    if version == 1:
        sizes = [-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes]
    type_start = start + sizes[0]
    space_start = type_start + sizes[1]
    data_start = space_start + sizes[2]
    return Attribute(
        datatype=parse_datatype(body[type_start:space_start]),
        shape=parse_shape(body[space_start:data_start]),
        data=body[data_start:],
    )


def _start(version: int) -> int:
    """Returns where the name begins."""
    if version not in (1, 2, 3):
        raise ValueError(f"an attribute has the unknown version {version}")
    return _HEADER.size + (1 if version == 3 else 0)
