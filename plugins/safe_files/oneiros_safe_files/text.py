"""Reads untrusted text files."""

from pathlib import Path

from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import open_counted


def read_text(path: Path, budget: Budget) -> str:
    """Returns the text in the file at `path`.

    # Raises
        UnsafeFileError: if it exceeds the budget.
        FileFormatError: if it isn't UTF-8.
    """
    with open_counted(path, budget) as (file, quota):
        quota.spend_text("/", quota.size)
        content = file.read(quota.size)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{path} isn't UTF-8 text: {error.reason} at byte {error.start}."
        ) from None
