"""What the first process does for all: it lets processes join, waits at named places
until all have come, and tells everybody when one is gone."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from oneiros_distribution.addresses import hint
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

BEATS = 2.0
"""Seconds between two signs of life of a process."""
PATIENCE = 600.0
"""Seconds that processes wait for one that isn't gone: it may be busy."""
OLD = 4.0
"""Seconds without a sign of life after which what a process last said may not hold any
more: it may have gone on meanwhile."""
STUCK = 6.0
"""Seconds that all wait, at different places, before they end: three beats."""
MOST_NAMED = 8
"""How many processes a message names."""
RESUME = (
    "Start the same command again; with the callback Resume, training goes on where it "
    "was."
)
RULE = (
    "All processes must run the same script, and call fit, evaluate and predict in all "
    "processes, not in one; with shard, also save and get_weights."
)
KILLED = (
    "ended without a word: it was killed, or its host is gone. Look at its output and "
    f"at the memory of its host. {RESUME}"
)
UNREACHED = f"can't be reached any more: its host is gone, or the network is. {RESUME}"
STOPPED = f"hasn't been heard for {PATIENCE:g} s: it is stopped. {RESUME}"
"""Ends of a sentence about a process."""


@dataclass
class Guest:
    """A process that has joined.

    # Properties
        rank: int, its number.
        host: str, the name of its host.
        writer: the way to it.
        heard: float, when it last sent something.
        place: str, where it waits for the others; empty if it doesn't.
        digest: str, what must be equal at that place.
        text: str, what it tells the others there.
        came: float, when it came to that place.
        call: str, what it computes together with the others; empty if it doesn't.
        called: float, when it was first heard to compute that.
    """

    rank: int
    host: str
    writer: asyncio.StreamWriter
    heard: float = field(default_factory=time.monotonic)
    place: str = ""
    digest: str = ""
    text: str = ""
    came: float = 0.0
    call: str = ""
    called: float = 0.0

    def __str__(self) -> str:
        return f"process {self.rank} on {self.host}"


