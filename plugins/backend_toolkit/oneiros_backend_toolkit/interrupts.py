"""Ctrl-C where it must not come in between, and where it would get lost."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Context manager that holds Ctrl-C back until it is left."""
    with _caught(pass_on=False) as (caught, before):
        yield
    if caught:
        before(*caught[0])


@contextmanager
def kept_interrupts() -> Iterator[None]:
    """Context manager that raises what Ctrl-C raised once more at its end, if it got
    lost.

    Python drops exceptions that come up in a destructor, in a weak reference's callback
    or in one of the garbage collector, and prints them. Tracing a graph runs many of
    these. What is raised again is silent.
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
    """Gives a list that Ctrl-C adds to, and the handler before; an empty one in other
    threads."""
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
