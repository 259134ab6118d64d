"""Shared code for unpacking archives: a new folder that appears only when everything
succeeded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oneiros.errors import ArgumentError, UnsafeFileError

from oneiros_safe_files import names
from oneiros_safe_files.drafts import draft_folder
from oneiros_safe_files.file_access import saving
from oneiros_safe_files.meter import Meter

INSTEAD = "If you trust it, unpack it by hand and check the result."


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty folder that becomes `folder` at the end, or is deleted after an
    error.

    # Raises
        ArgumentError: if `folder` exists.
        FileAccessError: if the disk is full, or writing isn't permitted.
    """
    if os.path.lexists(folder):
        raise ArgumentError(
            f"{folder} exists; archives are unpacked into a new folder. Choose another "
            "name."
        )
    with saving(folder), draft_folder(folder.parent) as beside:
        draft = beside / folder.name
        draft.mkdir()
        yield draft
        os.rename(draft, folder)


def member_path(name: str, paths_seen: set[str], meter: Meter) -> str:
    """Returns a member's checked relative path; `paths_seen` collects them, ignoring
    case like some file systems."""
    path = name.removesuffix("/")
    reason = names.problem(path)
    if reason is None and path.casefold() in paths_seen:
        reason = "occurs twice"
    if reason is not None:
        raise refused(meter, name, f"the member's name {name!r:.80} {reason}")
    paths_seen.add(path.casefold())
    return path


def refused(meter: Meter, where: str, reason: str) -> UnsafeFileError:
    """Returns the error for a refused member."""
    return meter.refuse(where[:120], reason, INSTEAD)
