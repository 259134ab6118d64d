"""Heaps: the names in a group of the older kind (III.D), texts of any length (III.E),
and the links of a large group, or many attributes (III.G)."""

import bisect
import struct
from collections.abc import Iterator

from oneiros_safe_files.hdf5_format.source import (
    UNDEFINED,
    Fields,
    Source,
    UnsupportedError,
    bytes_for,
    expect,
)

_LOCAL_HEADER = struct.Struct("<4x4xQ8xQ")
_GLOBAL_HEADER = struct.Struct("<4x4xQ")
_OBJECT = struct.Struct("<HH4xQ")
_FREE_SPACE = 0
_ALIGNMENT = 8
_FRACTAL_HEADER = struct.Struct("<4x3xHxI96xHQQH2xQH")
_MANAGED = 0
_TINY = 2
_KIND_SHIFT = 4
_KIND_MASK = 0x03
_TINY_LENGTH_MASK = 0x0F
_BLOCK_HEADER = 13
"""Bytes of a block's signature, version and heap address."""
_ADDRESS = 8
_MAX_ROWS = 64
"""Of blocks that double in size: more don't fit in 64 bits."""


class LocalHeap:
    """The names of a group. Each is stored once: names don't share bytes."""

    def __init__(self, source: Source, address: int):
        size, start = source.header(address, _LOCAL_HEADER, b"HEAP")
        self._names = source.read(start, size)
        self._unread = size

    def name(self, offset: int) -> bytes:
        """Returns the name at an offset.

        # Raises
            ValueError: if there is none, or the names of the group are longer than
                their heap.
        """
        end = self._names.find(b"\0", offset)
        if end < 0:
            raise ValueError("a name reaches beyond its heap")
        self._unread -= end - offset
        if self._unread < 0:
            raise ValueError("names share bytes of their heap")
        return self._names[offset:end]


class GlobalHeaps:
    """The global heaps of a file, each read once."""

    def __init__(self, source: Source):
        self._source = source
        self._heaps: dict[int, dict[int, bytes]] = {}

    def object(self, address: int, index: int) -> bytes:
        """Returns an object of the heap at an address.

        # Raises
            ValueError: if there is none.
        """
        if address not in self._heaps:
            self._heaps[address] = self._read(address)
        objects = self._heaps[address]
        if index not in objects:
            raise ValueError(f"a heap has no object {index}")
        return objects[index]

    def _read(self, address: int) -> dict[int, bytes]:
        (size,) = self._source.header(address, _GLOBAL_HEADER, b"GCOL")
        length = size - _GLOBAL_HEADER.size
        block = self._source.read(address + _GLOBAL_HEADER.size, length)
        objects: dict[int, bytes] = {}
        position = 0
        while position + _OBJECT.size <= length:
            self._source.quota.spend_steps()
            index, _, nbytes = _OBJECT.unpack_from(block, position)
            if index == _FREE_SPACE:
                break
            position += _OBJECT.size
            if position + nbytes > length:
                raise ValueError("an object reaches beyond its heap")
            objects.setdefault(index, block[position : position + nbytes])
            position += -(-nbytes // _ALIGNMENT) * _ALIGNMENT
        return objects


class FractalHeap:
    """The objects of a heap. Each is stored once: objects don't share bytes.

    # Arguments
        address: int, where its header is.
    """

    def __init__(self, source: Source, address: int):
        (
            filters,
            max_object,
            self._table_width,
            self._start_size,
            self._max_direct,
            max_heap_bits,
            root,
            rows,
        ) = source.header(address, _FRACTAL_HEADER, b"FRHP")
        if filters:
            raise UnsupportedError("its links or attributes are compressed")
        if not self._table_width or not self._start_size or rows > _MAX_ROWS:
            raise ValueError("a heap has blocks of an impossible size")
        self._offset_width = bytes_for(max_heap_bits)
        self._length_width = min(
            bytes_for(self._max_direct.bit_length() - 1),
            bytes_for(max_object.bit_length()),
        )
        self._source = source
        self._blocks = dict(self._direct_blocks(root, rows))
        self._offsets = sorted(self._blocks)
        self._unread = sum(map(len, self._blocks.values()))

    def object(self, heap_id: bytes) -> bytes:
        """Returns the object with an identifier.

        # Raises
            ValueError: if there is none, it is too large to be in the heap itself, or
                the objects are longer than the heap.
        """
        kind = (heap_id[0] >> _KIND_SHIFT) & _KIND_MASK
        if kind == _TINY:
            return heap_id[1 : 2 + (heap_id[0] & _TINY_LENGTH_MASK)]
        if kind != _MANAGED:
            raise UnsupportedError("an attribute is stored outside its heap")
        fields = Fields(heap_id, 1)
        offset = fields.number(self._offset_width)
        length = fields.number(self._length_width)
        self._unread -= length
        if self._unread < 0:
            raise ValueError("objects share bytes of their heap")
        index = bisect.bisect_right(self._offsets, offset) - 1
        if index >= 0:
            start = self._offsets[index]
            return Fields(self._blocks[start], offset - start).take(length)
        raise ValueError("a heap doesn't hold an object that an index names")

    def _direct_blocks(self, root: int, rows: int) -> Iterator[tuple[int, bytes]]:
        """Yields the blocks with objects, each with its place in the heap."""
        if root == UNDEFINED:
            return
        if not rows:
            yield 0, self._direct_block(root, self._start_size)
            return
        seen = {root}
        waiting = [(root, 0, rows)]
        while waiting:
            address, offset, count = waiting.pop()
            for child, start, size in self._children(address, offset, count):
                if child in seen:
                    raise ValueError("two places of a heap lead to one block")
                seen.add(child)
                if size <= self._max_direct:
                    yield start, self._direct_block(child, size)
                else:
                    waiting.append((child, start, self._rows_in(size)))

    def _children(
        self, address: int, offset: int, rows: int
    ) -> Iterator[tuple[int, int, int]]:
        """Yields address, offset in the heap, and size of the blocks below."""
        start = _BLOCK_HEADER + self._offset_width
        width = self._table_width
        block = self._source.read(address, start + rows * width * _ADDRESS)
        expect(b"FHIB", block)
        for row in range(rows):
            size = self._start_size << max(row - 1, 0)
            for _ in range(width):
                self._source.quota.spend_steps()
                (child,) = struct.unpack_from("<Q", block, start)
                start += _ADDRESS
                if child != UNDEFINED:
                    yield child, offset, size
                offset += size

    def _direct_block(self, address: int, size: int) -> bytes:
        data = self._source.read(address, size)
        expect(b"FHDB", data)
        return data

    def _rows_in(self, size: int) -> int:
        """Returns how many rows an indirect block has that covers a number of bytes."""
        first_row = self._start_size * self._table_width
        return int((size // first_row).bit_length())
