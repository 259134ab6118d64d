"""Archives that were downloaded, unpacked beside them."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path

from oneiros.errors import FileFormatError
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.tar_archive import unpack_tar
from oneiros_safe_files.zip_archive import MAGIC as ZIP
from oneiros_safe_files.zip_archive import unpack_zip

MOST_MEMBERS = 1_000_000
"""Files and folders in an archive."""
MOST_UNFOLDED = 100
"""How many times longer than itself an archive may become."""
ALWAYS_UNFOLDED = 64 << 20
"""Bytes that any archive may become."""


def unpacked(archive: Path, folder: Path, budget: Budget | None = None) -> Path:
    """Unpacks an archive so that `folder` is there; returns it.

    The folder appears when all of the archive is good. Nothing appears beside it: what
    an archive holds beside its folder of this name isn't unpacked, and if it has none,
    all of it is put into `folder`. A warning names what it is.

    # Arguments
        archive: Path, tar, also with gzip or bzip2, or zip: what its first bytes say.
        folder: Path, beside the archive. If it exists, nothing is done.
        budget: Budget, what unpacking may cost.

    # Raises
        UnsafeFileError: if a member is a link, or leads out of the folder, or if the
            archive unfolds to more than the budget.
        FileFormatError: if it is damaged.
    """
    if folder.exists():
        return folder
    with archive.open("rb") as file:
        is_zip = file.read(4) in ZIP
    unpack = unpack_zip if is_zip else unpack_tar
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder.parent) as draft:
        target = Path(draft) / "contents"
        try:
            contents = unpack(archive, target, budget or _budget(archive))
        except FileFormatError as error:
            raise FileFormatError(
                f"{error} If it was downloaded, delete it and run this again."
            ) from error
        _place(contents, folder, archive)
    return folder


def _budget(archive: Path) -> Budget:
    size = archive.stat().st_size
    free = shutil.disk_usage(archive.parent).free
    excess = max(MOST_UNFOLDED * size, ALWAYS_UNFOLDED)
    return Budget(array_bytes=free, excess_bytes=excess, objects=MOST_MEMBERS)


def _place(contents: Path, folder: Path, archive: Path) -> None:
    """Moves what an archive held to `folder`, and nothing beside it."""
    others = [entry.name for entry in contents.iterdir() if entry.name != folder.name]
    names = ", ".join(sorted(others)) or "nothing"
    if (contents / folder.name).exists():
        os.rename(contents / folder.name, folder)
        result = f"beside {folder.name!r}. Only the latter was unpacked."
        if not others:
            return
    else:
        os.rename(contents, folder)
        result = f"and nothing of the name {folder.name!r}. It was put into {folder}."
    warnings.warn(f"{archive.name} holds {names:.200}, {result}", stacklevel=4)
