"""Files that callbacks write: what the system refuses is said before training takes any
time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from oneiros.arguments import refusal
from oneiros.errors import FileAccessError


def check_folder(owner: str, argument: str, path) -> str:
    """Returns the folder of a path that a callback received.

    # Raises
        ArgumentError: if it doesn't exist.
    """
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        expected = f"a path in a folder that exists; os.makedirs({folder!r}) creates it"
        raise refusal(owner, argument, str(path), expected)
    return folder


@contextmanager
def writing(owner: str, argument: str, path) -> Iterator[None]:
    """Context manager that says what the system refuses, and where.

    # Raises
        FileAccessError: if it refuses to write.
    """
    try:
        yield
    except OSError as error:
        message = (
            f"{owner} can't write to {path}: {error.strerror}. Pass another "
            f"{argument}, or free some space"
        )
        raise FileAccessError(error.errno, message) from error
