"""What several processes write, line by line, each with a prefix."""

import codecs
from collections import deque
from typing import TextIO

from rich.console import Console

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
LINES_KEPT = 12
"""How many last lines a failure is told with."""
ERASE = "\r\x1b[2K"
"""Goes to the start of a terminal's line and empties it."""


class Stream:
    """What one process writes to stdout or stderr.

    # Arguments
        screen: the Screen on which it appears.
        file: where its lines go.
        rank: int, the number of the process.
        moves: bool, whether its last line appears before it is complete: a progress
            bar in a terminal.

    # Properties
        prefix: str, what its lines start with.
        width: int, the columns of the prefix.
        last_lines: its last complete lines, without the prefix.
        is_silent: bool, whether its lines don't appear any more.
    """

    def __init__(self, screen: "Screen", file: TextIO, rank: int, moves: bool):
        self.file = file
        self.moves = moves
        self.prefix = _prefix(rank, file)
        self.width = len(f"[{rank}] ")
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.is_silent = False
        self._screen = screen
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, data: bytes) -> None:
        """Shows what the process has written."""
        text = self._text + self._decoder.decode(data)
        *lines, self._text = text.split("\n")
        for line in lines:
            self._complete(line)
        if self._text.endswith("\r"):
            self._text = f"{_seen(self._text)}\r"
        else:
            self._text = _seen(self._text)
        if self.moves and not self.is_silent:
            self._screen.move(self)

    def end(self) -> None:
        """Shows the last line, if it isn't complete."""
        if self._text.strip():
            self._complete(self._text)
        self._text = ""

    def moving_line(self) -> str:
        """Returns what is there of a line that isn't complete."""
        text = _seen(self._text)
        return f"{self.prefix}{text}" if text.strip() else ""

    def _complete(self, text: str) -> None:
        line = _seen(text)
        self.last_lines.append(line)
        if not self.is_silent:
            self._screen.line(f"{self.prefix}{line}", self)


class Screen:
    """Where the lines of all processes go. In a terminal, a line that moves stays below
    the others.

    # Arguments
        messages: where messages go that no process writes.
    """

    def __init__(self, messages: TextIO):
        self._messages = messages
        self._moving: Stream | None = None

    def say(self, text: str) -> None:
        """Shows a message that no process writes."""
        self._erase()
        _write(self._messages, f"{text}\n")
        self._draw()

    def line(self, text: str, stream: Stream) -> None:
        """Shows a line of a process, which may have been its moving line."""
        self._erase()
        if self._moving is stream:
            self._moving = None
        _write(stream.file, f"{text}\n")
        self._draw()

    def move(self, stream: Stream) -> None:
        """Shows the line that a process hasn't completed, instead of the last one."""
        self._erase()
        self._moving = stream
        self._draw()

    def _erase(self) -> None:
        if self._moving is not None:
            _write(self._moving.file, ERASE)

    def _draw(self) -> None:
        if self._moving is not None:
            _write(self._moving.file, self._moving.moving_line())


def _write(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()


def _prefix(rank: int, file: TextIO) -> str:
    """Returns what the lines of a process start with: in a terminal, in colour."""
    console = Console(file=file, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(f"[{rank}]", style=COLOURS[rank % len(COLOURS)], end="")
    return f"{captured.get()} "


def _seen(text: str) -> str:
    """Returns what a terminal shows of a line in which the cursor went back to the
    start."""
    return text.rstrip("\r").rpartition("\r")[2]
