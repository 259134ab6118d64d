"""What callbacks say: messages beside the progress bar, and warnings."""

from __future__ import annotations

import sys
import warnings

from oneiros_callbacks.screens import clear_line


def say(message: str) -> None:
    """Prints a line of its own, above a bar that is just being drawn."""
    clear_line()
    print(message, flush=True)


def warn(message: str) -> None:
    """Warns, and points at the user's line: the nearest that isn't of Oneiros."""
    level = 1
    frame = sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("oneiros"):
        frame = frame.f_back
        level += 1
    warnings.warn(message, RuntimeWarning, level)
