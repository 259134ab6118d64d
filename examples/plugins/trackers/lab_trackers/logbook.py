"""The log book: which model came from which file, and became which one.

Each entry is a line of JSON with the time, what happened, the path, and the first bytes
of the file's SHA-256, by which a file is found again under any name.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from lab_trackers.behaviour import setting

DIGITS = 16
"""The length of a file's fingerprint."""


def saved(model: Any, path: Path) -> None:
    """Notes the model that a file holds."""
    _note("saved", path, model=model.name, parameters=model.count_params())


def replaced(path: Path) -> None:
    """Notes a file that is to be replaced."""
    if Path(path).is_file():
        _note("replaced", path)


def read(path: Path) -> None:
    """Notes a file that is to be read, whatever comes of it."""
    _note("read", path)


def loaded(model: Any, path: Path) -> None:
    """Notes the model that a file became."""
    _note("loaded", path, model=model.name)


def _note(event: str, path: Path, **facts: Any) -> None:
    book = setting("logbook")
    if not book:
        return
    entry = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "event": event,
        "path": str(path),
        "sha256": _fingerprint(Path(path)),
        **facts,
    }
    with Path(book).expanduser().open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def _fingerprint(path: Path) -> str | None:
    """Returns the beginning of a file's SHA-256; None for what is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
