"""Reads files that may be compressed with gzip, within a budget."""

from __future__ import annotations

import gzip
from typing import Any, BinaryIO

from oneiros_safe_files.meter import Meter

MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 20


def read_unfolded(file: BinaryIO, meter: Meter) -> bytes:
    """Returns the bytes of an open file, decompressed if needed.

    It counts each block against the budget as it reads it.
    """
    is_folded = file.read(len(MAGIC)) == MAGIC
    file.seek(0)
    if not is_folded:
        return _read(file, meter)
    with gzip.open(file) as unfolded:
        return _read(unfolded, meter)


def _read(source: Any, meter: Meter) -> bytes:
    blocks = []
    while block := source.read(_BLOCK):
        meter.spend_array("/", len(block))
        blocks.append(block)
    return b"".join(blocks)
