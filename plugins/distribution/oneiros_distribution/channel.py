"""A process's connection with the others, through the first one.

It has a thread of its own, which also ends the process when another one is gone: the
main thread may wait in an engine for numbers that never come.
"""

from __future__ import annotations

import asyncio
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from oneiros.errors import DistributionError
from oneiros_backend_toolkit.interrupts import TICK, safe_point

from oneiros_distribution.addresses import address_of, hint
from oneiros_distribution.cluster import Cluster
from oneiros_distribution.hub import BEATS, KILLED, PATIENCE, STOPPED, UNREACHED, Hub
from oneiros_distribution.interrupts import Interrupts
from oneiros_distribution.messages import (
    AT,
    BEAT,
    FAULT,
    GO_ON,
    JOIN,
    LEAVE,
    LONGEST,
    REFUSED,
    WELCOME,
    Message,
    end_if_silent,
    receive,
    send,
)

RETRY = 0.2
"""Seconds between two attempts to reach the first process."""
GRACE = 2.0
"""Seconds that the main thread has to notice a fault."""
CLEANUP = 4.0
"""Seconds that it has to end the process after it has noticed."""
VERDICT = 12.0
"""Seconds to wait for the reason when an engine says that a connection broke."""
INTERRUPTED = 130
"""The exit status after Ctrl-C."""
T = TypeVar("T")


