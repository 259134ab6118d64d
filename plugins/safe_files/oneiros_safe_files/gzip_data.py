"""Reads files that may be compressed with gzip, within a budget."""

from __future__ import annotations

import io
import zlib
from typing import Any, BinaryIO

from oneiros_safe_files.meter import Meter

MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 20
_FOLDED_BLOCK = 1 << 13
"""What is read at once; a member may be as short as 20 bytes, and what follows it is
copied."""
_GZIP_FORMAT = 31
"""What zlib calls deflated data with a header of gzip."""


def unfolded(file: BinaryIO, meter: Meter) -> Any:
    """Returns the contents of an open file, decompressed if needed, to read from.

    Members of a gzip file count as objects of the budget. Reading raises EOFError if
    the file ends early, and `zlib.error` if it is damaged.
    """
    is_folded = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    if not is_folded:
        return file
    return io.BufferedReader(_Members(file, meter), _BLOCK)


class _Members(io.RawIOBase):
    """The contents of the members of a gzip file, one after the other."""

    def __init__(self, file: BinaryIO, meter: Meter) -> None:
        self._file = file
        self._meter = meter
        self._folded = b""
        self._begin()

    def _begin(self) -> None:
        self._meter.spend_objects("/")
        self._member = zlib.decompressobj(_GZIP_FORMAT)

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer; returns the number of bytes, 0 at the end."""
        data = b""
        while not data:
            if self._member.eof:
                self._skip_padding()
                if not self._folded:
                    return 0
                self._begin()
            self._folded = self._folded or self._file.read(_FOLDED_BLOCK)
            if not self._folded:
                raise EOFError("a part compressed with gzip ends early")
            data = self._member.decompress(self._folded, len(buffer))
            self._folded = self._member.unconsumed_tail or self._member.unused_data
        buffer[: len(data)] = data
        return len(data)

    def _skip_padding(self) -> None:
        """Skips zeros between members and at the end."""
        self._folded = self._folded.lstrip(b"\0")
        while not self._folded and (block := self._file.read(_FOLDED_BLOCK)):
            self._folded = block.lstrip(b"\0")
