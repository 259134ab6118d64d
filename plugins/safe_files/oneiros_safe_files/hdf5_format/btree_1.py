"""B-trees of version 1 (III.A.1): the index of a group's names, or of an array's
chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from oneiros_safe_files.hdf5_format.source import Source, expect

GROUP = 0
CHUNKS = 1
"""What a tree is the index of."""
_HEADER = struct.Struct("<4sBBH16x")
_CHILD = struct.Struct("<Q")
MAX_LEVEL = 32


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
    waiting = [(root, MAX_LEVEL)]
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
    signature, stored_kind, level, count = _HEADER.unpack(
        source.read(address, _HEADER.size)
    )
    expect(b"TREE", signature)
    if stored_kind != kind:
        raise ValueError(f"an index is of the kind {stored_kind}, not {kind}")
    width = key_size + _CHILD.size
    block = source.read(address + _HEADER.size, count * width)
    entries = []
    for start in range(0, len(block), width):
        source.quota.spend_steps()
        (child,) = _CHILD.unpack_from(block, start + key_size)
        entries.append((block[start : start + key_size], child))
    return level, entries
