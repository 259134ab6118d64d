"""Memory that the C library keeps for the next step on a CPU.

The system clears returned memory page by page before it hands it out again. A training
step of case b then takes 1.3 times as long (`benchmarks/mechanisms.py kept_memory`).
"""

import ctypes
import functools
import os
import sys

_TRIM_THRESHOLD = -1
_TOP_PAD = -2
_MMAP_MAX = -4
_NEVER = -1


@functools.cache
def keep_freed_memory() -> None:
    """Makes glibc keep freed memory for the next step instead of returning it to the
    system each time.

    XLA frees a step's intermediate results, some 100 MB for a small convolutional
    network, and the batches that were gathered for a run. The setting applies to the
    whole process, from the first function with a convolution or run of batches.
    ONEIROS_KEEP_FREED_MEMORY=0 in the environment switches it off.
    """
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("ONEIROS_KEEP_FREED_MEMORY") == "0":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _NEVER)
        library.mallopt(_TOP_PAD, 1 << 26)


def return_freed_memory() -> None:
    """Makes glibc return what is free to the system, once."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
