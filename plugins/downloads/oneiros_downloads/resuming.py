"""`ResumingDownloader`: what broke off goes on where it stopped."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from oneiros.errors import FileFormatError
from tqdm import tqdm
from urllib3.exceptions import HTTPError

TRIES = 20
"""How often a download is begun or goes on; each one must bring something new."""
TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next bytes."""
BLOCK = 1 << 16
"""Bytes that are written at once."""
BROKEN_OFF = (requests.ConnectionError, requests.Timeout, HTTPError)
"""What the libraries raise when a connection ends early or gives nothing more."""


@dataclass
class ResumingDownloader:
    """Downloads over HTTP, for pooch.

    What has arrived is kept in a file of its own, which the next try, also that of
    another process, goes on with: if the server says that the file there is the same as
    before, by its ETag or date.

    # Arguments
        part: Path, the file that keeps what has arrived.
        name: str, what the progress bar calls the file.
    """

    part: Path
    name: str

    @property
    def version_file(self) -> Path:
        """The file that keeps which version of which address has arrived."""
        return self.part.with_name(f"{self.part.name}.version")

    def __call__(self, url: str, output_file: str, pooch: Any = None) -> None:
        """Downloads `url` to the path `output_file`.

        # Raises
            requests.RequestException, urllib3.exceptions.HTTPError: if it can't be had.
            FileFormatError: if it doesn't fit the disk.
        """
        for attempt in range(1, TRIES + 1):
            before = self._size()
            try:
                self._go_on(url)
                break
            except BROKEN_OFF:
                if attempt == TRIES or self._size() <= before:
                    raise
        os.replace(self.part, output_file)
        self.version_file.unlink(missing_ok=True)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _go_on(self, url: str) -> None:
        """Asks for what is missing, and appends it."""
        arrived = self._size()
        version = self._version_of(url)
        headers = {"Accept-Encoding": "identity"}
        if arrived and version:
            headers.update({"Range": f"bytes={arrived}-", "If-Range": version})
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                self.part.unlink()
                self._go_on(url)
                return
            answer.raise_for_status()
            if not _begins_at(arrived, answer):
                self.part.unlink(missing_ok=True)
                arrived = 0
            coming = answer.headers.get("Content-Length", "")
            total = arrived + int(coming) if coming.isdecimal() else None
            self._check_space(total, arrived)
            self._keep_version(url, answer)
            self._append(arrived, total, answer)

    def _append(
        self, arrived: int, total: int | None, answer: requests.Response
    ) -> None:
        """Writes what comes behind the first `arrived` bytes."""
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

    def _check_space(self, total: int | None, arrived: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if total is not None and total - arrived > free:
            raise FileFormatError(
                f"The server says that {self.name} has {total:,} bytes; the disk of "
                f"{self.part.parent} has {free:,} free."
            )

    def _version_of(self, url: str) -> str | None:
        """Returns which version of the file has arrived, in the server's words."""
        try:
            address, version = self.version_file.read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return None
        return version if address == url else None

    def _keep_version(self, url: str, answer: requests.Response) -> None:
        version = answer.headers.get("ETag", "")
        if not version or version.startswith("W/"):
            version = answer.headers.get("Last-Modified", "")
        self.version_file.write_text(f"{url}\n{version}", "utf-8")


def _begins_at(arrived: int, answer: requests.Response) -> bool:
    """Returns whether an answer begins behind the first `arrived` bytes of the file."""
    if answer.status_code != requests.codes.partial_content:
        return False
    place: str = answer.headers.get("Content-Range", "")
    return place.startswith(f"bytes {arrived}-")
