"""Downloads a file to a cache, once for all processes; `ResumingDownload` continues
interrupted downloads where they stopped."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

import requests
from filelock import FileLock
from oneiros.errors import ArgumentError, FileFormatError, FileMissingError
from oneiros_safe_files.file_access import open_lock, saving
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from oneiros_datasets.downloads.caches import ALGORITHMS, has_hash

TRIES = 20
"""Maximum number of attempts; each must receive new data."""
TIMEOUT = (10.0, 30.0)
"""Timeouts in seconds for a connection and for the next bytes."""
BLOCK = 1 << 16
"""Size of the chunks to write, in bytes."""
BROKEN_OFF = (requests.ConnectionError, requests.Timeout, HTTPError)
"""Errors that the libraries raise when a connection breaks or stalls."""


def lock(path: Path) -> FileLock:
    """Returns the lock with which one process creates `path` while others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    place = path.with_name(f".{path.name}.lock")
    with saving(place):
        open_lock(place).close()
    return FileLock(place)


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
    parts = urlsplit("")
    if isinstance(origin, str):
        with suppress(ValueError):  # half of an address in brackets
            parts = urlsplit(origin)
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


@dataclass
class ResumingDownload:
    """A download over HTTP.

    It keeps the received data in a file. The next attempt, even in another process,
    continues from there if the server confirms, by ETag or date, that the file hasn't
    changed.

    # Arguments
        url: str.
        part: Path, the file with the received data.
        name: str, the file's name in the progress bar.
    """

    url: str
    part: Path
    name: str

    @property
    def version_file(self) -> Path:
        """The file with the URL and version of the received data."""
        return self.part.with_name(f"{self.part.name}.version")

    def run(self) -> None:
        """Downloads the file to `part`.

        # Raises
            requests.RequestException, urllib3.exceptions.HTTPError: if the download
                fails.
            FileFormatError: if the disk doesn't have enough space.
        """
        for attempt in range(1, TRIES + 1):
            before = self._size()
            try:
                self._go_on()
                break
            except BROKEN_OFF:
                if attempt == TRIES or self._size() <= before:
                    raise
        self.version_file.unlink(missing_ok=True)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _go_on(self) -> None:
        """Requests the missing data and appends it."""
        arrived = self._size()
        version = self._version()
        headers = {"Accept-Encoding": "identity"}
        if arrived and version:
            headers.update({"Range": f"bytes={arrived}-", "If-Range": version})
        request = requests.get(self.url, headers=headers, stream=True, timeout=TIMEOUT)
        with request as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                self.part.unlink()
                self._go_on()
                return
            answer.raise_for_status()
            if not _begins_at(arrived, answer):
                self.part.unlink(missing_ok=True)
                arrived = 0
            coming = answer.headers.get("Content-Length", "")
            total = arrived + int(coming) if coming.isdecimal() else None
            free = shutil.disk_usage(self.part.parent).free
            if total is not None and total - arrived > free:
                raise FileFormatError(
                    f"The server says that {self.name} has {total:,} bytes; the disk "
                    f"of {self.part.parent} has {free:,} free."
                )
            self._keep_version(answer)
            self._append(arrived, total, answer)

    def _append(
        self, arrived: int, total: int | None, answer: requests.Response
    ) -> None:
        """Writes the data after the first `arrived` bytes."""
        bar = tqdm(
            desc=self.name,
            initial=arrived,
            total=total,
            unit="B",
            unit_scale=True,
            disable=None,
        )
        with self.part.open("ab" if arrived else "wb") as file, bar:
            for block in answer.raw.stream(BLOCK, decode_content=False):
                file.write(block)
                bar.update(len(block))

    def _version(self) -> str | None:
        """Returns the server's version of the received data."""
        try:
            address, version = self.version_file.read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return None
        return version if address == self.url else None

    def _keep_version(self, answer: requests.Response) -> None:
        version = answer.headers.get("ETag", "")
        if not version or version.startswith("W/"):
            version = answer.headers.get("Last-Modified", "")
        self.version_file.write_text(f"{self.url}\n{version}", "utf-8")


def _begins_at(arrived: int, answer: requests.Response) -> bool:
    """Returns whether a response begins after the first `arrived` bytes of the file."""
    if answer.status_code != requests.codes.partial_content:
        return False
    place: str = answer.headers.get("Content-Range", "")
    return place.startswith(f"bytes {arrived}-")
