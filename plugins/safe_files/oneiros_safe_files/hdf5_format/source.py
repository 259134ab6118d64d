"""The bytes of a file, read within a budget."""

from __future__ import annotations

from io import BufferedIOBase
from typing import Any

import numpy as np

from oneiros_safe_files.quota import Quota

UNDEFINED = (1 << 64) - 1
"""The address of what isn't stored."""


class UnsupportedError(ValueError):
    """What is stored is allowed in HDF5, and this reader doesn't know it."""


class Source:
    """The bytes of an HDF5 file. Addresses count from the superblock.

    # Arguments
        file: the file, open for reading.
        quota: what counts the steps.
        base: int, the position of address 0 in the file.
    """

    def __init__(self, file: BufferedIOBase, quota: Quota, base: int = 0) -> None:
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
        self.quota.spend_read(self.quota.where, length)
        self.file.seek(self.base + address)
        return self.file.read(length)

    def read_data(self, address: int, length: int) -> bytes:
        """Returns the bytes of an array or of a part of it, which the caller has
        accounted for."""
        self._check(address, length)
        self.file.seek(self.base + address)
        return self.file.read(length)

    def read_into(self, address: int, values: np.ndarray[Any, Any]) -> None:
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


def expect(signature: bytes, block: bytes) -> None:
    """Checks the four letters that a structure begins with.

    # Raises
        ValueError: if they are others.
    """
    if not block.startswith(signature):
        raise ValueError(f"{signature.decode()} isn't where it should be")
