"""Warnings that point to the user's line, no matter how deep in Oneiros they arise."""

import sys
import warnings

PASSED_OVER = ("oneiros", "contextlib")
"""The modules of Oneiros, and the one that runs its context managers."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns, and points to the nearest line outside of Oneiros.

    # Arguments
        message: str, says what was received, what it means here, and what to write
            instead.
        category: the warning's class.
    """
    frame = sys._getframe()
    level = 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(PASSED_OVER):
        frame = frame.f_back
        level += 1
    warnings.warn(message, category, level)