class Channel:
    """The connection of this process.

    # Arguments
        cluster: the Cluster that it belongs to.

    # Properties
        address: str, the address of this process as the others see it.
        fault: str, why all end; empty as long as all is well.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.fault = ""
        self.address = ""
        self._first = f"Process 0 at {cluster.coordinator}"
        self._is_welcome = self._noticed = self._told = False
        self._leaves = self._ended = False
        self._calls = 0
        self._call = ""
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._heard = time.monotonic()
        threading.Thread(
            target=self._loop.run_forever, daemon=True, name="oneiros-distribution"
        ).start()
        host, _, port = cluster.coordinator.rpartition(":")
        self._host = host.strip("[]")
        self._port = int(port)
        self._interrupts = Interrupts(self._loop, self._interrupted)
        self._hub = Hub(cluster.processes, cluster.timeout)

    def join(self) -> None:
        """Waits until all processes have come.

        # Raises
            DistributionError: if one doesn't come.
        """
        if self.cluster.rank == 0:
            self._open_hub()
        self._run(self._connect())
        self.meet("the start")

    def meet(self, place: str, digest: str = "", text: str = "") -> str:
        """Waits until all processes have come to a place; returns the text of the
        first one.

        # Arguments
            place: str, the name of the place.
            digest: str, what must be the same in all processes.
            text: str, what the first process tells the others.

        # Raises
            DistributionError: if a process doesn't come, or comes to another place, or
                has another digest.
        """
        self.check()
        message = {"place": place, "digest": digest, "text": text}
        self._loop.call_soon_threadsafe(self._send, AT, message)
        answer = self._answer()
        if answer is None:
            self.check()
        return str(answer)

    def _answer(self) -> str | None:
        while True:
            safe_point()
            with suppress(queue.Empty):
                return self._answers.get(timeout=TICK)

    def check(self) -> None:
        """Raises a DistributionError if all end."""
        if self.fault:
            self._noticed = True
            raise DistributionError(self.fault)

    @contextmanager
    def together(self, call: str) -> Iterator[None]:
        """Context manager in which an engine computes together with other processes.

        # Arguments
            call: str, what it computes, the same in all processes.

        # Raises
            DistributionError: instead of the engine's error, if another process is the
                reason for it.
        """
        self._calls += 1
        self._call = f"{call}, call {self._calls}"
        try:
            with self._interrupts.computation():
                yield
        except (RuntimeError, ValueError) as error:
            self._explain(error)
            raise
        finally:
            self._call = ""

    def _explain(self, error: BaseException) -> None:
        """Raises a DistributionError with the reason for an engine's error, if another
        process is the reason."""
        until = time.monotonic() + VERDICT
        while not self.fault and time.monotonic() < until:
            time.sleep(RETRY)
        if self.fault:
            self._noticed = True
            raise DistributionError(self.fault) from error

    def tell(self, text: str) -> None:
        """Prints why this process ends, once."""
        if not self._told:
            self._told = True
            print(f"DistributionError: {text}", file=sys.stderr, flush=True)

    def leave(self, reason: str = "") -> None:
        """Tells the others that this process ends, and why if it isn't their end,
        too."""
        if self.fault:
            return
        self._leaves = True
        self._loop.call_soon_threadsafe(self._send, LEAVE, {"text": reason})
        until = time.monotonic() + GRACE
        while not self._ended and time.monotonic() < until:
            time.sleep(RETRY / 10)

    def let_go(self) -> None:
        """Closes the connections in a copy of this process: they end with the process
        itself."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for connection in (*self._hub.sockets(), self._socket):
            if connection.fileno() >= 0:
                os.dup2(nowhere, connection.fileno())

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the channel's thread and returns its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _send(self, kind: str, values: dict[str, Any]) -> None:
        send(self._writer, kind, **values)

    def _open_hub(self) -> None:
        cluster = self.cluster
        try:
            self._run(self._hub.open(self._host, self._port))
        except OSError as error:
            raise DistributionError(
                f"Process 0 on {socket.gethostname()} can't wait for the others at "
                f"{cluster.coordinator} ({error.strerror or error}). The address must "
                "be one of the host on which rank 0 runs, with a free port; look "
                "whether an earlier run or a second process 0 still uses it."
            ) from error

    async def _connect(self) -> None:
        """Joins the others, as soon as the first process is there."""
        until = time.monotonic() + self.cluster.timeout
        while True:
            try:
                opening = asyncio.open_connection(self._host, self._port, limit=LONGEST)
                left = max(until - time.monotonic(), RETRY)
                reader, self._writer = await asyncio.wait_for(opening, left)
                break
            except (OSError, TimeoutError) as error:
                if time.monotonic() > until:
                    raise self._unreachable(error) from error
                await asyncio.sleep(RETRY)
        end_if_silent(self._writer)
        self._socket = self._writer.get_extra_info("socket")
        self.address = self._writer.get_extra_info("sockname")[0]
        joining = {
            "rank": self.cluster.rank,
            "host": socket.gethostname(),
            "processes": self.cluster.processes,
        }
        self._send(JOIN, joining)
        tasks = [self._listen(reader), self._beat()]
        self._tasks = [asyncio.ensure_future(task) for task in tasks]

    def _unreachable(self, error: Exception) -> DistributionError:
        cluster = self.cluster
        problem = getattr(error, "strerror", None) or str(error) or "no answer"
        return DistributionError(
            f"Process {cluster.rank} on {socket.gethostname()} didn't reach process 0 "
            f"at {cluster.coordinator} within {cluster.timeout:g} s ({problem}). Is "
            "process 0 started, is the address that of its host as seen from here, "
            "and does no firewall close the port? ONEIROS_DISTRIBUTION_TIMEOUT=300 "
            f"gives it more time.{hint(self._host, address_of(self._host))}"
        )

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        end = KILLED
        try:
            while message := await receive(reader):
                self._heard = time.monotonic()
                self._handle(message)
        except OSError:
            end = UNREACHED
        if not self._is_welcome:
            end = "isn't what answers there. Is the address right?"
        self._fail(f"{self._first} {end}")

    def _handle(self, message: Message) -> None:
        kind = message.get("kind")
        text = str(message.get("text", ""))
        if kind == WELCOME:
            self._is_welcome = True
            self._first = f"Process 0 on {text}"
        elif kind == GO_ON:
            self._answers.put(text)
        elif kind == LEAVE:
            self._ended = True
        elif kind in (FAULT, REFUSED):
            self._fail(text)

    async def _beat(self) -> None:
        while not self.fault:
            self._send(BEAT, {"call": self._call})
            await asyncio.sleep(BEATS)
            if time.monotonic() - self._heard > PATIENCE:
                self._fail(f"{self._first} {STOPPED}")

    def _fail(self, text: str) -> None:
        """Notes why all end, and ends this process unless it does so itself."""
        self._ended = True
        if self.fault or self._leaves:
            return
        self.fault = text
        self._answers.put(None)
        self._loop.call_later(GRACE, self._end)

    def _end(self) -> None:
        """Ends this process; if the main thread is about to, after some more time."""
        if self._noticed:
            self._noticed = False
            self._loop.call_later(CLEANUP, self._end)
            return
        self.tell(self.fault)
        self._exit(1)

    def _interrupted(self) -> None:
        """Ends this process by Ctrl-C, which the main thread doesn't notice."""
        if self._leaves:
            return
        self._leaves = True
        print("KeyboardInterrupt", file=sys.stderr, flush=True)
        self._send(LEAVE, {"text": "Ctrl-C"})
        self._loop.call_later(GRACE, self._exit, INTERRUPTED)

    def _exit(self, status: int) -> None:
        # The main thread may wait with the lock on it
        flushing = threading.Thread(target=sys.stdout.flush, daemon=True)
        flushing.start()
        flushing.join(GRACE)
        os._exit(status)
