"""Ctrl-C where it must wait, while the values of variables change; and where Python
drops it: in destructors and in callbacks of weak references and of the garbage
collector, which may run at any time."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

DELAY = 0.02
"""Seconds after which a lost Ctrl-C comes again: the destructor has ended then."""


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Context manager that delays Ctrl-C until its end."""
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(before):
        yield
        return
    caught: list[Any] = []
    signal.signal(signal.SIGINT, lambda *details: caught.append(details))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        before(*caught[0])


@contextmanager
def repeated_interrupts() -> Iterator[None]:
    """Context manager in which a Ctrl-C that gets lost comes again, and isn't
    printed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    report = sys.unraisablehook
    waiting = threading.get_ident()

    def repeat(lost: Any) -> None:
        if issubclass(lost.exc_type, KeyboardInterrupt):
            press = (waiting, signal.SIGINT)
            threading.Timer(DELAY, signal.pthread_kill, press).start()
        else:
            report(lost)

    sys.unraisablehook = repeat
    try:
        yield
    finally:
        sys.unraisablehook = report
