"""The folders in which downloaded files lie."""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

from oneiros.errors import UnsafeFileError
from oneiros_safe_files import names


def homes() -> list[Path]:
    """Returns the caches of this user, the one for new files first.

    They are `$KERAS_HOME`, if it is set, and `~/.keras`, which Keras has used since
    2016.
    """
    default = os.path.join("~", ".keras")
    paths = [os.environ.get("KERAS_HOME") or default, default]
    return [Path(path).expanduser() for path in dict.fromkeys(paths)]


def folders(fname: str, cache_subdir: str, cache_dir: str | None) -> list[Path]:
    """Returns the folders in which a file may lie, the one for a new file first.

    # Arguments
        fname: str, name of the file; an absolute path names its folder itself.
        cache_subdir: str, folder below the cache; an absolute path stands for itself.
        cache_dir: str, the only cache to look in, or None for all of this user.

    # Raises
        UnsafeFileError: if a relative name leads out of its folder.
    """
    if os.path.isabs(fname):
        return [Path(fname).parent]
    _check_name("file", fname)
    if os.path.isabs(cache_subdir):
        return [Path(cache_subdir)]
    subdir = os.path.normpath(cache_subdir)
    if subdir != os.curdir:
        _check_name("cache's folder", subdir)
    caches = [Path(cache_dir).expanduser()] if cache_dir else homes()
    return [cache / subdir for cache in caches]


def _check_name(kind: str, name: str) -> None:
    reason = names.problem(name)
    if reason is None:
        return
    raise UnsafeFileError(
        f"get_file: the name of the {kind}, {name!r:.120}, {reason}. Pass a plain "
        "name, such as 'weights.h5', or an absolute path."
    )


def first_writable(candidates: list[Path]) -> Path:
    """Returns the first of several folders in which files can be made; it is made if it
    isn't there.

    Where there is none, it is a temporary one of this process.
    """
    for folder in candidates:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    temporary = _temporary()
    warnings.warn(
        f"Nothing can be written to {candidates[0]}. Downloads go to {temporary} for "
        "now, and are made again next time. To keep them, set the environment variable "
        "KERAS_HOME to a folder of yours.",
        stacklevel=4,
    )
    return temporary


@lru_cache(1)
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="oneiros-downloads-"))
