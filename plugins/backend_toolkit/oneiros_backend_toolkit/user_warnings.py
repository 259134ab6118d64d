"""Warnings that point to the user's line, no matter how deep in Oneiros they arise."""

import sys
import warnings


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns, and points to the nearest line outside of Oneiros.

    # Arguments
        message: str, says what was received, what it means here, and what to write
            instead.
        category: the warning's class.
    """
    frame = sys._getframe()
    level = 1
    while frame.f_back and _is_passed_over(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, level)


def _is_passed_over(module: str) -> bool:
    """Returns whether a module belongs to Oneiros, or is the one that runs its context
    managers."""
    return module == "contextlib" or module.startswith("oneiros")
