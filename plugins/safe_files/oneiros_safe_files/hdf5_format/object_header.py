"""Object headers (IV.A): the messages that describe a group or an array."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from oneiros_safe_files.hdf5_format.source import Source, expect

DATASPACE = 0x01
LINK_INFO = 0x02
DATATYPE = 0x03
LINK = 0x06
EXTERNAL_FILES = 0x07
LAYOUT = 0x08
FILTERS = 0x0B
ATTRIBUTE = 0x0C
CONTINUATION = 0x10
SYMBOL_TABLE = 0x11
ATTRIBUTE_INFO = 0x15
"""Types of messages."""

_SHARED = 0x02
"""The flag of a message that is stored elsewhere."""
_PREFIX = 16
_FIRST_BLOCK_OLD = struct.Struct("<8xI")
_MESSAGE_OLD = struct.Struct("<HHB3x")
_MESSAGE_NEW = struct.Struct("<BHB")
_MESSAGE_WITH_ORDER = struct.Struct("<BHB2x")
_BLOCK = struct.Struct("<QQ")
_SIGNATURE = b"OHDR"
_SIGNATURE_OF_BLOCK = b"OCHK"
_CHECKSUM = 4

_STORES_ORDER = 0x04
_STORES_PHASE_CHANGE = 0x10
_STORES_TIMES = 0x20
_WIDTH_OF_SIZE = 0x03
"""Flag bits of a header of version 2."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of an object header.

    # Properties
        kind: int, its type.
        body: bytes, its content.
        shared: bool, whether the content is elsewhere and the body says where.
    """

    kind: int
    body: bytes
    shared: bool


@dataclass(frozen=True)
class _Version:
    """How a header's blocks are laid out."""

    message: struct.Struct
    signature: bytes = b""
    checksum: int = 0


def read_messages(source: Source, address: int) -> list[Message]:
    """Returns the messages of the object at an address.

    # Raises
        ValueError: if they are damaged.
    """
    prefix = source.read(address, _PREFIX)
    if prefix.startswith(_SIGNATURE):
        version, start, length = _new_header(source, address, prefix)
    else:
        if prefix[0] != 1:
            raise ValueError(f"an object's header has the unknown version {prefix[0]}")
        version = _Version(_MESSAGE_OLD)
        start = address + _PREFIX
        (length,) = _FIRST_BLOCK_OLD.unpack_from(prefix)
    return list(_messages(source, version, start, length))


def _new_header(
    source: Source, address: int, prefix: bytes
) -> tuple[_Version, int, int]:
    flags = prefix[5]
    start = 6
    if flags & _STORES_TIMES:
        start += 16
    if flags & _STORES_PHASE_CHANGE:
        start += 4
    width = 1 << (flags & _WIDTH_OF_SIZE)
    stored = source.read(address + start, width)
    ordered = flags & _STORES_ORDER
    message = _MESSAGE_WITH_ORDER if ordered else _MESSAGE_NEW
    version = _Version(message, _SIGNATURE_OF_BLOCK, _CHECKSUM)
    return version, address + start + width, int.from_bytes(stored, "little")


def _messages(
    source: Source, version: _Version, start: int, length: int
) -> Iterator[Message]:
    seen = {start}
    blocks = [source.read(start, length)]
    for block in blocks:
        for message in _messages_of_block(source, version, block):
            if message.kind != CONTINUATION:
                yield message
                continue
            address, nbytes = _BLOCK.unpack_from(message.body)
            if address in seen:
                raise ValueError("an object's header continues in itself")
            seen.add(address)
            further_block = source.read(address, nbytes)
            expect(version.signature, further_block)
            end = nbytes - version.checksum
            blocks.append(further_block[len(version.signature) : end])


def _messages_of_block(
    source: Source, version: _Version, block: bytes
) -> Iterator[Message]:
    header = version.message
    position = 0
    while position + header.size <= len(block):
        source.quota.spend_steps()
        kind, length, flags = header.unpack_from(block, position)
        position += header.size
        if position + length > len(block):
            raise ValueError("a message reaches beyond its block")
        body = block[position : position + length]
        position += length
        yield Message(kind, body, bool(flags & _SHARED))
