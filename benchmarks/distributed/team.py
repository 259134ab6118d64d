"""Starts the processes of a contender on this machine, and asks them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

from distributed.cases import ALL


@dataclass(frozen=True)
class Place:
    """A process among those that train together.

    # Properties
        coordinator: str, `"host:port"` where they meet.
        batch: int, rows of a batch, of all processes together.
        cores: list of int, those that it computes on; empty for all.
    """

    processes: int
    rank: int
    coordinator: str
    batch: int
    cores: list[int]


@dataclass(frozen=True)
class Contender:
    """Something that trains the cases.

    # Properties
        module: "by_hand" or "with_oneiros".
        form: how it is written, see `by_hand.Contender`.
        engine: the backend of Oneiros.
    """

    module: str
    form: str = ""
    engine: str = ""

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"oneiros-{self.engine}" if self.engine else f"hand-{self.form}"


Member = subprocess.Popen[str]


@dataclass(frozen=True)
class Seconds:
    """What a step took.

    # Properties
        wall: float, by the clock.
        processor: float, the sum of the processes' processor times.
    """

    wall: float
    processor: float


@dataclass(frozen=True)
class Team:
    """The running processes of a contender.

    # Properties
        steps: int, how many an epoch has.
    """

    contender: Contender
    steps: int
    members: list[Member]
    complaints: IO[str]

    def answers(self) -> list[list[float]]:
        """Returns the next numbers that each process tells."""
        lines = [member.stdout.readline() for member in self.members if member.stdout]
        if not all(lines):
            self.complaints.seek(0)
            raise SystemExit(
                f"{self.contender.name} failed:\n{self.complaints.read()[-4000:]}"
            )
        return [[float(word) for word in line.split()] for line in lines]

    def step(self, epochs: int) -> Seconds:
        """Returns what a step took: the median of some epochs after a first one."""
        for member in self.members:
            print(epochs + 1, file=member.stdin, flush=True)
        walls, processors = zip(*self.answers(), strict=True)
        return Seconds(max(walls), sum(processors))


@contextmanager
def started(
    contender: Contender,
    case: str,
    processes: int,
    batch: int | None = None,
    cores: Sequence[set[int]] | None = None,
) -> Iterator[Team]:
    """Gives the running processes of a contender, and kills them.

    # Arguments
        batch: rows of a batch; the case's if None.
        cores: those of each process; if None, the system's choice.
    """
    shares = cores or [set[int]()] * processes
    rows = batch or ALL[case].batch
    coordinator = f"127.0.0.1:{_free_port()}"
    members: list[Member] = []
    with (
        tempfile.TemporaryFile("w+") as complaints,
        tempfile.TemporaryDirectory() as home,
    ):
        environment = {
            **os.environ,
            "ONEIROS_HOME": home,
            "ONEIROS_KERAS_NAMESPACE": "0",
            "ONEIROS_BACKEND": contender.engine,
        }
        try:
            for rank, own in enumerate(shares):
                place = Place(processes, rank, coordinator, rows, sorted(own))
                request = [contender.module, contender.form, case, asdict(place)]
                member = subprocess.Popen(
                    [sys.executable, "-m", "distributed.member", json.dumps(request)],
                    text=True,
                    cwd=Path(__file__).parent.parent,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                )
                members.append(member)
            steps = replace(ALL[case], batch=rows).steps
            yield Team(contender, steps, members, complaints)
        finally:
            for member in members:
                member.kill()
                member.communicate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
