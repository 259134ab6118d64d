"""Opens files, and says in words what the operating system refuses: which file, what
became of it, and how to go on."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from oneiros.errors import (
    ArgumentError,
    FileAccessError,
    FileFormatError,
    FileMissingError,
    OneirosError,
)

from oneiros_safe_files.budget import DATA, Budget, Quota

REFUSALS = (MemoryError, OSError)
"""What Python raises if the system refuses something."""
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_SPACE = "Free some space, or choose another disk."
_PERMISSION = "Ask for the permission, or choose another place."
_MEMORY = "Free memory, and try again."
_DISK = "Check the disk, or use another one."
_OPEN_FILES = "Close some files, or allow more: `ulimit -n 4096`."
_REMEDIES = {
    errno.EACCES: _PERMISSION,
    errno.EDQUOT: _SPACE,
    errno.EFBIG: _SPACE,
    errno.EISDIR: "Pass the path of a file.",
    errno.EMFILE: _OPEN_FILES,
    errno.ENFILE: _OPEN_FILES,
    errno.ENAMETOOLONG: "Pass a shorter path.",
    errno.ENOMEM: _MEMORY,
    errno.ENOSPC: _SPACE,
    errno.EPERM: _PERMISSION,
    errno.EROFS: _PERMISSION,
}


def text_of_path(argument: str, value) -> str:
    """Returns a path as a text.

    # Arguments
        argument: str, what received it, for the message.
        value: the path.

    # Raises
        ArgumentError: if it isn't one.
    """
    with suppress(TypeError, UnicodeEncodeError):  # no path, or half of a character
        path = os.fspath(value)
        if isinstance(path, str) and b"\0" not in os.fsencode(path):
            return path
    raise ArgumentError(
        f"{argument} must be a path, such as 'model.h5'; received {value!r:.80}."
    )


def is_there(path: Path) -> bool:
    """Returns whether there is a file or a folder at `path`.

    # Raises
        FileAccessError: if the system refuses to say so.
        FileMissingError: if it is something that may never end.
    """
    with loading(path):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return True
    raise _not_a_file(path)


def open_regular(path: Path) -> BufferedReader:
    """Opens a file for reading, never a pipe, a socket or a device, for which a process
    could wait for ever.

    # Raises
        FileMissingError: if there is no file.
        FileAccessError: if the system refuses.
    """
    with loading(path):
        try:
            descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
        except (FileNotFoundError, NotADirectoryError):
            raise FileMissingError(
                f"There is no file at {path!s:.300}. Check the path."
            ) from None
        return _checked(path, descriptor)


def open_lock(path: Path) -> BufferedReader:
    """Opens the file of a lock, or makes it; it isn't a link, either. Some systems lock
    only what may be written.

    # Raises
        FileMissingError: if it isn't a file.
        OSError: if the system refuses.
    """
    flags = os.O_RDWR | os.O_CREAT | _NO_LINK | _NO_WAITING
    return _checked(path, os.open(path, flags, 0o666))


def _checked(path: Path, descriptor: int) -> BufferedReader:
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _not_a_file(path)
    return file


def _not_a_file(path: Path) -> FileMissingError:
    return FileMissingError(
        f"{path!s:.300} is a pipe, a socket or a device. Pass the path of a file."
    )


@contextmanager
def open_counted(path: Path, budget: Budget) -> Iterator[tuple[BufferedReader, Quota]]:
    """Opens the file at `path` for reading; yields it, and the `Quota` for it.

    The quota has the size of the file that was opened, even if another one takes its
    place meanwhile.

    # Raises
        FileAccessError: if the system refuses.
    """
    with loading(path), open_regular(path) as file:
        yield file, Quota(path, budget, os.fstat(file.fileno()).st_size)


def read_text(path: Path, budget: Budget = DATA) -> str:
    """Returns the text in the file at `path`.

    # Raises
        UnsafeFileError: if it exceeds the budget.
        FileFormatError: if it isn't UTF-8.
    """
    with open_counted(path, budget) as (file, quota):
        quota.spend_text(quota.size)
        content = file.read(quota.size)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{path} isn't UTF-8 text: {error.reason} at byte {error.start}."
        ) from None


@contextmanager
def loading(
    path: Path, errors: tuple[type[Exception], ...] = REFUSALS
) -> Iterator[None]:
    """Context manager under which a file is read.

    # Arguments
        path: the file.
        errors: those that become a `FileAccessError`.

    # Raises
        FileAccessError: if the system refuses.
    """
    try:
        yield
    except OneirosError:
        raise
    except errors as error:
        raise unreadable(path, error) from error


@contextmanager
def saving(
    path: Path, errors: tuple[type[Exception], ...] = REFUSALS
) -> Iterator[None]:
    """Context manager under which a file is written, which takes its place only when it
    is complete.

    # Arguments
        path: the file.
        errors: those that become a `FileAccessError`.

    # Raises
        FileAccessError: if the system refuses; says whether the old file is still
            there.
    """
    before = _identity(path)
    try:
        yield
    except OneirosError:
        raise
    except errors as error:
        outcome = _outcome(path, before)
        raise _refusal(f"Can't save to {path}", error, outcome) from error


@contextmanager
def undamaged(path: Path, expected: str) -> Iterator[None]:
    """Context manager in which damage, which shows in every way that there is, has a
    sentence.

    # Arguments
        path: the file.
        expected: str, what it should hold.

    # Raises
        FileFormatError: if it is damaged. Errors of the system stay as they are.
    """
    try:
        yield
    except OneirosError:
        raise
    except Exception as error:
        if is_refusal(error):
            raise
        raise FileFormatError(
            f"{path} is damaged or truncated, or isn't {expected} "
            f"({type(error).__name__}: {error!s:.200}). Restore it from a copy."
        ) from error


def is_refusal(error: Exception) -> bool:
    """Returns whether the system refused something. Libraries also raise OSError for
    damaged files, without a number."""
    if isinstance(error, OSError):
        return error.errno is not None
    return isinstance(error, MemoryError)


def unreadable(path: Path, error: Exception) -> FileAccessError:
    """Returns the error for a file that the system doesn't let be read."""
    return _refusal(f"Can't load {path!s:.300}", error, "Nothing was loaded")


def _refusal(problem: str, error: Exception, outcome: str) -> FileAccessError:
    code = errno.ENOMEM
    reason = os.strerror(code)
    if isinstance(error, OSError):
        code = error.errno or errno.EIO
        reason = error.strerror or str(error)
        if error.filename2 is not None and str(error.filename2) not in problem:
            reason += f" ({error.filename2})"
    remedy = _REMEDIES.get(code, _DISK)
    return FileAccessError(code, f"{problem}: {reason}. {outcome}. {remedy}")


def _outcome(path: Path, before: tuple[int, int] | None) -> str:
    now = _identity(path)
    if now is None:
        return "Nothing was saved"
    if now == before:
        return f"{path} is unchanged"
    return f"{path} is the new file, and complete"


def _identity(path: Path) -> tuple[int, int] | None:
    """Returns what tells a file from another one at the same path."""
    with suppress(OSError):
        status = path.stat()
        return status.st_ino, status.st_mtime_ns
    return None
