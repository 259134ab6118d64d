"""Layouts (IV.A.2.i) and filters (IV.A.2.l): where an array's data is, and where its
chunks are, by each kind of index."""

import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from oneiros_safe_files.hdf5_format import btrees
from oneiros_safe_files.hdf5_format.source import (
    UNDEFINED,
    Fields,
    Source,
    UnsupportedError,
    expect,
)

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

_FILTERED_SINGLE_CHUNK = 0x02
_KEY = struct.Struct("<II")
_FIXED_ARRAY_HEADER = struct.Struct("<4xxBBBQQ")
_FIXED_ARRAY_BLOCK = struct.Struct("<4sxB8x")
_FILTERED = 1
_MASK = 4
GZIP = 1
SHUFFLE = 2
CHECKSUM = 3
SUPPORTED = {GZIP, SHUFFLE, CHECKSUM}

_FIRST_FREE_NUMBER = 256
"""Filters from here on have a name, also in version 2."""
_CHECKSUM_BYTES = 4
_PIECE = 8192
"""How many bytes of a block are decompressed at once: they unfold to 8 MiB at most."""
Bytes = bytes | bytearray


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
    fields = Fields(body)
    version = fields.number(1)
    if version not in (3, 4):
        raise ValueError(f"a layout has the unknown version {version}")
    kind = fields.number(1)
    if kind == COMPACT:
        size = fields.number(2)
        return Layout(COMPACT, size=size, data=fields.take(size))
    if kind == CONTIGUOUS:
        return Layout(CONTIGUOUS, fields.number(8), fields.number(8))
    if kind == CHUNKED and version == 3:
        rank = fields.number(1)
        address = fields.number(8)
        return Layout(CHUNKED, address, chunks=_chunk_shape(fields, rank, 4))
    if kind == CHUNKED:
        return _chunks_4(fields)
    if kind == VIRTUAL:
        return Layout(VIRTUAL)
    raise ValueError(f"a layout has the unknown class {kind}")


def _chunk_shape(fields: Fields, rank: int, width: int) -> tuple[int, ...]:
    """Returns the shape of a chunk, behind which the size of an element stands."""
    sizes = [fields.number(width) for _ in range(rank)]
    return tuple(sizes[:-1])


def _chunks_4(fields: Fields) -> Layout:
    flags = fields.number(1)
    rank = fields.number(1)
    width = fields.number(1)
    if width > 8:
        raise ValueError(f"the sizes of a block have {width} bytes")
    chunks = _chunk_shape(fields, rank, width)
    index = fields.number(1)
    size = None
    skipped = 0
    if index == SINGLE_CHUNK and flags & _FILTERED_SINGLE_CHUNK:
        size = fields.number(8)
        skipped = fields.number(_MASK)
    elif index == FIXED_ARRAY:
        fields.skip(1)
    elif index not in (SINGLE_CHUNK, IMPLICIT):
        return Layout(CHUNKED, chunks=chunks, index=index)
    return Layout(CHUNKED, fields.number(8), size, chunks, index, skipped)


@dataclass(frozen=True)
class Chunk:
    """A stored chunk.

    # Properties
        address: int.
        size: int, bytes as it is stored.
        skipped: int, a bit for each filter that wasn't applied to it.
    """

    address: int
    size: int
    skipped: int = 0


Chunks = dict[tuple[int, ...], Chunk]
"""The chunks by their first element's position in the array."""


