"""Ctrl-C where nothing gets lost: at safe points, and not while the values of variables
change.

Python drops a KeyboardInterrupt that is raised in a destructor or in a callback of the
garbage collector, which may run at any time.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TICK = 0.05
"""Seconds between two safe points of who waits."""

_is_pressed = False


@contextmanager
def interrupted_safely() -> Iterator[None]:
    """Context manager in which Ctrl-C waits for the next safe point, or its end; if it
    is pressed again, it doesn't wait. A user's own handler stays."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_default or not _in_main_thread():
        yield
        return
    global _is_pressed
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    except KeyboardInterrupt:
        _is_pressed = False
        raise
    finally:
        if signal.getsignal(signal.SIGINT) is _note:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        safe_point()


def _note(*_: Any) -> None:
    global _is_pressed
    if _is_pressed:
        raise KeyboardInterrupt
    _is_pressed = True


def safe_point() -> None:
    """Raises KeyboardInterrupt if Ctrl-C was pressed and waits for that."""
    global _is_pressed
    if _is_pressed and _in_main_thread():
        _is_pressed = False
        raise KeyboardInterrupt


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Context manager that delays Ctrl-C until its end, however often it is pressed."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or not _in_main_thread():
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
