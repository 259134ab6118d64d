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
PATHS_PER_SECOND = 3_000
"""How many files and folders an archive of any size may have for each second of
`Budget.seconds`."""
CONTENT_PER_PATH = 8_192
"""The bytes of content, which must be in the archive, too, that allow one more."""


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
        check_number(self._meter, name, number, self.content)
        return path

    def _count(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]


def check_number(meter: Meter, where: str, number: int, content: int) -> None:
    """Refuses more files and folders than an archive's size and content allow.

    # Arguments
        meter: `Meter` of the archive.
        where: str, the place in it.
        number: int, the number of files and folders.
        content: int, the bytes in them.
    """
    for_size = PATHS_WITHOUT_SIZE + meter.size // BYTES_PER_PATH
    for_content = min(meter.size, content) // CONTENT_PER_PATH
    for_time = int(meter.budget.seconds * PATHS_PER_SECOND) + for_content
    allowed = min(for_size, for_time)
    if number <= allowed:
        return
    reason = f"it has more than {allowed:,} files and folders"
    if for_size < for_time:
        reason += f", at less than {BYTES_PER_PATH} bytes for each"
        raise refused(meter, where, reason)
    raise meter.refuse(
        where[:120],
        f"{reason}, and little in them",
        "If you trust it, allow more time: budget=oneiros.saving.Budget(seconds=60).",
    )


def refused(meter: Meter, where: str, reason: str) -> UnsafeFileError:
    """Returns the error for a refused member."""
    return meter.refuse(where[:120], reason, INSTEAD)
