"""B-trees of version 2 (III.A.2): the index of many links, or of many attributes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from oneiros_safe_files.hdf5_format.source import Source, expect

LINK_NAMES = 5
ATTRIBUTE_NAMES = 8
"""What the records are."""
_HEADER = struct.Struct("<4sBBIHH2xQHQ4x")
_NODE_HEADER = struct.Struct("<4sBB")
_CHECKSUM = 4
_ADDRESS = 8
_MAX_DEPTH = 32


class _Tree:
    """The sizes in a tree's nodes, which follow from its header."""

    def __init__(self, node_size: int, record_size: int, depth: int) -> None:
        self.node_size = node_size
        self.record_size = record_size
        room = node_size - _NODE_HEADER.size - _CHECKSUM
        if not record_size or depth > _MAX_DEPTH or room < record_size:
            raise ValueError("an index has records that don't fit in its nodes")
        most = room // record_size
        self.count_width = _width(most)
        self.pointer_sizes = [0]
        totals = most
        for level in range(1, depth + 1):
            total_width = _width(totals) if level > 1 else 0
            pointer = _ADDRESS + self.count_width + total_width
            self.pointer_sizes.append(pointer)
            most = max((room - pointer) // (record_size + pointer), 0)
            totals = (most + 1) * totals + most

    def records(self, source: Source, root: int, count: int, depth: int) -> list[bytes]:
        """Returns all records, from the node at an address down."""
        records: list[bytes] = []
        seen: set[int] = set()
        waiting = [(root, count, depth)]
        while waiting:
            address, count, level = waiting.pop()
            if address in seen:
                raise ValueError("two places of an index lead to one node")
            seen.add(address)
            block = source.read(address, self.node_size)
            expect(b"BTIN" if level else b"BTLF", block)
            records += self._records(source, block, count)
            if level:
                waiting += self._children(block, count, level)
        return records

    def _records(self, source: Source, block: bytes, count: int) -> Iterator[bytes]:
        size = self.record_size
        if _NODE_HEADER.size + count * size > len(block):
            raise ValueError("a node of an index has more records than room")
        for index in range(count):
            source.quota.spend_steps()
            start = _NODE_HEADER.size + index * size
            yield block[start : start + size]

    def _children(
        self, block: bytes, count: int, level: int
    ) -> Iterator[tuple[int, int, int]]:
        pointer = self.pointer_sizes[level]
        start = _NODE_HEADER.size + count * self.record_size
        if start + (count + 1) * pointer > len(block):
            raise ValueError("a node of an index has more children than room")
        for _ in range(count + 1):
            (address,) = struct.unpack_from("<Q", block, start)
            stored = block[start + _ADDRESS : start + _ADDRESS + self.count_width]
            yield address, int.from_bytes(stored, "little"), level - 1
            start += pointer


def read_records(source: Source, address: int, kind: int) -> list[bytes]:
    """Returns the records of the tree whose header is at an address.

    # Raises
        ValueError: if a node is its own ancestor, or is damaged.
    """
    header = _HEADER.unpack(source.read(address, _HEADER.size))
    signature, _, stored_kind, node_size, record_size, depth, root, count, _ = header
    expect(b"BTHD", signature)
    if stored_kind != kind:
        raise ValueError(f"an index is of the kind {stored_kind}, not {kind}")
    if not count:
        return []
    tree = _Tree(node_size, record_size, depth)
    return tree.records(source, root, count, depth)


def _width(number: int) -> int:
    """Returns how many bytes hold a number."""
    return max(1, (number.bit_length() + 7) // 8)
