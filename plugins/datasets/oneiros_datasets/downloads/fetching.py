"""Downloads a file to a cache, once for all processes."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

from filelock import FileLock
from oneiros.errors import ArgumentError, FileFormatError, FileMissingError
from urllib3.exceptions import HTTPError

from oneiros_datasets.downloads.caches import ALGORITHMS, has_hash
from oneiros_datasets.downloads.resuming import TIMEOUT, ResumingDownload


def lock(path: Path) -> FileLock:
    """Returns the lock with which one process creates `path` while others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"))


def fetch(folder: Path, name: str, origin: str, known_hash: str | None) -> Path:
    """Downloads `origin` to `name` in `folder`, unless the file exists and has the
    hash.

    # Raises
        FileMissingError: if it can't be downloaded.
        FileFormatError: if it has another hash.
        ArgumentError: if the URL has an unknown scheme.
    """
    path = folder / name
    part = path.with_name(f".{path.name}.part")
    with lock(path):
        if path.exists() and (known_hash is None or has_hash(path, known_hash)):
            return path
        try:
            _download(origin, part, path.name)
        except FileFormatError:
            raise
        except (OSError, HTTPError) as error:
            raise FileMissingError(_advice(path, origin, error)) from error
        if known_hash is not None and not has_hash(part, known_hash):
            part.unlink()
            raise FileFormatError(
                f"The file from {origin} isn't the expected one: its hash isn't "
                f"{ALGORITHMS[len(known_hash)]}:{known_hash}. Nothing was kept. If the "
                "file there was replaced by a newer one that you trust, pass the new "
                "hash."
            )
        os.replace(part, path)
    return path


def _download(origin: str, part: Path, name: str) -> None:
    parts = urlsplit(origin) if isinstance(origin, str) else urlsplit("")
    if parts.scheme in ("http", "https"):
        ResumingDownload(origin, part, name).run()
    elif parts.scheme == "ftp":
        with urlopen(origin, timeout=max(TIMEOUT)) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file)
    elif parts.scheme == "file":
        source = url2pathname(parts.path)
        if not os.path.isfile(source):
            raise FileNotFoundError(f"No such file: {source}")
        shutil.copyfile(source, part)
    else:
        raise ArgumentError(
            f"get_file received origin={origin!r:.200}. Expected a URL that begins "
            "with https://, http://, ftp:// or file://; for a local file, pass "
            "Path(file).absolute().as_uri()."
        )


def _advice(path: Path, origin: str, error: Exception) -> str:
    state = "isn't here"
    if path.exists():
        state = "doesn't have the expected hash"
    return (
        f"{path} {state}, and {origin} can't be downloaded: {error!s:.300}. Once the "
        "network works, run this again: it continues. Without a network, get the file "
        f"on another machine and put it there: cp {path.name} "
        f"{os.path.join(path.parent, '')}"
    )
