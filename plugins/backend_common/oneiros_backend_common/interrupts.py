"""Ctrl-C where it must not come in between, and where it would get lost."""

from __future__ import annotations

import signal
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
    """Context manager that raises what Ctrl-C raised once more at its end, if it got lost.

    Python drops exceptions that come up in a destructor or a weak reference's callback. Tracing a graph runs
    many of these.
    """
    with _caught(pass_on=True) as (caught, before):
        yield
    if caught:
        before(*caught[0])


@contextmanager
def _caught(pass_on: bool) -> Iterator[tuple[list[Any], Any]]:
    """Gives a list that Ctrl-C adds to, and the handler before; an empty one in other threads."""
    caught: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
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
