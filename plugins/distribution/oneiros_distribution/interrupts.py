"""Ctrl-C while an engine computes, during which Python doesn't notice it: the engine
may wait for another process for ever."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 10.0
"""Seconds that a computation may go on after Ctrl-C."""
CHUNK = 4096


class Interrupts:
    """Notices Ctrl-C in another thread than the main one.

    # Arguments
        loop: the event loop of that thread.
        give_up: function that is called there if a computation goes on after Ctrl-C.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], object]):
        self._loop = loop
        self._give_up = give_up
        self._computation: object | None = None
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._listen()

    @contextmanager
    def computation(self) -> Iterator[None]:
        """Context manager around a computation that may wait for other processes."""
        self._computation = object()
        try:
            yield
        finally:
            self._computation = None

    def _listen(self) -> None:
        """Lets the system write the numbers of signals to a socket."""
        self._socket, self._writing = socket.socketpair()
        for end in (self._socket, self._writing):
            end.setblocking(False)
        number = self._writing.fileno()
        other = signal.set_wakeup_fd(number, warn_on_full_buffer=False)
        if other == -1:
            self._loop.call_soon_threadsafe(
                self._loop.add_reader, self._socket, self._take
            )
        else:
            signal.set_wakeup_fd(other)

    def _take(self) -> None:
        computation = self._computation
        if signal.SIGINT in self._socket.recv(CHUNK) and computation is not None:
            self._loop.call_later(PATIENCE, self._check, computation)

    def _check(self, computation: object) -> None:
        if self._computation is computation:
            self._give_up()
