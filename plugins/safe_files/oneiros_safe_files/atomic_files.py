"""Folders for drafts: files that are written beside their place, and moved there when
they are complete.

A killed process leaves its folder behind. The next process that needs a draft in the
same place removes it. As long as a process lives, it holds the lock on its folder.
"""

import itertools
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from oneiros import processes
from oneiros.errors import ArgumentError

from oneiros_safe_files.file_access import open_lock, saving

try:
    import fcntl
except ImportError:  # on Windows, what a killed process leaves stays
    fcntl = None  # type: ignore[assignment]

PREFIX = ".oneiros-draft-"
REPLACED = "replaced"
"""Name of an old file or folder that makes room for the new one; a folder that holds it
is never removed by another process."""
_LOCK = "lock"
_NAME_BYTES = 8
_MOST_REMOVED = 10
"""How many abandoned folders a process removes before it makes its own."""
_FOLDER = re.compile(f"{re.escape(PREFIX)}[0-9a-f]{{{2 * _NAME_BYTES}}}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields the path of a draft, which takes the place of the file at `path` at the
    end, with its permissions. Of processes that train together, only the first keeps
    its draft.

    # Raises
        FileAccessError: if the disk is full, or writing isn't permitted; the old file
            is still there then.
        ArgumentError: if `path` is a folder, a pipe or a device.
    """
    if not processes.is_first():
        with TemporaryDirectory() as folder:
            yield Path(folder) / path.name
        return
    with suppress(OSError):  # there is nothing
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArgumentError(
                f"Can't save to {path}: it exists but isn't a file. Choose another "
                "path."
            )
    with saving(path), temporary_folder(path.parent) as folder:
        draft = folder / path.name
        yield draft
        if path.exists():
            shutil.copymode(path, draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Yields a new folder in `parent`, and removes it at the end.

    The folder holds a file `lock`. Folders that killed processes left in `parent` are
    removed, too.

    # Raises
        OSError: if the system refuses.
    """
    _remove_abandoned(parent)
    with ExitStack() as cleanup:
        yield _new_folder(parent, cleanup)


def _new_folder(parent: Path, cleanup: ExitStack) -> Path:
    """Returns a new folder that is locked until `cleanup`, which removes it."""
    while True:
        folder = parent / f"{PREFIX}{secrets.token_hex(_NAME_BYTES)}"
        cleanup.callback(_remove, folder)
        folder.mkdir(mode=0o700)
        with suppress(BlockingIOError, FileNotFoundError):  # another process removes it
            lock = cleanup.enter_context(open_lock(folder / _LOCK))
            _lock(lock)
            (folder / _LOCK).stat()
            return folder


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # where no descriptor is free, which `rmtree` needs
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _remove_abandoned(parent: Path) -> None:
    with suppress(OSError):
        names = filter(_FOLDER.fullmatch, os.listdir(parent))
        for name in itertools.islice(names, _MOST_REMOVED):
            folder = parent / name
            if not folder.is_symlink() and not (folder / REPLACED).exists():
                _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
        return
    with suppress(OSError), open_lock(folder / _LOCK) as lock:
        if _lock(lock):
            shutil.rmtree(folder, ignore_errors=True)


def _lock(file: BinaryIO) -> bool:
    """Locks a file for this process; returns whether the system can do that.

    # Raises
        BlockingIOError: if another process holds the lock.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # a file system without locks
        return False
    return True
