"""Types of elements (IV.A.2.d), as far as weights and names need them, shapes
(IV.A.2.b), and attributes (IV.A.2.m) of a group or an array."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from oneiros_safe_files.hdf5_format.heaps import GlobalHeaps
from oneiros_safe_files.hdf5_format.source import Fields, UnsupportedError

INTEGER = "integer"
FLOAT = "float"
TEXT = "text"
LONG_TEXT = "text of any length"
OTHER = "other"
"""Kinds of types."""

_TYPE_HEADER = struct.Struct("<BBBBI")
_CLASS_MASK = 0x0F
_INTEGER_CLASS = 0
_FLOAT_CLASS = 1
_TEXT_CLASS = 3
_VARIABLE_CLASS = 9
_VARIABLE_TEXT = 1
_SIGNED = 0x08
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}
"""By bytes: the first bit, the bits, the exponent's first bit and bits, the mantissa's
first bit and bits, and the exponent's bias."""
_IMPLIED_LEADING_BIT = 0x20
_INTEGER_SIZES = (1, 2, 4, 8)
_SIZE_OF_VERSION_1 = 8
_SIZE_OF_VERSION_2 = 4
_NULL = 2
_MAX_DIMENSIONS = 32
_HEADER = struct.Struct("<BBHHH")
_SHARED = 0x03
"""Flag bits: the type or the shape is stored elsewhere."""
_LONG_TEXT = struct.Struct("<IQI")
_ALIGNMENT = 8


@dataclass(frozen=True)
class Datatype:
    """The type of an array's or an attribute's elements.

    # Properties
        kind: `INTEGER`, `FLOAT`, `TEXT`, `LONG_TEXT` or `OTHER`.
        size: int, bytes of an element.
        dtype: the NumPy dtype of integers, floats and texts; None for other kinds.
    """

    kind: str
    size: int
    dtype: np.dtype | None = None


def _numbers() -> Iterator[tuple[bytes, Datatype]]:
    """Yields the messages of plain numbers, without the version, and their types."""
    for order, letter in enumerate("<>"):
        for size in _INTEGER_SIZES:
            properties = struct.pack("<HH", 0, 8 * size)
            for sign, kind in ((0, "u"), (_SIGNED, "i")):
                bits = (_INTEGER_CLASS, order | sign, 0, 0, size)
                dtype = np.dtype(f"{letter}{kind}{size}")
                message = _TYPE_HEADER.pack(*bits) + properties
                yield message, Datatype(INTEGER, size, dtype)
        for size, layout in _IEEE.items():
            bits = (_FLOAT_CLASS, order | _IMPLIED_LEADING_BIT, 8 * size - 1, 0, size)
            message = _TYPE_HEADER.pack(*bits) + struct.pack("<HHBBBBI", *layout)
            yield message, Datatype(FLOAT, size, np.dtype(f"{letter}f{size}"))


_NUMBERS = dict(_numbers())
_LENGTHS = {_INTEGER_CLASS: 12, _FLOAT_CLASS: 20}
"""The lengths of the messages of numbers."""


def parse_datatype(body: bytes) -> Datatype:
    """Reads a datatype message."""
    class_and_version, bits, _, _, size = _TYPE_HEADER.unpack_from(body)
    kind = class_and_version & _CLASS_MASK
    if kind in _LENGTHS:
        message = bytes([kind]) + body[1 : _LENGTHS[kind]]
        return _NUMBERS.get(message, Datatype(OTHER, size))
    if kind == _TEXT_CLASS:
        return Datatype(TEXT, size, np.dtype(f"S{size}") if size else None)
    if kind == _VARIABLE_CLASS and bits & _CLASS_MASK == _VARIABLE_TEXT:
        return Datatype(LONG_TEXT, size)
    return Datatype(OTHER, size)


def parse_shape(body: bytes) -> tuple[int, ...] | None:
    """Returns the shape in a dataspace message, or None if there is no value at all.

    # Raises
        ValueError: if the message is damaged.
    """
    version, rank = body[0], body[1]
    if version not in (1, 2):
        raise ValueError(f"a shape has the unknown version {version}")
    if version == 2 and body[3] == _NULL:
        return None
    if rank > _MAX_DIMENSIONS:
        raise ValueError(f"a shape has {rank} dimensions")
    start = _SIZE_OF_VERSION_1 if version == 1 else _SIZE_OF_VERSION_2
    return struct.unpack_from(f"<{rank}Q", body, start)


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

    def value(self, heaps: GlobalHeaps):
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
    fields = Fields(body, start)
    _, datatype, shape = map(fields.take, sizes)
    return Attribute(parse_datatype(datatype), parse_shape(shape), fields.rest())


def _start(version: int) -> int:
    """Returns where the name begins."""
    if version not in (1, 2, 3):
        raise ValueError(f"an attribute has the unknown version {version}")
    return _HEADER.size + (1 if version == 3 else 0)
