"""What the C library does with memory that a step frees."""

import ctypes


def keep_freed_memory() -> None:
    """Lets the C library keep what a step frees for the next one."""
    library = ctypes.CDLL(None)
    for setting, value in ((-4, 0), (-1, 2**31 - 1), (-2, 1 << 26)):
        library.mallopt(setting, value)
