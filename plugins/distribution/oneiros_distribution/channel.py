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
from collections.abc import Coroutine
from typing import Any, TypeVar

from oneiros.errors import DistributionError

from oneiros_distribution.cluster import Cluster
from oneiros_distribution.hub import BEATS, RESUME, SILENCE, Hub
from oneiros_distribution.messages import (
    AT,
    BEAT,
    FAULT,
    GO_ON,
    JOIN,
    LEAVE,
    LONGEST,
    REFUSED,
    receive,
    send,
)

RETRY = 0.2
"""Seconds between two attempts to reach the first process."""
GRACE = 2.0
"""Seconds that the main thread has to end by itself after a fault."""
VERDICT = 12.0
"""Seconds to wait for the reason when an engine says that a connection broke."""
T = TypeVar("T")


class Channel:
    """The connection of this process.

    # Arguments
        cluster: the Cluster that it belongs to.

    # Properties
        address: str, the address of this process as the others see it.
        fault: str, why all end; empty as long as all is well.

    # Raises
        DistributionError: if not all processes come.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.fault = ""
        self.address = ""
        self._told = self._ended = False
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._heard = time.monotonic()
        threading.Thread(
            target=self._loop.run_forever, daemon=True, name="oneiros-distribution"
        ).start()
        host, _, port = cluster.coordinator.rpartition(":")
        self._host = host.strip("[]")
        self._port = int(port)
        if cluster.rank == 0:
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
        answer = self._answers.get()
        if answer is None:
            self.check()
        return str(answer)

    def check(self) -> None:
        """Raises a DistributionError if all end."""
        if self.fault:
            self._told = True
            raise DistributionError(self.fault)

    def explain(self, error: BaseException) -> None:
        """Raises a DistributionError with the reason for an engine's error, if another
        process is the reason."""
        until = time.monotonic() + VERDICT
        while not self.fault and time.monotonic() < until:
            time.sleep(RETRY)
        if self.fault:
            self._told = True
            raise DistributionError(self.fault) from error

    def leave(self, reason: str = "") -> None:
        """Tells the others that this process ends, and why if it isn't their end,
        too."""
        self._told = True
        if self.fault:
            return
        self._loop.call_soon_threadsafe(self._send, LEAVE, {"text": reason})
        until = time.monotonic() + GRACE
        while not self._ended and time.monotonic() < until:
            time.sleep(RETRY / 10)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the channel's thread and returns its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _send(self, kind: str, values: dict[str, Any]) -> None:
        send(self._writer, kind, **values)

    def _open_hub(self) -> None:
        cluster = self.cluster
        hub = Hub(cluster.processes, cluster.timeout)
        try:
            self._run(hub.open(self._host, self._port))
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
            "gives it more time."
        )

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        is_process = False
        while message := await receive(reader):
            self._heard = time.monotonic()
            kind = message.get("kind")
            if kind == GO_ON:
                self._answers.put(str(message["text"]))
            elif kind == LEAVE:
                self._ended = True
            elif kind in (FAULT, REFUSED):
                self._fail(str(message["text"]))
            is_process = True
        where = f"Process 0 at {self.cluster.coordinator}"
        if is_process:
            self._fail(
                f"{where} ended without a word: it was killed, or its host is gone. "
                f"Look at its output. {RESUME}"
            )
        else:
            self._fail(f"{where} isn't what answers there. Is the address right?")

    async def _beat(self) -> None:
        while not self.fault:
            self._send(BEAT, {})
            await asyncio.sleep(BEATS)
            if time.monotonic() - self._heard > SILENCE:
                self._fail(
                    f"Process 0 at {self.cluster.coordinator} hasn't been heard for "
                    f"{SILENCE:g} s: it is stopped, or the network is down. {RESUME}"
                )

    def _fail(self, text: str) -> None:
        """Notes why all end, and ends this process unless it does so itself."""
        self._ended = True
        if self.fault:
            return
        self.fault = text
        self._answers.put(None)
        self._loop.call_later(GRACE, self._end)

    def _end(self) -> None:
        if self._told:
            return
        print(f"DistributionError: {self.fault}", file=sys.stderr, flush=True)
        os._exit(1)