class Hub:
    """The connections of all processes with the first one.

    # Arguments
        processes: int, how many are expected.
        timeout: float, the seconds in which all must have joined.
    """

    def __init__(self, processes: int, timeout: float):
        self.processes = processes
        self.timeout = timeout
        self.guests: dict[int, Guest] = {}
        self.fault = ""
        self._opened = time.monotonic()
        self._left: set[int] = set()
        self._listening: Sequence[Any] = ()
        self._hint = ""

    async def open(self, host: str, port: int) -> None:
        """Waits for processes from now on.

        # Raises
            OSError: if the address isn't free, or none of this host.
        """
        server = await asyncio.start_server(self._serve, host, port, limit=LONGEST)
        self._listening = server.sockets
        self._hint = hint(host, server.sockets[0].getsockname()[0])
        tasks = [server.serve_forever(), self._supervise()]
        self._tasks = [asyncio.ensure_future(task) for task in tasks]

    def sockets(self) -> list[Any]:
        """Returns all sockets."""
        guests = self.guests.values()
        connected = [guest.writer.get_extra_info("socket") for guest in guests]
        return [*self._listening, *connected]

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        end_if_silent(writer)
        guest = None
        end = KILLED
        try:
            guest = self._joined(await receive(reader), writer)
            while guest and (message := await receive(reader)):
                now = time.monotonic()
                if now - guest.heard > OLD:
                    guest.called = now
                guest.heard = now
                self._handle(guest, message)
        except OSError:
            end = UNREACHED
        if guest and guest.rank not in self._left:
            self._end(f"{guest} {end}")

    def _joined(
        self, message: Message | None, writer: asyncio.StreamWriter
    ) -> Guest | None:
        """Lets a process join, or refuses it."""
        if message is None or message.get("kind") != JOIN:
            writer.close()
            return None
        rank = int(message["rank"])
        guest = Guest(rank, str(message["host"]), writer)
        if problem := self._problem(guest, int(message["processes"])):
            send(writer, REFUSED, text=_sentence(problem))
            self._end(problem)
            return None
        self.guests[rank] = guest
        send(writer, WELCOME, text=socket.gethostname())
        return guest

    def _problem(self, guest: Guest, processes: int) -> str:
        """Returns why a process can't join."""
        if self.fault:
            return self.fault
        first = self.guests.get(0)
        if processes != self.processes:
            return (
                f"{guest} expects {processes} processes in all, {first or 'process 0'} "
                f"expects {self.processes}. Start all with the same number."
            )
        if other := self.guests.get(guest.rank):
            return (
                f"Two processes have the rank {guest.rank}, one on {other.host} and "
                f"one on {guest.host}. Give each process a rank of its own, from 0 to "
                f"{self.processes - 1}, and look whether an earlier run still goes on."
            )
        return ""

    def _handle(self, guest: Guest, message: Message) -> None:
        kind = message.get("kind")
        text = str(message.get("text", ""))
        if kind == BEAT:
            call = str(message.get("call", ""))
            if call != guest.call:
                guest.call = call
                guest.called = guest.heard
        elif kind == AT:
            guest.place = str(message["place"])
            guest.digest = str(message["digest"])
            guest.text = text
            guest.came = guest.heard
            self._meet()
        elif kind == LEAVE:
            self._left.add(guest.rank)
            if text:
                self._end(f"{guest} stopped: {text}. {RESUME}")
            send(guest.writer, LEAVE)

    def _meet(self) -> None:
        """Lets all go on if all are at one place with one digest; ends all if two are
        at different places."""
        waiting = [guest for guest in self.guests.values() if guest.place]
        first = min(waiting, key=lambda guest: guest.rank)
        for guest in waiting:
            if guest.place != first.place:
                self._end(
                    f"{guest} is at {guest.place!r}, but {first} is at "
                    f"{first.place!r}. {RULE}"
                )
                return
        if len(waiting) < self.processes:
            return
        digests = Counter(guest.digest for guest in waiting)
        [(usual, _)] = digests.most_common(1)
        if odd := [guest for guest in waiting if guest.digest != usual]:
            others = ", ".join(map(str, odd[:MOST_NAMED]))
            self._end(
                f"At {first.place!r}, {others} differs from the others. All processes "
                "must run the same script with the same arguments, on the same data: "
                "read the same files, and draw random numbers after np.random.seed(…), "
                "or inside the block of the distribution."
            )
            return
        for guest in waiting:
            guest.place = ""
            send(guest.writer, GO_ON, text=first.text)

    async def _supervise(self) -> None:
        """Ends all if a process doesn't come, falls silent or lets others wait."""
        while not self.fault:
            await asyncio.sleep(BEATS / 2)
            now = time.monotonic()
            for guest in self.guests.values():
                send(guest.writer, BEAT)
            self._check_joined(now)
            self._check_stopped(now)
            self._check_waiting(now)
            self._check_calls(now)

    def _check_joined(self, now: float) -> None:
        missing = [rank for rank in range(self.processes) if rank not in self.guests]
        if missing and now - self._opened > self.timeout:
            guests = sorted(self.guests.values(), key=lambda guest: guest.rank)
            here = ", ".join(map(str, guests[:MOST_NAMED]))
            self._end(
                f"{_listed(missing)} of {self.processes} didn't come within "
                f"{self.timeout:g} s; here are {here}. Start all of them, or give them "
                f"more time with ONEIROS_DISTRIBUTION_TIMEOUT=300.{self._hint}"
            )

    def _check_stopped(self, now: float) -> None:
        for guest in self.guests.values():
            if guest.rank not in self._left and now - guest.heard > PATIENCE:
                self._end(f"{guest} {STOPPED}")

    def _check_waiting(self, now: float) -> None:
        waiting = [guest for guest in self.guests.values() if guest.place]
        if not waiting or now - min(guest.came for guest in waiting) < PATIENCE:
            return
        missing = [guest for guest in self.guests.values() if not guest.place]
        late = ", ".join(map(str, missing))
        self._end(
            f"{late} didn't come to {waiting[0].place!r} within {PATIENCE:g} s, where "
            "the others wait. All processes must run the same script."
        )

    def _check_calls(self, now: float) -> None:
        """Ends all if each process waits for others, but two at different places: in
        what an engine computes together, nobody says so."""
        places = {}
        for guest in self.guests.values():
            since = guest.came if guest.place else guest.called
            if not (guest.place or guest.call) or now - since < STUCK:
                return
            if now - guest.heard > OLD:
                return
            places[guest.place or guest.call] = guest
        if len(places) > 1:
            (place, guest), (other_place, other), *_ = places.items()
            self._end(
                f"{other} is at {other_place!r}, but {guest} is at {place!r}. {RULE}"
            )

    def _end(self, text: str) -> None:
        """Tells everybody to end."""
        if self.fault:
            return
        self.fault = _sentence(text)
        for guest in self.guests.values():
            send(guest.writer, FAULT, text=self.fault)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(ranks: list[int]) -> str:
    if len(ranks) == 1:
        return f"process {ranks[0]}"
    named = ", ".join(map(str, ranks[:MOST_NAMED]))
    return f"{len(ranks)} processes, {named} among them,"
