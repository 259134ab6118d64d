"""What checks work in: a folder of their own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder() -> Iterator[Path]:
    """Context manager for an empty folder."""
    with tempfile.TemporaryDirectory(prefix="oneiros-check-") as name:
        yield Path(name)
