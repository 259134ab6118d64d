"""A file system and a memory that fail once, at a chosen moment."""

import builtins
import errno
import io
import os
import re
import shutil
import sys
from contextlib import contextmanager
from linecache import getline
from pathlib import Path

import pytest

FULL = errno.ENOSPC
UNREADABLE = errno.EIO
CALLS = {
    "chmod": UNREADABLE,
    "fsync": UNREADABLE,
    "mkdir": FULL,
    "open": FULL,
    "rename": FULL,
    "replace": FULL,
    "rmdir": UNREADABLE,
    "scandir": UNREADABLE,
    "unlink": UNREADABLE,
}
"""Functions of `os` that fail, each with the error that a disk would give."""
LOCK = re.compile(r"^\s*with [\w.]*lock(\(.*\))?:")
"""A line that takes a lock."""
ROOT = Path(__file__).resolve().parents[2]
STORING = ("batch_set_value", "computing")
OURS = tuple(f"{ROOT / folder}{os.sep}" for folder in ("kernel", "plugins"))


class Moment:
    """Counts what may fail; the call of number `n` does, or none with 0.

    # Properties
        failed: str, the name of what failed; None if nothing has.
        passed: list of str, the names of what could have failed before.
    """

    def __init__(self, n):
        self.n = n
        self.failed = None
        self.passed = []

    def is_now(self, name):
        """Counts a call, and tells whether it is the one to fail."""
        if len(self.passed) + 1 != self.n or self.failed:
            self.passed.append(name)
            return False
        self.failed = name
        return True


@contextmanager
def failing_files(n, folder):
    """Lets the n-th call that reaches the disk beneath a folder fail: open, read,
    write, rename, sync, and the others of `CALLS`.

    Only calls of Python count, not those of HDF5's own library.
    """
    moment = Moment(n)
    with pytest.MonkeyPatch.context() as patches:
        for name, code in CALLS.items():
            patches.setattr(os, name, _failing(name, code, moment, folder))
        opened = _opening(moment, folder)
        patches.setattr(io, "open", opened)
        patches.setattr(builtins, "open", opened)
        yield moment


def _failing(name, code, moment, folder):
    genuine = getattr(os, name)

    def function(path, *arguments, **options):
        if _is_beneath(path, folder) and moment.is_now(name):
            raise OSError(code, os.strerror(code), str(path))
        return genuine(path, *arguments, **options)

    return function


def _is_beneath(path, folder):
    if isinstance(path, int):
        path = os.readlink(f"/proc/self/fd/{path}")
    return os.fspath(path).startswith(str(folder))


class FailingFile(io.FileIO):
    """A file of which a read or a write may fail."""

    def __init__(self, path, mode, moment):
        if moment.is_now("open"):
            raise OSError(UNREADABLE, os.strerror(UNREADABLE), str(path))
        super().__init__(path, mode)
        self.moment = moment

    def _may_fail(self, name, code):
        if self.moment.is_now(name):
            raise OSError(code, os.strerror(code))

    def readinto(self, buffer):
        self._may_fail("read", UNREADABLE)
        return super().readinto(buffer)

    def readall(self):
        self._may_fail("read", UNREADABLE)
        return super().readall()

    def write(self, data):
        self._may_fail("write", FULL)
        return super().write(data)


def _opening(moment, folder):
    genuine = io.open

    def opened(path, mode="r", *arguments, **options):
        is_path = isinstance(path, (str, os.PathLike))
        if not is_path or not _is_beneath(path, folder):
            return genuine(path, mode, *arguments, **options)
        raw = FailingFile(path, mode.replace("b", "").replace("t", ""), moment)
        kind = io.BufferedReader
        if "+" in mode:
            kind = io.BufferedRandom
        elif "r" not in mode:
            kind = io.BufferedWriter
        binary = kind(raw)
        if "b" in mode:
            return binary
        encoding = options.get("encoding") or "utf-8"
        return io.TextIOWrapper(binary, encoding, newline=options.get("newline"))

    return opened


@contextmanager
def failing_lines(n, error=MemoryError):
    """Lets the n-th line of Oneiros' own code raise an error, as if it had run out of
    memory there, or Ctrl-C came.

    Lines that store values which are checked already don't count: they need no memory,
    and Ctrl-C waits for them. Nor do those that change a thread's state and restore it:
    they need no memory, and Ctrl-C only comes where a call ends. Python comes to the
    line of a `with` again when its block ends: an error there would leave a lock held,
    and other threads would wait for ever.
    """
    moment = Moment(n)

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event != "line" or _stores(frame) or _holds_lock(frame):
            return trace
        if moment.is_now(_place(frame)):
            raise error
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield moment
    finally:
        sys.settrace(before)


def _stores(frame):
    while frame is not None:
        if frame.f_code.co_name in STORING:
            return True
        frame = frame.f_back
    return False


def _holds_lock(frame):
    return bool(LOCK.search(getline(frame.f_code.co_filename, frame.f_lineno)))


def _place(frame):
    file = os.path.basename(frame.f_code.co_filename)
    return f"{file}:{frame.f_lineno} ({frame.f_code.co_name})"


def contents(folder):
    """Returns the bytes of all files beneath a folder, by name, and its folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def emptied(folder):
    """Removes everything from a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
