"""Downloads a file into a cache, once for all processes."""

from __future__ import annotations

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

from oneiros_downloads.resuming import ResumingDownloader

Downloader = Callable[[str, str, Any], None]


def lock(path: Path) -> FileLock:
    """Returns the lock under which one process makes what lies at `path`, while others
    wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f".{path.name}.lock"))


def fetch(folder: Path, name: str, origin: str, known_hash: str | None) -> Path:
    """Downloads `origin` to the path `name` below `folder`, unless it is there and has
    the hash.

    # Raises
        FileMissingError: if it can't be had.
        FileFormatError: if it has another hash.
        ArgumentError: if the address is of an unknown kind.
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
                f"What {origin} gives isn't the file expected: its hash isn't "
                f"{known_hash}. Nothing was kept. If the file there was replaced by a "
                "newer one that you trust, pass that one's hash."
            ) from error
    return path


def _downloader(origin: str, path: Path) -> Downloader:
    scheme = urlsplit(origin).scheme
    if scheme in ("http", "https"):
        part = path.with_name(f".{path.name}.part")
        return ResumingDownloader(part, path.name)
    if scheme == "ftp":
        return _into_new_file(pooch.FTPDownloader())
    if scheme == "file":
        return _into_new_file(_copy)
    raise ArgumentError(
        f"get_file received origin={origin!r:.200}. Expected an address that begins "
        "with https://, http://, ftp:// or file://; for a file that is here, pass "
        "Path(file).absolute().as_uri()."
    )


def _into_new_file(download: Downloader) -> Downloader:
    """Lets a file be created anew, so that it may be read by whom the umask lets.

    Only its owner may read the temporary file that pooch made for it.
    """

    def downloaded(url: str, output_file: str, pooch: Any = None) -> None:
        os.remove(output_file)
        download(url, output_file, pooch)

    return downloaded


def _copy(url: str, output_file: str, pooch: Any = None) -> None:
    shutil.copyfile(url2pathname(urlsplit(url).path), output_file)


def _advice(path: Path, origin: str, error: Exception) -> str:
    state = "isn't here"
    if path.exists():
        state = "has another hash than the one expected"
    return (
        f"{path} {state}, and {origin} can't be downloaded: {error!s:.300}. With a "
        "network, run this again: what has arrived is kept. Without one, get the file "
        f"on another machine, and put it there: cp {path.name} "
        f"{os.path.join(path.parent, '')}"
    )
