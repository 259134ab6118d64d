"""Reads untrusted text files."""

from pathlib import Path

from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.meter import Meter


def read_text(path: Path, budget: Budget) -> str:
    """Returns the text in the file at `path`.

    # Raises
        UnsafeFileError: if it exceeds the budget.
        FileFormatError: if it isn't UTF-8.
    """
    size = path.stat().st_size
    Meter(path, budget, size).spend_text("/", size)
    with path.open("rb") as file:
        content = file.read(size)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{path} isn't UTF-8 text: {error.reason} at byte {error.start}."
        ) from None
