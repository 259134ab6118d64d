"""A process that `oneiros launch` starts."""

from __future__ import annotations

import asyncio
import ctypes
import os
import pty
import signal
import sys
import termios
import tty
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from oneiros_distribution.prefixed_output import Screen, Stream

CHUNK = 65_536
SECONDS_TO_READ = 1.0
"""How long to wait for the output of a process that has ended: what it has started may
still hold it open."""
OUT_OF_MEMORY = " (the system does this when memory runs out)"
RESUME = "Started again, a script that uses Resume goes on from its last checkpoint."
SET_SIGNAL_OF_PARENTS_END = 1
"""The option of Linux's prctl: a signal that a process gets when its parent ends."""


class Worker:
    """A process, and what it writes.

    # Arguments
        rank: int, its number.
        screen: the Screen on which its output appears.

    # Properties
        code: int, its exit status, as a shell gives it.
        ended: asyncio.Task, done when it has ended and its output was read.
    """

    ended: asyncio.Task[None]
    process: asyncio.subprocess.Process

    def __init__(self, rank: int, screen: Screen):
        self.rank = rank
        self._out = _Output(screen, sys.stdout, rank)
        self._err = _Output(screen, sys.stderr, rank)

    async def start(self, command: list[str], environment: Mapping[str, str]) -> None:
        """Starts it, in a group of processes of its own: only `send` reaches it."""
        self.process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._out.writing,
            stderr=self._err.writing,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self._out.listen()
        self._err.listen()
        self.ended = asyncio.create_task(self._wait())

    @property
    def code(self) -> int:
        """Its exit status."""
        code = self.process.returncode or 0
        return code if code >= 0 else 128 - code

    def how_it_ended(self) -> str:
        """Returns the end of a sentence about it."""
        code = self.process.returncode or 0
        if not self._was_killed():
            return f"failed with exit status {code}"
        name = signal.Signals(-code).name
        hint = OUT_OF_MEMORY if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"

    def last_words(self) -> str:
        """Returns a text with the last lines that it has written to stderr."""
        lines = list(self._err.stream.last_lines)
        if lines:
            lines = ["Its last lines on stderr:", *(f"  {line}" for line in lines)]
        else:
            lines = ["It wrote nothing to stderr."]
        if self._was_killed():
            lines.append(RESUME)
        return "\n".join(lines)

    def follows_another(self) -> bool:
        """Returns whether it says that it failed because of another process."""
        return "DistributionError: " in self.last_words()

    def silence(self) -> None:
        """Shows no more of what it writes to stderr."""
        self._err.stream.is_silent = True

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to it and to what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _was_killed(self) -> bool:
        return (self.process.returncode or 0) < 0

    async def _wait(self) -> None:
        await self.process.wait()
        outputs = (self._out, self._err)
        read = [asyncio.create_task(output.is_read.wait()) for output in outputs]
        await asyncio.wait(read, timeout=SECONDS_TO_READ)


class _Output:
    """The end of a pipe, or of a terminal, to which a process writes.

    The first process gets a terminal in a terminal, for progress bars; it is narrower
    by the prefix.
    """

    def __init__(self, screen: Screen, file: TextIO, rank: int):
        self.file = file
        self.is_terminal = (
            rank == 0 and file.isatty() and os.environ.get("TERM") != "dumb"
        )
        self.stream = Stream(screen, file, rank, self.is_terminal)
        self.is_read = asyncio.Event()
        if self.is_terminal:
            self.reading, self.writing = pty.openpty()
            tty.setraw(self.writing)
            self._fit()
        else:
            self.reading, self.writing = os.pipe()

    def listen(self) -> None:
        """Shows from now on what the process writes."""
        os.close(self.writing)
        asyncio.get_running_loop().add_reader(self.reading, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self.reading, CHUNK)
        except OSError:  # a terminal to which nobody writes any more
            data = b""
        if data:
            self._fit()
            self.stream.feed(data)
            return
        asyncio.get_running_loop().remove_reader(self.reading)
        os.close(self.reading)
        self.stream.end()
        self.is_read.set()

    def _fit(self) -> None:
        if self.is_terminal:
            columns, rows = os.get_terminal_size(self.file.fileno())
            width = columns - self.stream.width
            termios.tcsetwinsize(self.reading, (rows, width))


def _end_with_parent() -> None:
    """Lets this process end if `oneiros launch` is killed."""
    ctypes.CDLL(None).prctl(SET_SIGNAL_OF_PARENTS_END, signal.SIGTERM)
