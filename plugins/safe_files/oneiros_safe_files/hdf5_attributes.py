"""Reads the claimed length of an attribute's texts from the file itself, because HDF5
allocates memory before it checks.

# References
    HDF5 File Format Specification, version 3.0: object headers (IV.A.1), attribute
    message (IV.A.2.m).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_CONTINUATION = 0x10
_ATTRIBUTE = 0x0C
"""Message types."""
_DESCRIPTOR = struct.Struct("<IQI")
_MAX_BLOCKS = 64
_MAX_BLOCK_BYTES = 64 << 20

_SIGNATURE_2 = b"OHDR"
"""Signature of an object header of version 2."""
_STORES_ORDER = 0x04
_STORES_PHASE_CHANGE = 0x10
_STORES_TIMES = 0x20
_WIDTH_OF_SIZE = 0x03
"""Flag bits in an object header of version 2."""


@dataclass(frozen=True)
class _ObjectHeader:
    """The location of an object's messages.

    # Properties
        first_message: int, the address of the first block of messages.
        size: int, the size of that block in bytes.
        message_header: the header of each message, with its type and size.
        signature_size: int, the bytes before the messages in later blocks.
        checksum_size: int, the bytes after them.
    """

    first_message: int
    size: int
    message_header: struct.Struct
    signature_size: int = 0
    checksum_size: int = 0


def longest_text(file: BinaryIO, address: int, name: bytes, count: int) -> int:
    """Returns the maximum length in bytes of the `count` texts in an attribute of the
    object at `address`.

    # Raises
        ValueError: if the attribute isn't stored in the object's header, as in Keras's
            files.
    """
    lengths: list[int] = []
    for kind, body in _messages(file, address):
        if kind == _ATTRIBUTE:
            lengths += _text_lengths(body, name, count)
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
    """Rounds a size up to a multiple of eight bytes."""
    return math.ceil(size / 8) * 8


def _messages(file: BinaryIO, address: int) -> Iterator[tuple[int, bytes]]:
    """Yields the types and contents of an object's messages."""
    header = _object_header(file, address)
    header_size = header.message_header.size
    blocks = [(header.first_message, header.size)]
    for position, length in blocks:
        block = _read(file, position, length)
        cursor = 0
        while cursor + header_size <= length:
            kind, nbytes = header.message_header.unpack_from(block, cursor)[:2]
            cursor += header_size
            body = block[cursor : cursor + nbytes]
            cursor += nbytes
            if kind == _CONTINUATION:
                blocks.append(_further_block(header, body))
                if len(blocks) > _MAX_BLOCKS:
                    raise ValueError(
                        "the object's header is scattered over too many blocks"
                    )
            yield kind, body


def _further_block(header: _ObjectHeader, body: bytes) -> tuple[int, int]:
    """Returns the address and size of the messages in another block."""
    offset, extent = struct.unpack_from("<QQ", body)
    messages = extent - header.signature_size - header.checksum_size
    return offset + header.signature_size, messages


def _object_header(file: BinaryIO, address: int) -> _ObjectHeader:
    prefix = _read(file, address, 16)
    if prefix.startswith(_SIGNATURE_2):
        return _object_header_2(file, address)
    (size,) = struct.unpack_from("<I", prefix, 8)
    return _ObjectHeader(address + 16, size, struct.Struct("<HHB3x"))


def _object_header_2(file: BinaryIO, address: int) -> _ObjectHeader:
    """Reads an object header of version 2."""
    flags = _read(file, address + 5, 1)[0]
    position = address + 6
    if flags & _STORES_TIMES:
        position += 16
    if flags & _STORES_PHASE_CHANGE:
        position += 4
    width = 1 << (flags & _WIDTH_OF_SIZE)
    size = int.from_bytes(_read(file, position, width), "little")
    layout = "<BHB2x" if flags & _STORES_ORDER else "<BHB"
    return _ObjectHeader(
        first_message=position + width,
        size=size,
        message_header=struct.Struct(layout),
        signature_size=4,
        checksum_size=4,
    )


def _read(file: BinaryIO, position: int, length: int) -> bytes:
    file.seek(position)
    data = file.read(min(max(length, 0), _MAX_BLOCK_BYTES))
    if len(data) != length:
        raise ValueError("an object's header reaches beyond the end of the file")
    return data
