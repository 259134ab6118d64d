"""Verifies a downloaded file before anything reads it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from oneiros.errors import ArgumentError, FileFormatError


def check_sha256(path: Path, expected: str) -> None:
    """Raises FileFormatError unless the file's SHA-256 is `expected`, 64 hexadecimal
    digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", expected):
        raise ArgumentError(
            f"{expected!r:.80} isn't a SHA-256: 64 hex digits, from `sha256sum`. "
            "MD5 proves nothing."
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != expected.lower():
        raise FileFormatError(
            f"{path} isn't the expected file: its SHA-256 is {digest}, not "
            f"{expected.lower()}. Delete it and download it again."
        )
