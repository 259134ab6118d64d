"""Dataspaces (IV.A.2.b): shapes."""

from __future__ import annotations

import struct

_SIZE_OF_VERSION_1 = 8
_SIZE_OF_VERSION_2 = 4
_NULL = 2
_MAX_DIMENSIONS = 32


def parse_shape(body: bytes) -> tuple[int, ...] | None:
    """Returns the shape in a dataspace message, or None if there is no value at all.

    # Raises
        ValueError: if the message is damaged.
    """
    version, rank = body[0], body[1]
    if version not in (1, 2):
        raise ValueError(f"a shape has the unknown version {version}")
    if version == 2 and body[3] == _NULL:
        return None
    if rank > _MAX_DIMENSIONS:
        raise ValueError(f"a shape has {rank} dimensions")
    start = _SIZE_OF_VERSION_1 if version == 1 else _SIZE_OF_VERSION_2
    return struct.unpack_from(f"<{rank}Q", body, start)
