"""The import of an engine.

An engine's modules make hundreds of thousands of objects that stay, and Python looks
for garbage among them again and again: 0.4 of the 3.6 seconds until the first batch of
case d of `benchmarks/compare.py` on TensorFlow (`benchmarks/mechanisms.py
engine_import` measures the import alone).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def engine_import() -> Iterator[None]:
    """Context manager in which Python doesn't look for garbage; afterwards, what was
    made meanwhile counts as old."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        gc.enable()
