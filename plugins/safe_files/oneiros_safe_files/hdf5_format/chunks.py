"""Where an array's chunks are, by each kind of index."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from oneiros_safe_files.hdf5_format import btree_1
from oneiros_safe_files.hdf5_format.layout import (
    BTREE_1,
    FIXED_ARRAY,
    IMPLICIT,
    SINGLE_CHUNK,
    Layout,
)
from oneiros_safe_files.hdf5_format.source import (
    UNDEFINED,
    Source,
    UnsupportedError,
    expect,
)

_KEY = struct.Struct("<II")
_FIXED_ARRAY_HEADER = struct.Struct("<4sxBBBQQ")
_FIXED_ARRAY_BLOCK = struct.Struct("<4sxB8x")
_FILTERED = 1
_ADDRESS = 8
_MASK = 4


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
    axes = [range(0, size, chunk) for size, chunk in zip(shape, chunks, strict=True)]
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
        return dict(zip(positions, stored, strict=False))
    raise UnsupportedError("the index of its blocks is one for arrays that grow")


def _of_btree(source: Source, layout: Layout, shape: tuple[int, ...]) -> Chunks:
    rank = len(layout.chunks)
    key_size = _KEY.size + 8 * (rank + 1)
    wanted = set(grid(shape, layout.chunks))  # others may all have the same hash
    found: Chunks = {}
    leaves = btree_1.leaves(source, layout.address, btree_1.CHUNKS, key_size)
    for key, address in leaves:
        size, skipped = _KEY.unpack_from(key)
        source.quota.spend_steps(rank)
        position = struct.unpack_from(f"<{rank}Q", key, _KEY.size)
        if position in wanted:
            found.setdefault(position, Chunk(address, size, skipped))
    return found


def _of_fixed_array(source: Source, address: int, nbytes: int) -> Iterator[Chunk]:
    header = source.read(address, _FIXED_ARRAY_HEADER.size)
    signature, client, width, page_bits, count, block = _FIXED_ARRAY_HEADER.unpack(
        header
    )
    expect(b"FAHD", signature)
    if count > 1 << page_bits:
        raise UnsupportedError("the index of its blocks has several pages")
    start = block + _FIXED_ARRAY_BLOCK.size
    expect(b"FADB", source.read(block, _FIXED_ARRAY_BLOCK.size))
    entries = source.read(start, count * width)
    for position in range(0, len(entries), width or 1):
        source.quota.spend_steps()
        entry = entries[position : position + width]
        address = int.from_bytes(entry[:_ADDRESS], "little")
        if client != _FILTERED:
            yield Chunk(address, nbytes)
            continue
        size = int.from_bytes(entry[_ADDRESS:-_MASK], "little")
        yield Chunk(address, size, int.from_bytes(entry[-_MASK:], "little"))
