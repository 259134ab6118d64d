"""Filters (IV.A.2.l) of an array that is stored in chunks."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

GZIP = 1
SHUFFLE = 2
CHECKSUM = 3
SUPPORTED = {GZIP, SHUFFLE, CHECKSUM}

_OLD_HEADER = 8
_NEW_HEADER = 2
_FIRST_FREE_NUMBER = 256
"""Filters from here on have a name, also in version 2."""
_CHECKSUM_BYTES = 4
_PIECE = 8192
"""How many bytes of a block are decompressed at once: they unfold to 8 MiB at most."""
Bytes = bytes | bytearray


def parse_filters(body: bytes) -> list[int]:
    """Returns the numbers of the filters in a pipeline message, in the order of
    writing.

    # Raises
        ValueError: if it is damaged, or has a filter twice.
    """
    version, count = body[0], body[1]
    if version not in (1, 2):
        raise ValueError(f"a list of filters has the unknown version {version}")
    position = _OLD_HEADER if version == 1 else _NEW_HEADER
    filters = []
    for _ in range(count):
        (number,) = struct.unpack_from("<H", body, position)
        position += 2
        name_length = 0
        if version == 1 or number >= _FIRST_FREE_NUMBER:
            (name_length,) = struct.unpack_from("<H", body, position)
            position += 2
        _, parameters = struct.unpack_from("<HH", body, position)
        position += 4 + name_length + 4 * parameters
        if version == 1 and parameters % 2:
            position += 4
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
                data = _unshuffle(data, self.itemsize)
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


def _unshuffle(data: Bytes, itemsize: int) -> bytes:
    """Puts the bytes of each element together; the first bytes of all come first in
    what is stored."""
    return np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
