"""The folders for downloaded files."""

import hashlib
import os
import re
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

from oneiros.errors import UnsafeFileError
from oneiros_safe_files import names
from oneiros_safe_files.file_access import loading, open_regular

SHA256_DIGITS = 64
ALGORITHMS = {32: "md5", SHA256_DIGITS: "sha256"}
"""Hash algorithms by number of hexadecimal digits."""
HASH = re.compile("[0-9a-f]+")


def homes() -> list[Path]:
    """Returns this user's caches, beginning with the one for new files.

    They are `$KERAS_HOME`, if set, and `~/.keras`, which Keras has used since 2016.
    """
    default = os.path.join("~", ".keras")
    paths = [os.environ.get("KERAS_HOME") or default, default]
    return [Path(path).expanduser() for path in dict.fromkeys(paths)]


def folders(fname: str, cache_subdir: str, cache_dir: str | None) -> list[Path]:
    """Returns the folders that may contain a file, beginning with the one for a new
    file.

    # Arguments
        fname: str, name of the file, or its absolute path.
        cache_subdir: str, folder in the cache, or an absolute path.
        cache_dir: str, the only cache to search; None searches all of this user's.

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


def has_hash(path: Path, digits: str) -> bool:
    """Returns whether a file has the MD5 or SHA-256 of these hexadecimal digits."""
    with loading(path), open_regular(path) as file:
        found = hashlib.file_digest(file, ALGORITHMS[len(digits)])
    return found.hexdigest() == digits


def _check_name(kind: str, name: str) -> None:
    reason = names.problem(name)
    if reason is None:
        return
    raise UnsafeFileError(
        f"get_file: the name of the {kind}, {name!r:.120}, {reason}. Pass a plain "
        "name, such as 'weights.h5', or an absolute path."
    )


def first_writable(candidates: list[Path]) -> Path:
    """Returns the first writable folder, and creates it if needed.

    If there is none, it returns a temporary folder for this process.
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
        f"{candidates[0]} isn't writable. Downloads go to {temporary} for "
        "now, and are repeated next time. To keep them, set the environment variable "
        "KERAS_HOME to one of your folders.",
        stacklevel=4,
    )
    return temporary


@lru_cache(1)
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="oneiros-downloads-"))
