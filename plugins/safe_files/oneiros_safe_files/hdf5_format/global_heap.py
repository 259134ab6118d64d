"""Global heaps (III.E): texts of any length."""

from __future__ import annotations

import struct

from oneiros_safe_files.hdf5_format.source import Source, expect

_HEADER = struct.Struct("<4sB3xQ")
_OBJECT = struct.Struct("<HH4xQ")
_FREE_SPACE = 0
_ALIGNMENT = 8


class GlobalHeaps:
    """The global heaps of a file, each read once."""

    def __init__(self, source: Source) -> None:
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
        header = self._source.read(address, _HEADER.size)
        signature, _, size = _HEADER.unpack(header)
        expect(b"GCOL", signature)
        length = size - _HEADER.size
        block = self._source.read(address + _HEADER.size, length)
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
