"""The import of an engine.

An engine's modules make hundreds of thousands of objects that stay, and Python looks
for garbage among them again and again, a last time when it ends. A program that trains
one batch of case d on TensorFlow takes 2.9 seconds instead of 2.4 if they aren't exempt
(`benchmarks/mechanisms.py engine_import` measures the import alone).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def engine_import() -> Iterator[None]:
    """Context manager in which Python doesn't look for garbage; see `exempt_engine`."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        exempt_engine()
    finally:
        gc.enable()


def exempt_engine() -> None:
    """Exempts what exists by now from the search for garbage.

    A second engine isn't exempt: the user's models may exist by then.
    """
    if not gc.get_freeze_count():
        gc.freeze()