def grid(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yields the positions of the chunks that cover an array."""
    if 0 in shape:
        return iter(())
    axes = [range(0, size, chunk) for size, chunk in zip(shape, chunks)]
    return itertools.product(*axes)


def find_chunks(
    source: Source, layout: Layout, shape: tuple[int, ...], itemsize: int
) -> Chunks:
    """Returns an array's chunks.

    # Raises
        ValueError: if their index is damaged, or of a kind that arrays of a fixed shape
            don't have.
    """
    if layout.address == UNDEFINED:
        return {}
    nbytes = prod(layout.chunks) * itemsize
    if layout.index == BTREE_1:
        return _of_btree(source, layout, shape)
    if layout.index == SINGLE_CHUNK:
        size = nbytes if layout.size is None else layout.size
        first = (0,) * len(shape)
        return {first: Chunk(layout.address, size, layout.skipped)}
    positions = grid(shape, layout.chunks)
    if layout.index == IMPLICIT:
        return {
            position: Chunk(layout.address + number * nbytes, nbytes)
            for number, position in enumerate(positions)
        }
    if layout.index == FIXED_ARRAY:
        stored = _of_fixed_array(source, layout.address, nbytes)
        return dict(zip(positions, stored))
    raise UnsupportedError("the index of its blocks is one for arrays that grow")


def _of_btree(source: Source, layout: Layout, shape: tuple[int, ...]) -> Chunks:
    rank = len(layout.chunks)
    key_size = _KEY.size + 8 * (rank + 1)
    wanted = set(grid(shape, layout.chunks))  # others may all have the same hash
    found: Chunks = {}
    leaves = btrees.leaves(source, layout.address, btrees.CHUNKS, key_size)
    for key, address in leaves:
        size, skipped = _KEY.unpack_from(key)
        source.quota.spend_steps(rank)
        position = struct.unpack_from(f"<{rank}Q", key, _KEY.size)
        if position in wanted:
            found.setdefault(position, Chunk(address, size, skipped))
    return found


def _of_fixed_array(source: Source, address: int, nbytes: int) -> Iterator[Chunk]:
    header = source.header(address, _FIXED_ARRAY_HEADER, b"FAHD")
    client, width, page_bits, count, block = header
    if count > 1 << page_bits:
        raise UnsupportedError("the index of its blocks has several pages")
    start = block + _FIXED_ARRAY_BLOCK.size
    expect(b"FADB", source.read(block, _FIXED_ARRAY_BLOCK.size))
    entries = Fields(source.read(start, count * width))
    for _ in range(count):
        source.quota.spend_steps()
        address = entries.number(8)
        if client != _FILTERED:
            yield Chunk(address, nbytes)
            continue
        size = entries.number(width - 8 - _MASK)
        yield Chunk(address, size, entries.number(_MASK))


def parse_filters(body: bytes) -> list[int]:
    """Returns the numbers of the filters in a pipeline message, in the order of
    writing.

    # Raises
        ValueError: if it is damaged, or has a filter twice.
    """
    fields = Fields(body)
    version = fields.number(1)
    count = fields.number(1)
    if version not in (1, 2):
        raise ValueError(f"a list of filters has the unknown version {version}")
    if version == 1:
        fields.skip(6)
    filters = []
    for _ in range(count):
        number = fields.number(2)
        has_name = version == 1 or number >= _FIRST_FREE_NUMBER
        name_length = fields.number(2) if has_name else 0
        fields.skip(2)
        parameters = fields.number(2)
        fields.skip(name_length + 4 * parameters)
        if version == 1 and parameters % 2:
            fields.skip(4)
        filters.append(number)
    if len(set(filters)) < len(filters):
        raise ValueError("an array applies a filter twice")
    return filters


@dataclass(frozen=True)
class Pipeline:
    """What undoes the filters of a chunk.

    # Arguments
        filters: list of int, numbers of filters in the order of writing.
        nbytes: int, the chunk's length without filters.
        itemsize: int, bytes of an element.
    """

    filters: list[int]
    nbytes: int
    itemsize: int

    def decode(self, data: Bytes, skipped: int) -> Bytes:
        """Returns a chunk's elements.

        # Arguments
            data: bytes, the chunk as it is stored.
            skipped: int, a bit for each filter that wasn't applied to it.

        # Raises
            ValueError: if it can't be decompressed.
        """
        for position, number in reversed(list(enumerate(self.filters))):
            if skipped & (1 << position):
                continue
            if number == CHECKSUM:
                data = data[:-_CHECKSUM_BYTES]
            elif number == GZIP:
                data = _inflate(data, self.nbytes + _CHECKSUM_BYTES)
            else:
                # The first bytes of all elements come first in what is stored.
                stored = np.frombuffer(data, np.uint8)
                data = stored.reshape(self.itemsize, -1).T.tobytes()
        return data


def _inflate(data: Bytes, limit: int) -> bytearray:
    """Returns what a block unfolds to, piece by piece, so that it isn't in memory
    twice."""
    stream = zlib.decompressobj()
    unfolded = bytearray()
    try:
        for start in range(0, len(data), _PIECE):
            unfolded += stream.decompress(data[start : start + _PIECE])
            if stream.eof or len(unfolded) > limit:
                break
    except zlib.error as error:
        raise ValueError(f"a gzip block can't be decompressed: {error}") from error
    return unfolded
