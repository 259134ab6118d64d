"""Warnings that point at the user's line, however deep in Oneiros they arise."""

from __future__ import annotations

import sys
import warnings


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns, and points at the nearest line that isn't of Oneiros.

    # Arguments
        message: str, what was received, what it means here, and what to write.
        category: class of the warning.
    """
    frame = sys._getframe()
    level = 1
    while frame.f_back and _is_passed_over(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, level)


def _is_passed_over(module: str) -> bool:
    """Returns whether a module is of Oneiros, or the one that ends the blocks of its
    context managers."""
    return module == "contextlib" or module.startswith("oneiros")
