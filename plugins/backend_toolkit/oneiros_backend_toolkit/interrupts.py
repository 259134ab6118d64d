"""Handles Ctrl-C where it must wait, and where it would get lost."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Context manager that delays Ctrl-C until its end."""
    with _caught(pass_on=False) as (caught, before):
        yield
    if caught:
        before(*caught[0])


@contextmanager
def kept_interrupts() -> Iterator[None]:
    """Context manager that raises a lost Ctrl-C again at its end.

    Python prints and drops exceptions in destructors, weak reference callbacks and
    garbage collector callbacks. Tracing a graph runs many of these. The exception that
    is raised again prints nothing extra.
    """
    with _caught(pass_on=True) as (caught, before):
        report = sys.unraisablehook

        def report_others(lost: Any) -> None:
            if not (caught and issubclass(lost.exc_type, KeyboardInterrupt)):
                report(lost)

        sys.unraisablehook = report_others
        try:
            yield
        finally:
            sys.unraisablehook = report
    if caught:
        before(*caught[0])


@contextmanager
def _caught(pass_on: bool) -> Iterator[tuple[list[Any], Any]]:
    """Yields a list to which Ctrl-C adds an item, and the previous handler; in other
    threads, the list stays empty."""
    caught: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(
        before
    ):
        yield caught, before
        return

    def handle(*details: Any) -> None:
        caught.append(details)
        if pass_on:
            before(*details)

    signal.signal(signal.SIGINT, handle)
    try:
        yield caught, before
    finally:
        signal.signal(signal.SIGINT, before)
