"""The superblock (II.A): where the root group is."""

from __future__ import annotations

import struct
from io import BufferedIOBase

from oneiros_safe_files.hdf5_format.source import UnsupportedError

MAGIC = b"\x89HDF\r\n\x1a\n"
_FIRST_POSITION = 512
"""Where a superblock may stand, besides 0: here, or at a doubling of it."""
_SIZES_IN_OLD = 13
_SIZES_IN_NEW = 9
"""Where the widths of addresses and of lengths stand, a byte each."""
_BASE_IN_OLD = 24
_BASE_IN_NEW = 12
"""Where the first of the addresses stands."""
_SIZE_OF_INDEX_FIELDS = 4
"""Bytes that version 1 has before the addresses."""
_OLD_ADDRESSES = struct.Struct("<16xQ16xQ")
_NEW_ADDRESSES = struct.Struct("<16xQQ")
"""The file's end, and the root group's header."""
_WIDTHS = bytes([8, 8])
_LENGTH = 128


def find_root(file: BufferedIOBase, size: int) -> tuple[int, int]:
    """Returns the superblock's position in the file, and the root group's address.

    # Raises
        ValueError: if there is no superblock, or the file is shorter than it says.
    """
    position = _find(file, size)
    file.seek(position)
    block = file.read(_LENGTH)
    version = block[8]
    if version > 3:
        raise UnsupportedError(f"its superblock has the version {version}")
    is_old = version < 2
    widths = _SIZES_IN_OLD if is_old else _SIZES_IN_NEW
    if block[widths : widths + 2] != _WIDTHS:
        raise UnsupportedError("the file's addresses are not 64 bits long")
    if is_old:
        start = _BASE_IN_OLD + (_SIZE_OF_INDEX_FIELDS if version == 1 else 0)
        end, root = _OLD_ADDRESSES.unpack_from(block, start)
    else:
        end, root = _NEW_ADDRESSES.unpack_from(block, _BASE_IN_NEW)
    if end > size:
        raise ValueError(f"{end} bytes were written, and {size} are there")
    return position, root


def _find(file: BufferedIOBase, size: int) -> int:
    position = 0
    while position < size:
        file.seek(position)
        if file.read(len(MAGIC)) == MAGIC:
            return position
        position = max(_FIRST_POSITION, 2 * position)
    raise ValueError("it has no superblock")
