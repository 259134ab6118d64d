"""Reads in the file itself how long an attribute's texts claim to be: HDF5 allocates
before it checks.

# References
    HDF5 File Format Specification, version 3.0: object headers (IV.A.1), attribute
    message (IV.A.2.m).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import BinaryIO

_CONTINUATION, _ATTRIBUTE = 0x10, 0x0C
_DESCRIPTOR = struct.Struct("<IQI")
_MAX_BLOCKS = 64
_MAX_BLOCK_BYTES = 64 << 20


def longest_text(file: BinaryIO, address: int, name: bytes, count: int) -> int:
    """Returns the greatest length in bytes of the `count` texts in an attribute of the
    object at `address`.

    # Raises
        ValueError: if the attribute isn't stored in the object's header, as Keras'
            files have it.
    """
    lengths = [
        length
        for kind, body in _messages(file, address)
        if kind == _ATTRIBUTE
        for length in _text_lengths(body, name, count)
    ]
    if not lengths and count:
        raise ValueError("the attribute isn't stored in the object's header")
    return max(lengths, default=0)


def _text_lengths(body: bytes, name: bytes, count: int) -> list[int]:
    version, _, name_size, type_size, space_size = struct.unpack_from("<BBHHH", body)
    start = 9 if version == 3 else 8
    if body[start : start + name_size].split(b"\0")[0] != name:
        return []
    sizes = [name_size, type_size, space_size]
    if version == 1:
        sizes = [_padded(size) for size in sizes]
    data = start + sum(sizes)
    return [
        _DESCRIPTOR.unpack_from(body, data + index * _DESCRIPTOR.size)[0]
        for index in range(count)
    ]


def _padded(size: int) -> int:
    """Returns a size up to the next multiple of eight bytes."""
    return math.ceil(size / 8) * 8


def _messages(file: BinaryIO, address: int) -> Iterator[tuple[int, bytes]]:
    head = _read(file, address, 16)
    if head[:4] == b"OHDR":
        first, size, header = _version_2(file, address)
        lead, tail = 4, 4
    else:
        first, header = address + 16, struct.Struct("<HHB3x")
        (size,) = struct.unpack_from("<I", head, 8)
        lead, tail = 0, 0
    blocks = [(first, size)]
    for position, length in blocks:
        block = _read(file, position, length)
        cursor = 0
        while cursor + header.size <= length:
            kind, nbytes = header.unpack_from(block, cursor)[:2]
            body = block[cursor + header.size : cursor + header.size + nbytes]
            cursor += header.size + nbytes
            if kind == _CONTINUATION:
                offset, extent = struct.unpack_from("<QQ", body)
                blocks.append((offset + lead, extent - lead - tail))
                if len(blocks) > _MAX_BLOCKS:
                    raise ValueError(
                        "the object's header is scattered over too many blocks"
                    )
            yield kind, body


def _version_2(file: BinaryIO, address: int) -> tuple[int, int, struct.Struct]:
    flags = _read(file, address + 5, 1)[0]
    width = 1 << (flags & 3)
    position = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    size = int.from_bytes(_read(file, position, width), "little")
    return position + width, size, struct.Struct("<BHB2x" if flags & 4 else "<BHB")


def _read(file: BinaryIO, position: int, length: int) -> bytes:
    file.seek(position)
    data = file.read(min(max(length, 0), _MAX_BLOCK_BYTES))
    if len(data) != length:
        raise ValueError("an object's header reaches beyond the end of the file")
    return data
