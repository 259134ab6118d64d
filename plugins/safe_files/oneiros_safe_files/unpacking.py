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
PATHS_WITHOUT_SIZE = 1_000
"""How many files and folders any archive may have."""
BYTES_PER_PATH = 128
"""The bytes that an archive needs for each further one: creating a file takes 0.1 to
0.2 ms, and a small archive could ask for very many."""


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


class MemberPaths:
    """The paths in an archive: each is checked, and counted with the folders above it.

    # Arguments
        meter: `Meter` of the archive.

    # Properties
        content: int, the bytes in all members so far.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.content = 0
        self._members: set[str] = set()
        self._folders: set[str] = set()

    def checked(self, name: str, nbytes: int) -> str:
        """Returns the relative path of a member with `nbytes` of content.

        # Raises
            UnsafeFileError: if it isn't safe, occurs twice, ignoring case like some
                file systems, or there are more paths than the archive's size allows.
        """
        path = name.removesuffix("/")
        folded = path.casefold()
        reason = names.problem(path)
        if reason is None and folded in self._members:
            reason = "occurs twice"
        if reason is not None:
            raise refused(self._meter, name, f"the member's name {name!r:.80} {reason}")
        self._members.add(folded)
        self.content += nbytes
        self._count(folded)
        number = len(self._members) + len(self._folders)
        check_number(self._meter, name, number)
        return path

    def _count(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]


def check_number(meter: Meter, where: str, number: int) -> None:
    """Refuses more files and folders than an archive's size allows.

    # Arguments
        meter: `Meter` of the archive.
        where: str, the place in it.
        number: int, the number of files and folders.
    """
    allowed = PATHS_WITHOUT_SIZE + meter.size // BYTES_PER_PATH
    if number > allowed:
        raise refused(
            meter,
            where,
            f"it has more than {allowed:,} files and folders, at less than "
            f"{BYTES_PER_PATH} bytes for each",
        )


def refused(meter: Meter, where: str, reason: str) -> UnsafeFileError:
    """Returns the error for a refused member."""
    return meter.refuse(where[:120], reason, INSTEAD)
