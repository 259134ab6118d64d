"""Unpacks downloaded archives."""

import os
import warnings
from pathlib import Path

from oneiros.errors import FileFormatError
from oneiros_safe_files.archives import ZIP_MAGIC, unpack_tar, unpack_zip
from oneiros_safe_files.atomic_files import temporary_folder
from oneiros_safe_files.file_access import loading, open_regular


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpacks an archive to `folder`, and returns the folder.

    The folder appears only after the whole archive is unpacked without errors. Nothing
    else appears beside it: if the archive contains a folder of this name, only that
    folder is unpacked; otherwise everything goes into `folder`. A warning names the
    other contents.

    # Arguments
        archive: Path; its first bytes determine the format: tar (with or without
            gzip, bzip2 or xz) or zip.
        folder: Path, beside the archive. If it exists, nothing happens.

    # Raises
        UnsafeFileError: if a member is a link or leads out of the folder, or the
            unpacked size exceeds the free disk space, or 100 times the archive's.
        FileFormatError: if the archive is damaged.
    """
    if folder.exists():
        return folder
    with loading(archive), open_regular(archive) as file:
        is_zip = file.read(4) in ZIP_MAGIC
    unpack = unpack_zip if is_zip else unpack_tar
    with temporary_folder(folder.parent) as draft:
        target = draft / "contents"
        try:
            contents = unpack(archive, target)
        except FileFormatError as error:
            raise FileFormatError(
                f"{error} If it was downloaded, delete it and run this again."
            ) from error
        _place(contents, folder, archive)
    return folder


def _place(contents: Path, folder: Path, archive: Path) -> None:
    """Moves the contents of an archive to `folder`, and nothing beside it."""
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
