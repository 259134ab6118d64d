"""Local heaps (III.D): the names in a group of the older kind."""

from __future__ import annotations

import struct

from oneiros_safe_files.hdf5_format.source import Source, expect

_HEADER = struct.Struct("<4s4xQ8xQ")


class LocalHeap:
    """The names of a group. Each is stored once: names don't share bytes."""

    def __init__(self, source: Source, address: int) -> None:
        signature, size, start = _HEADER.unpack(source.read(address, _HEADER.size))
        expect(b"HEAP", signature)
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
