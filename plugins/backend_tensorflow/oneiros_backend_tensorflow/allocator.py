"""Returns memory that XLA's compiler leaves allocated to the system.

The compiler allocates much memory and keeps little of it, but glibc keeps what was
freed. If it is returned, a process that trains the LSTM (case c of the comparison)
holds 828 MB instead of 923 MB (VmRSS of /proc, after
`python benchmarks/compare.py --case c --engine tensorflow --measure fit`).
`benchmarks/mechanisms.py allocator` compares both.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any


@functools.cache
def _library() -> Any:
    """Returns the C library, None if it isn't glibc."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None


def give_back() -> None:
    """Gives free memory back to the system, with glibc."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)
