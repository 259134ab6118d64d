"""Checks of the folders to which callbacks write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from oneiros.arguments import refusal


def check_folder(owner: str, name: str, path: Any) -> None:
    """Raises ArgumentError if a path isn't one, or its folder doesn't exist.

    A path may contain fields such as `{epoch}`; the folder to check ends before the
    first one.

    # Arguments
        owner: str, the class that received the argument.
        name: str, the argument.
        path: path of a file.
    """
    try:
        before_fields = os.fsdecode(path).partition("{")[0]
    except TypeError:
        expected = "a path: a str, or a pathlib.Path"
        raise refusal(owner, name, path, expected) from None
    folder = os.path.dirname(before_fields)
    if not folder or Path(folder).is_dir():
        return
    advice = f"create it: os.makedirs({folder!r})"
    if folder.startswith("~"):
        advice = "'~' isn't replaced here: os.path.expanduser(path) does that"
    elif Path(folder).exists():
        advice = f"{folder!r} is a file"
    raise refusal(owner, name, str(path), f"a path in a folder that exists; {advice}")
