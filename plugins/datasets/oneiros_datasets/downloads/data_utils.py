"""`get_file`: returns a file from the cache, or downloads it."""

import os
from pathlib import Path

from oneiros.arguments import open_to_old_code
from oneiros.errors import ArgumentError
from oneiros_safe_files.file_access import is_there, text_of_path

from oneiros_datasets.downloads import archives, caches
from oneiros_datasets.downloads.caches import ALGORITHMS, HASH, SHA256_DIGITS

PathLike = str | os.PathLike[str]
ARCHIVE_SUFFIX = ".tar.gz"
"""Suffix that Keras 1 appends to a folder's name to get the archive's name."""


@open_to_old_code
def get_file(
    fname: PathLike,
    origin: str,
    untar: bool = False,
    md5_hash: str | None = None,
    cache_subdir: PathLike = "datasets",
    sha256: str | None = None,
    cache_dir: PathLike | None = None,
) -> str:
    """Returns the path of a file; downloads it unless a cache has it.

    It searches `$KERAS_HOME`, if set, and `~/.keras`, so it finds files that Keras
    downloaded. An interrupted download continues where it stopped, even after a restart
    of the program. The file gets its name only after it has been checked.

    # Arguments
        fname: name of the file, or its absolute path.
        origin: str, URL: `http`, `https`, `ftp` or `file`.
        untar: bool, whether the file is an archive, `fname.tar.gz`, that contains the
            folder `fname`. Its contents determine the format: tar (with or without
            gzip, bzip2 or xz) or zip.
        md5_hash: str, expected MD5, 32 hexadecimal digits.
        cache_subdir: folder in the cache, or the absolute path of a folder.
        sha256: str, expected SHA-256, 64 hexadecimal digits. It replaces `md5_hash` and
            is safer, since anyone can construct files with the same MD5.
        cache_dir: the cache to use instead of the ones above.

    # Returns
        str, path of the file; with `untar`, of the folder.

    # Raises
        FileMissingError: if the file can't be downloaded. The message says where you
            can put it by hand.
        FileFormatError: if the downloaded file has another hash or is damaged.
        UnsafeFileError: if a name leads out of its folder, or an archive contains links
            or exceeds its limits.

    # Example
        ```python
        from pathlib import Path
        from oneiros.utils.data_utils import get_file

        origin = Path("model.h5").absolute().as_uri()
        path = get_file("copy.h5", origin, cache_subdir="models")
        print(Path(path).read_bytes() == Path("model.h5").read_bytes())  # True
        ```
    """
    path = text_of_path("fname", fname)
    known_hash = _known_hash(md5_hash, sha256)
    cache = text_of_path("cache_dir", cache_dir) if cache_dir else None
    subdir = text_of_path("cache_subdir", cache_subdir)
    folders = caches.folders(path, subdir, cache)
    name = os.path.basename(path) if os.path.isabs(path) else path
    if not untar:
        return str(_file(folders, name, origin, known_hash))
    unpacked = _find(folders, name)
    if unpacked is None:
        archive = _file(folders, f"{name}{ARCHIVE_SUFFIX}", origin, known_hash)
        unpacked = _unpack(archive, folders, name)
    return str(unpacked)


def _find(folders: list[Path], name: str, known_hash: str | None = None) -> Path | None:
    """Returns the first path with this name and hash."""
    for folder in folders:
        path = folder / name
        if is_there(path) and (known_hash is None or validate_file(path, known_hash)):
            return path
    return None


def _file(folders: list[Path], name: str, origin: str, known_hash: str | None) -> Path:
    """Returns the path of a file; downloads it if needed."""
    path = _find(folders, name, known_hash)
    if path is not None:
        return path
    from oneiros_datasets.downloads.fetching import fetch

    return fetch(caches.first_writable(folders), name, origin, known_hash)


def _unpack(archive: Path, folders: list[Path], name: str) -> Path:
    """Returns the path of a folder; unpacks its archive if needed."""
    from oneiros_datasets.downloads.fetching import lock

    place = caches.first_writable([archive.parent, *folders])
    with lock(place / archive.name):
        return archives.unpacked(archive, place / name)


def validate_file(fpath: PathLike, md5_hash: str) -> bool:
    """Returns whether a file has the given hash.

    # Arguments
        fpath: path of the file.
        md5_hash: str, its MD5 (32 hexadecimal digits) or its SHA-256 (64 digits). For
            any other text, the result is False.

    # Returns
        Bool.

    # Example
        ```python
        from pathlib import Path
        from oneiros.utils.data_utils import validate_file

        Path("letter").write_text("a")
        print(validate_file("letter", "0cc175b9c0f1b6a831c399e269772661"))  # True
        ```
    """
    path = Path(text_of_path("fpath", fpath))
    digits = str(md5_hash).lower()
    is_hash = len(digits) in ALGORITHMS and HASH.fullmatch(digits)
    return bool(is_hash) and caches.has_hash(path, digits)


def _known_hash(md5_hash: str | None, sha256: str | None) -> str | None:
    """Returns the digits of the hash to check."""
    argument, given, lengths = "md5_hash", md5_hash, tuple(ALGORITHMS)
    if sha256 is not None:
        argument, given, lengths = "sha256", sha256, (SHA256_DIGITS,)
    if given is None:
        return None
    digits = str(given).lower()
    if len(digits) in lengths and HASH.fullmatch(digits):
        return digits
    expected = " or ".join(
        f"{length} hexadecimal digits ({ALGORITHMS[length]})" for length in lengths
    )
    raise ArgumentError(
        f"get_file received {argument}={given!r:.80}. Expected {expected}."
    )
