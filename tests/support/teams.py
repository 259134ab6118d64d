"""Processes that train together, each on a host of its own or all on this one."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LIMIT = 30
"""Seconds in which all processes of a team must have ended after a fault."""
PORT = 29400
"""Where the first process listens on a host of its own."""
TOKEN = "ONEIROS_TEST_TEAM"
"""Environment variable by which a test knows the processes that its team has
started."""


def free_port() -> int:
    """Returns a port of this host that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass
class Member:
    """A process of a team.

    # Properties
        process: the running process.
        path: where its output goes.
    """

    process: subprocess.Popen
    path: Path

    @property
    def output(self) -> str:
        return self.path.read_text("utf-8", errors="replace")

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)


class Team:
    """Starts processes that run one script, and ends them.

    # Arguments
        folder: where their outputs and files go.
        script: path of the script.
        size: how many processes each expects.
        hosts: where they run, by rank; this machine, if empty.
    """

    def __init__(
        self, folder: Path, script: Path, size: int, hosts=(), **variables: str
    ):
        self.token = secrets.token_hex(8)
        self.folder = folder
        self.script = script
        self.size = size
        self.variables = variables
        self.hosts = hosts
        self.coordinator = f"127.0.0.1:{free_port()}"
        if hosts:
            self.coordinator = f"{hosts[0].address}:{PORT}"
        self.members: list[Member] = []

    def start(
        self, rank: int, *arguments: str, folder=None, **variables: str
    ) -> Member:
        """Starts a process, in a folder of its own or in that of all."""
        prefix = self.hosts[rank].prefix if self.hosts else []
        environment = {
            **os.environ,
            "ONEIROS_PROCESSES": str(self.size),
            "ONEIROS_RANK": str(rank),
            "ONEIROS_COORDINATOR": self.coordinator,
            TOKEN: self.token,
            **self.variables,
            **variables,
        }
        path = self.folder / f"output-{len(self.members)}.txt"
        with path.open("wb") as output:
            process = subprocess.Popen(
                [*prefix, sys.executable, str(self.script), *arguments],
                cwd=folder or self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        member = Member(process, path)
        self.members.append(member)
        return member

    def start_all(self, *arguments: str) -> list[Member]:
        """Starts a process for each rank."""
        return [self.start(rank, *arguments) for rank in range(self.size)]

    def wait_for(self, text: str, rank: int = 0, seconds: float = 60) -> None:
        """Waits until a process has printed a text."""
        until = time.monotonic() + seconds
        member = self.members[rank]
        while text not in member.output:
            assert member.process.poll() is None, member.output
            assert time.monotonic() < until, member.output
            time.sleep(0.05)

    def wait_for_listening(self, seconds: float = 30) -> None:
        """Waits until the first process lets others join."""
        host, _, port = self.coordinator.partition(":")
        until = time.monotonic() + seconds
        while True:
            with suppress(ConnectionRefusedError):
                socket.create_connection((host, int(port))).close()
                return
            assert time.monotonic() < until, self.members[0].output
            time.sleep(0.05)

    def wait(self, seconds: float = LIMIT) -> list[int]:
        """Waits for all processes; returns how they ended. Those that are left after
        so many seconds are killed, and count as hanging."""
        until = time.monotonic() + seconds
        ends = []
        for member in self.members:
            try:
                left = max(until - time.monotonic(), 0.01)
                ends.append(member.process.wait(left))
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()
                ends.append("hangs")
        return ends

    def left(self) -> list[int]:
        """Returns the processes that are still there of all that it has started."""
        mark = f"{TOKEN}={self.token}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    def wait_for_silence(self, seconds: float = 20) -> None:
        """Waits until no process is left, such as one that another has started."""
        until = time.monotonic() + seconds
        while left := self.left():
            assert time.monotonic() < until, left
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in self.left():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        for member in self.members:
            member.process.kill()
            member.process.wait()
