"""Datatypes (IV.A.2.d), as far as weights and names need them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

INTEGER = "integer"
FLOAT = "float"
TEXT = "text"
LONG_TEXT = "text of any length"
OTHER = "other"
"""Kinds of types."""

_HEADER = struct.Struct("<BBBBI")
_CLASS_MASK = 0x0F
_INTEGER_CLASS = 0
_FLOAT_CLASS = 1
_TEXT_CLASS = 3
_VARIABLE_CLASS = 9
_VARIABLE_TEXT = 1
_BIG_ENDIAN = 0x01
_SIGNED = 0x08
_UNUSUAL_BITS = 0x46
"""Of integers: padding; of floats: the byte order of the VAX, too."""
_INTEGER_LAYOUT = struct.Struct("<HH")
_FLOAT_LAYOUT = struct.Struct("<HHBBBBI")
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15),
    4: (0, 32, 23, 8, 0, 23, 127),
    8: (0, 64, 52, 11, 0, 52, 1023),
}
"""By bytes: the first bit, the bits, the exponent's first bit and bits, the mantissa's
first bit and bits, and the exponent's bias."""
_IMPLIED_LEADING_BIT = 0x20
_NORMALIZATION_MASK = 0x30
_INTEGER_SIZES = (1, 2, 4, 8)


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
    dtype: np.dtype[Any] | None = None


def parse_datatype(body: bytes) -> Datatype:
    """Reads a datatype message."""
    class_and_version, bits, _, high_bits, size = _HEADER.unpack_from(body)
    properties = body[_HEADER.size :]
    kind = class_and_version & _CLASS_MASK
    if kind == _INTEGER_CLASS and _is_plain_integer(bits, size, properties):
        letter = "i" if bits & _SIGNED else "u"
        return Datatype(INTEGER, size, _dtype(bits, letter, size))
    if kind == _FLOAT_CLASS and _is_ieee(bits, high_bits, size, body, properties):
        return Datatype(FLOAT, size, _dtype(bits, "f", size))
    if kind == _TEXT_CLASS:
        return Datatype(TEXT, size, np.dtype(f"S{size}") if size else None)
    if kind == _VARIABLE_CLASS and bits & _CLASS_MASK == _VARIABLE_TEXT:
        return Datatype(LONG_TEXT, size)
    return Datatype(OTHER, size)


def _dtype(bits: int, letter: str, size: int) -> np.dtype[Any]:
    order = ">" if bits & _BIG_ENDIAN else "<"
    return np.dtype(f"{order}{letter}{size}")


def _is_plain_integer(bits: int, size: int, properties: bytes) -> bool:
    if size not in _INTEGER_SIZES or bits & _UNUSUAL_BITS:
        return False
    return _INTEGER_LAYOUT.unpack_from(properties) == (0, 8 * size)


def _is_ieee(
    bits: int, high_bits: int, size: int, body: bytes, properties: bytes
) -> bool:
    if size not in _IEEE or bits & _UNUSUAL_BITS:
        return False
    if bits & _NORMALIZATION_MASK != _IMPLIED_LEADING_BIT:
        return False
    sign_bit = body[2]
    if high_bits or sign_bit != 8 * size - 1:
        return False
    return _FLOAT_LAYOUT.unpack_from(properties) == _IEEE[size]
