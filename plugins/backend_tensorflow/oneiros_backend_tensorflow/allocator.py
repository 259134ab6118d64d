"""What the C library does with memory.

XLA's compiler asks for much and keeps little of it.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from typing import Any

_ARENA_MAX = -8


@functools.cache
def _library() -> Any:
    library = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
    return (
        library
        if hasattr(library, "mallopt") and hasattr(library, "malloc_trim")
        else None
    )


def share_arenas() -> None:
    """Lets threads that start from now on allocate from two arenas.

    MALLOC_ARENA_MAX has precedence.

    By default glibc gives each an arena of its own, whose free memory is of no use to
    other threads.
    """
    if _library() is not None and "MALLOC_ARENA_MAX" not in os.environ:
        _library().mallopt(_ARENA_MAX, 2)


def give_back() -> None:
    """Gives free memory back to the system, with glibc."""
    if _library() is not None:
        _library().malloc_trim(0)
