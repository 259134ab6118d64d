"""The import of an engine.

An engine's modules make some 100,000 objects that stay, and Python looks for garbage
among them again and again. With that, the first batch of case d of
`benchmarks/compare.py` takes 1.1 times as long on TensorFlow and JAX
(`benchmarks/mechanisms.py engine_import`).
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
