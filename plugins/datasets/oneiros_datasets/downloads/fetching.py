"""Downloads a file to a cache, once for all processes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pooch
from filelock import FileLock
from oneiros.errors import ArgumentError, FileFormatError, FileMissingError
from urllib3.exceptions import HTTPError

from oneiros_datasets.downloads.resuming import ResumingDownloader

Downloader = Callable[[str, str, Any], None]


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
    downloader = _downloader(origin, path)
    cache = pooch.Pooch(
        path=folder, base_url="", registry={name: known_hash}, urls={name: origin}
    )
    with lock(path):
        try:
            cache.fetch(name, downloader=downloader)
        except FileFormatError:
            raise
        except (OSError, HTTPError) as error:
            raise FileMissingError(_advice(path, origin, error)) from error
        except ValueError as error:
            raise FileFormatError(
                f"The file from {origin} isn't the expected one: its hash isn't "
                f"{known_hash}. Nothing was kept. If the file there was replaced by a "
                "newer one that you trust, pass the new hash."
            ) from error
    return path


def _downloader(origin: str, path: Path) -> Downloader:
    scheme = urlsplit(origin).scheme if isinstance(origin, str) else None
    if scheme in ("http", "https"):
        part = path.with_name(f".{path.name}.part")
        return ResumingDownloader(part, path.name)
    if scheme == "ftp":
        return _into_new_file(pooch.FTPDownloader())
    if scheme == "file":
        return _into_new_file(_copy)
    raise ArgumentError(
        f"get_file received origin={origin!r:.200}. Expected a URL that begins "
        "with https://, http://, ftp:// or file://; for a local file, pass "
        "Path(file).absolute().as_uri()."
    )


def _into_new_file(download: Downloader) -> Downloader:
    """Creates the file anew, so that it gets the permissions of the umask.

    The temporary file that pooch creates is readable only by its owner.
    """

    def downloaded(url: str, output_file: str, pooch: Any = None) -> None:
        os.remove(output_file)
        download(url, output_file, pooch)

    return downloaded


def _copy(url: str, output_file: str, pooch: Any = None) -> None:
    source = url2pathname(urlsplit(url).path)
    if not os.path.isfile(source):
        raise FileNotFoundError(f"No such file: {source}")
    shutil.copyfile(source, output_file)


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
