"""B-trees of version 1 (III.A.1): the index of a group's names, or of an array's
chunks; and of version 2 (III.A.2): the index of many links, or of many attributes."""

import struct
from collections.abc import Iterator

from oneiros_safe_files.hdf5_format.source import Source, bytes_for, expect

GROUP = 0
CHUNKS = 1
"""What a tree of version 1 is the index of."""
LINK_NAMES = 5
ATTRIBUTE_NAMES = 8
"""What the records of version 2 are."""
_NODE = struct.Struct("<4xBBH16x")
_CHILD = struct.Struct("<Q")
_TREE = struct.Struct("<4xxBIHH2xQH12x")
_NODE_PREFIX = struct.Struct("<4sBB")
_CHECKSUM = 4
_ADDRESS = 8
_MAX_DEPTH = 32


def leaves(
    source: Source, root: int, kind: int, key_size: int
) -> Iterator[tuple[bytes, int]]:
    """Yields the key before each child of the lowest nodes, and the child's address.

    # Arguments
        root: int, the address of the root node.
        kind: `GROUP` or `CHUNKS`.
        key_size: int, bytes of a key.

    # Raises
        ValueError: if a node is its own ancestor, or is damaged.
    """
    seen: set[int] = set()
    waiting = [(root, _MAX_DEPTH)]
    while waiting:
        address, parent_level = waiting.pop()
        if address in seen:
            raise ValueError("two places of an index lead to one node")
        seen.add(address)
        level, entries = _node(source, address, kind, key_size)
        if level >= parent_level:
            raise ValueError("a node of an index isn't below its parent")
        if level == 0:
            yield from entries
        else:
            waiting += [(child, level) for _, child in reversed(entries)]


def _node(
    source: Source, address: int, kind: int, key_size: int
) -> tuple[int, list[tuple[bytes, int]]]:
    stored_kind, level, count = source.header(address, _NODE, b"TREE")
    if stored_kind != kind:
        raise ValueError(f"an index is of the kind {stored_kind}, not {kind}")
    width = key_size + _CHILD.size
    block = source.read(address + _NODE.size, count * width)
    entries = []
    for start in range(0, len(block), width):
        source.quota.spend_steps()
        (child,) = _CHILD.unpack_from(block, start + key_size)
        entries.append((block[start : start + key_size], child))
    return level, entries


class _Tree:
    """The sizes in a tree's nodes, which follow from its header."""

    def __init__(self, node_size: int, record_size: int, depth: int):
        self.node_size = node_size
        self.record_size = record_size
        room = node_size - _NODE_PREFIX.size - _CHECKSUM
        if not record_size or depth > _MAX_DEPTH or room < record_size:
            raise ValueError("an index has records that don't fit in its nodes")
        most = room // record_size
        self.count_width = bytes_for(most.bit_length())
        self.pointer_sizes = [0]
        totals = most
        for level in range(1, depth + 1):
            total_width = bytes_for(totals.bit_length()) if level > 1 else 0
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
        if _NODE_PREFIX.size + count * size > len(block):
            raise ValueError("a node of an index has more records than room")
        for index in range(count):
            source.quota.spend_steps()
            start = _NODE_PREFIX.size + index * size
            yield block[start : start + size]

    def _children(
        self, block: bytes, count: int, level: int
    ) -> Iterator[tuple[int, int, int]]:
        pointer = self.pointer_sizes[level]
        start = _NODE_PREFIX.size + count * self.record_size
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
    header = source.header(address, _TREE, b"BTHD")
    stored_kind, node_size, record_size, depth, root, count = header
    if stored_kind != kind:
        raise ValueError(f"an index is of the kind {stored_kind}, not {kind}")
    if not count:
        return []
    tree = _Tree(node_size, record_size, depth)
    return tree.records(source, root, count, depth)
