"""Names of files that a stranger chose: they stay below the folder that they are meant
for."""

from __future__ import annotations

import re
from pathlib import Path

from oneiros.errors import UnsafeFileError

MAX_NAME, MAX_PATH = 255, 1024
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def problem(name: str) -> str | None:
    """Says why a relative path isn't one of plain names, on any system; None if it
    is."""
    steps = name.split("/")
    if (
        not name
        or not name.isprintable()
        or any(character in name for character in '\\:*?"<>|')
    ):
        return "has characters that don't belong in a file's name"
    if name.startswith("/"):
        return "is absolute"
    if any(
        step in ("", ".", "..") or step != step.strip(" ") or step.endswith(".")
        for step in steps
    ):
        return "leads out of its folder"
    if any(_RESERVED.fullmatch(step) for step in steps):
        return "is that of a device"
    if len(name.encode()) > MAX_PATH or any(
        len(step.encode()) > MAX_NAME for step in steps
    ):
        return "is too long"
    return None


def below(folder: Path, name: str) -> Path:
    """Returns the path `name` below `folder`; no link there leads elsewhere.

    # Arguments
        folder: the folder that the file is to lie in.
        name: relative path with `/` between its parts.

    # Raises
        UnsafeFileError: if it leads out of the folder.
    """
    reason = problem(name)
    path = folder / name
    if reason is None and not path.resolve().is_relative_to(folder.resolve()):
        reason = "leads through a link out of its folder"
    if reason is not None:
        raise UnsafeFileError(
            f"The file name {name!r:.120} {reason}; it should lie below {folder}. Pass "
            "a plain relative name."
        )
    return path
