"""Decompresses files of gzip, bzip2 and xz, and counts what comes out."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import Any, BinaryIO

from oneiros_safe_files.clock import check_time
from oneiros_safe_files.quota import Quota

_BLOCK = 1 << 20
_OPENERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


def decompressed(file: BinaryIO, quota: Quota) -> DecompressedFile:
    """Returns the contents of an open file, decompressed if needed, to read from."""
    head = file.read(6)
    file.seek(0)
    for magic, opened in _OPENERS.items():
        if head.startswith(magic):
            return DecompressedFile(opened(file), quota)
    return DecompressedFile(file, quota)


class DecompressedFile:
    """A file whose bytes count against a budget when they are read."""

    def __init__(self, stream: Any, quota: Quota) -> None:
        self._stream = stream
        self._quota = quota

    def read(self, size: int) -> bytes:
        """Returns the next bytes, at most a mebibyte; none at the end."""
        check_time()
        data: bytes = self._stream.read(min(size, _BLOCK))
        self._quota.spend_array("/", len(data))
        return data
