"""The bytes of a file, read within a budget; the superblock (II.A): where the root
group is."""

import struct
from io import BufferedIOBase
from typing import Any

import numpy as np

from oneiros_safe_files.budget import Quota

UNDEFINED = (1 << 64) - 1
"""The address of what isn't stored."""


MAGIC = b"\x89HDF\r\n\x1a\n"
_FIRST_POSITION = 512
"""Where a superblock may stand, besides 0: here, or at a doubling of it."""
_SIZES_IN_OLD = 13
_SIZES_IN_NEW = 9
"""Where the widths of addresses and of lengths stand, a byte each."""
_BASE_IN_OLD = 24
_BASE_IN_NEW = 12
"""Where the first of the addresses stands."""
_OLD_ADDRESSES = struct.Struct("<16xQ16xQ")
_NEW_ADDRESSES = struct.Struct("<16xQQ")
"""The file's end, and the root group's header."""
_WIDTHS = bytes([8, 8])
_LENGTH = 128


class UnsupportedError(ValueError):
    """What is stored is allowed in HDF5, and this reader doesn't know it."""


class Source:
    """The bytes of an HDF5 file. Addresses count from the superblock.

    # Arguments
        file: the file, open for reading.
        quota: what counts the steps.
        base: int, the position of address 0 in the file.
    """

    def __init__(self, file: BufferedIOBase, quota: Quota, base: int = 0):
        self.file = file
        self.quota = quota
        self.base = base

    def read(self, address: int, length: int) -> bytes:
        """Returns the bytes of one structure.

        # Raises
            ValueError: if they reach beyond the end of the file.
            UnsafeFileError: if all structures read are over the budget.
        """
        self._check(address, length)
        self.quota.spend_read(length)
        self.file.seek(self.base + address)
        return self.file.read(length)

    def header(
        self, address: int, form: struct.Struct, signature: bytes
    ) -> tuple[Any, ...]:
        """Returns the fields of a structure that begins with four letters.

        # Raises
            ValueError: if they are others.
        """
        block = self.read(address, form.size)
        expect(signature, block)
        return form.unpack(block)

    def read_data(self, address: int, length: int) -> bytes:
        """Returns the bytes of an array or of a part of it, which the caller has
        accounted for."""
        self._check(address, length)
        self.file.seek(self.base + address)
        return self.file.read(length)

    def read_into(self, address: int, values: np.ndarray) -> None:
        """Fills an array, which the caller has accounted for."""
        self._check(address, values.nbytes)
        self.file.seek(self.base + address)
        self.file.readinto(values.reshape(-1).view(np.uint8).data)

    def _check(self, address: int, length: int) -> None:
        end = self.base + address + length
        if address < 0 or length < 0 or end > self.quota.size:
            raise ValueError(
                f"{length} bytes at {address} reach beyond the end of the file"
            )


class Fields:
    """The fields of a structure, one after the other.

    # Arguments
        data: bytes, the structure.
        position: int, where the first field begins.
    """

    def __init__(self, data: bytes, position: int = 0):
        self._data = data
        self._position = position

    def skip(self, length: int) -> None:
        """Leaves out a number of bytes."""
        self._position += length

    def take(self, length: int) -> bytes:
        """Returns the next bytes.

        # Raises
            ValueError: if the structure has fewer.
        """
        start = self._position
        end = start + length
        if not start <= end <= len(self._data):
            raise ValueError("a structure ends early")
        self._position = end
        return self._data[start:end]

    def rest(self) -> bytes:
        """Returns all bytes that follow."""
        return self._data[self._position :]

    def number(self, width: int) -> int:
        """Returns the next bytes as a number."""
        return int.from_bytes(self.take(width), "little")


def expect(signature: bytes, block: bytes) -> None:
    """Checks the four letters that a structure begins with.

    # Raises
        ValueError: if they are others.
    """
    if not block.startswith(signature):
        raise ValueError(f"{signature.decode()} isn't where it should be")


def bytes_for(bits: int) -> int:
    """Returns how many bytes hold a number of bits."""
    return max(1, -(-bits // 8))


def find_root(file: BufferedIOBase, size: int) -> tuple[int, int]:
    """Returns the superblock's position in the file, and the root group's address.

    # Raises
        ValueError: if there is no superblock, or the file is shorter than it says.
    """
    position = _find(file, size)
    file.seek(position)
    block = file.read(_LENGTH)
    version = block[8]
    if version not in (0, 2, 3):
        raise UnsupportedError(f"its superblock has the version {version}")
    is_old = version == 0
    widths = _SIZES_IN_OLD if is_old else _SIZES_IN_NEW
    if block[widths : widths + 2] != _WIDTHS:
        raise UnsupportedError("the file's addresses are not 64 bits long")
    if is_old:
        end, root = _OLD_ADDRESSES.unpack_from(block, _BASE_IN_OLD)
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
