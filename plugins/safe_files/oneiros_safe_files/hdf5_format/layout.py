"""Layouts (IV.A.2.i): where an array's data is."""

from __future__ import annotations

import struct
from dataclasses import dataclass

COMPACT = 0
CONTIGUOUS = 1
CHUNKED = 2
VIRTUAL = 3
"""Classes of layouts."""

BTREE_1 = 0
SINGLE_CHUNK = 1
IMPLICIT = 2
FIXED_ARRAY = 3
"""Indexes of chunks."""

_ADDRESS = struct.Struct("<Q")
_FILTERED_SINGLE_CHUNK = 0x02
_SINGLE_CHUNK_SIZE = struct.Struct("<QI")


@dataclass(frozen=True)
class Layout:
    """Where an array's data is.

    # Properties
        kind: `COMPACT`, `CONTIGUOUS`, `CHUNKED` or `VIRTUAL`.
        address: int, of the data or of the chunks' index.
        size: int, bytes of the data, or of a single chunk as it is stored; None if it
            isn't said.
        chunks: tuple of int, the shape of a chunk.
        index: `BTREE_1`, `SINGLE_CHUNK`, `IMPLICIT` or `FIXED_ARRAY`, or another number
            of the specification.
        skipped: int, a bit for each filter that wasn't applied to a single chunk.
        data: bytes, the data of a compact array.
    """

    kind: int
    address: int = 0
    size: int | None = None
    chunks: tuple[int, ...] = ()
    index: int = BTREE_1
    skipped: int = 0
    data: bytes = b""


def parse_layout(body: bytes) -> Layout:
    """Reads a layout message.

    # Raises
        ValueError: if it is damaged.
    """
    version = body[0]
    if version in (1, 2):
        return _old_layout(body)
    if version not in (3, 4):
        raise ValueError(f"a layout has the unknown version {version}")
    kind = body[1]
    if kind == COMPACT:
        (size,) = struct.unpack_from("<H", body, 2)
        return Layout(COMPACT, size=size, data=body[4 : 4 + size])
    if kind == CONTIGUOUS:
        address, size = struct.unpack_from("<QQ", body, 2)
        return Layout(CONTIGUOUS, address, size)
    if kind == CHUNKED and version == 3:
        return _chunks_3(body)
    if kind == CHUNKED:
        return _chunks_4(body)
    if kind == VIRTUAL:
        return Layout(VIRTUAL)
    raise ValueError(f"a layout has the unknown class {kind}")


def _old_layout(body: bytes) -> Layout:
    rank, kind = body[1], body[2]
    position = 8
    address = 0
    if kind != COMPACT:
        (address,) = _ADDRESS.unpack_from(body, position)
        position += _ADDRESS.size
    dimensions = struct.unpack_from(f"<{rank}I", body, position)
    position += 4 * rank
    if kind == CHUNKED:
        return Layout(CHUNKED, address, chunks=dimensions[:-1])
    if kind == CONTIGUOUS:
        return Layout(CONTIGUOUS, address)
    (size,) = struct.unpack_from("<I", body, position)
    return Layout(COMPACT, size=size, data=body[position + 4 : position + 4 + size])


def _chunks_3(body: bytes) -> Layout:
    rank = body[2]
    (address,) = _ADDRESS.unpack_from(body, 3)
    dimensions = struct.unpack_from(f"<{rank}I", body, 3 + _ADDRESS.size)
    return Layout(CHUNKED, address, chunks=dimensions[:-1])


def _chunks_4(body: bytes) -> Layout:
    flags, rank, width = body[2], body[3], body[4]
    if width > _ADDRESS.size:
        raise ValueError(f"the sizes of a block have {width} bytes")
    position = 5
    stored = [
        body[start : start + width]
        for start in range(position, position + rank * width, width or 1)
    ]
    dimensions = tuple(int.from_bytes(size, "little") for size in stored)
    position += rank * width
    index = body[position]
    position += 1
    size = None
    skipped = 0
    if index == SINGLE_CHUNK and flags & _FILTERED_SINGLE_CHUNK:
        size, skipped = _SINGLE_CHUNK_SIZE.unpack_from(body, position)
        position += _SINGLE_CHUNK_SIZE.size
    elif index == FIXED_ARRAY:
        position += 1
    (address,) = (
        _ADDRESS.unpack_from(body, position)
        if index in (SINGLE_CHUNK, IMPLICIT, FIXED_ARRAY)
        else (0,)
    )
    return Layout(CHUNKED, address, size, dimensions[:-1], index, skipped)
