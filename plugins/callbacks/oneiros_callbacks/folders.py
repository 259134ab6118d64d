"""Checks of the files and folders to which callbacks write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oneiros.arguments import refusal
from oneiros.errors import OneirosError


def check_folder(owner: str, name: str, path: Any) -> None:
    """Raises ArgumentError if a path isn't one, or its folder doesn't exist.

    A path may contain fields such as `{epoch}`; the folder to check ends before the
    first one.

    # Arguments
        owner: str, the class that received the argument.
        name: str, the argument.
        path: path of a file.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise refusal(owner, name, path, "a path: a str, or a pathlib.Path")
    before_fields = os.fsdecode(path).partition("{")[0]
    folder = os.path.dirname(before_fields)
    if not folder or Path(folder).is_dir():
        return
    advice = f"create it: os.makedirs({folder!r})"
    if folder.startswith("~"):
        advice = "'~' isn't replaced here: os.path.expanduser(path) does that"
    elif Path(folder).exists():
        advice = f"{folder!r} is a file"
    raise refusal(owner, name, str(path), f"a path in a folder that exists; {advice}")


@contextmanager
def writing(owner: str, name: str, path: Any) -> Iterator[None]:
    """Context manager in which a callback writes to a file or a folder.

    # Arguments
        owner, name, path: as for `check_folder`.

    # Raises
        ArgumentError: if the system refuses.
    """
    try:
        yield
    except OneirosError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null character
        expected = f"a path that can be written to: {error!s:.200}"
        raise refusal(owner, name, str(path), expected) from error
