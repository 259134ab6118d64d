"""Where a progress bar is shown: a terminal, a notebook, or lines in a file."""

from __future__ import annotations

import html
import math
import os
import shutil
import sys
from typing import Any, ClassVar

from oneiros_callbacks import bar_text
from oneiros_callbacks.bar_text import Progress

NOTEBOOK_COLUMNS = 100


class Screen:
    """A place where nothing is shown, for `verbose=0`.

    # Properties
        in_place: bool, whether a bar is drawn over the previous one.
        delay: float, seconds before the first drawing.
        interval: float, the minimum number of seconds between two drawings.
    """

    in_place: ClassVar[bool] = False
    delay: ClassVar[float] = math.inf
    interval: ClassVar[float] = math.inf

    def draw(self, progress: Progress, width: int) -> None:
        """Shows the progress, with a bar of the given width."""

    def end(self, progress: Progress, width: int) -> None:
        """Shows the final line."""

    def clear(self) -> None:
        """Removes everything that was drawn in place."""


class Summaries(Screen):
    """A line at the end, without a bar, for `verbose=2`."""

    def end(self, progress: Progress, width: int) -> None:
        """Prints the line."""
        print(bar_text.summary(progress), flush=True)


class Lines(Screen):
    """A file or a pipe: a line at the end, and before that one a minute."""

    delay = 60.0
    interval = 60.0

    def draw(self, progress: Progress, width: int) -> None:
        """Prints a line."""
        print(bar_text.plain(progress, width), flush=True)

    def end(self, progress: Progress, width: int) -> None:
        """Prints the last line."""
        self.draw(progress, width)


class Terminal(Screen):
    """The terminal line with the cursor."""

    in_place = True
    delay = 0.0
    interval = 0.0
    drawing: ClassVar[Terminal | None] = None
    """The terminal whose bar is in front of the cursor."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._has_unicode = _has_unicode(stream)
        self._drawn = 0

    def draw(self, progress: Progress, width: int) -> None:
        """Draws over the previous bar."""
        self._drawn = self._write(self._text(progress, width))
        Terminal.drawing = self

    def end(self, progress: Progress, width: int) -> None:
        """Draws a last time, and moves to the next line."""
        self._write(self._text(progress, width), end="\n")
        self._forget()

    def clear(self) -> None:
        """Removes the bar, and leaves the cursor at the beginning of the line."""
        if Terminal.drawing is self:
            self._write("", end="\r")
            self._forget()

    def _forget(self) -> None:
        self._drawn = 0
        Terminal.drawing = None

    def _text(self, progress: Progress, width: int) -> str:
        columns = shutil.get_terminal_size().columns - 1
        return bar_text.drawn(progress, width, columns, self._has_unicode)

    def _write(self, text: str, end: str = "") -> int:
        first, *others = text.split("\n")
        lines = [first.ljust(self._drawn), *others]
        self.stream.write("\r" + "\n".join(lines) + end)
        self.stream.flush()
        return len(text)


class Notebook(Screen):
    """A cell of a notebook: a bar above the printed output, and a line for each
    finished bar.

    The bar is a separate display, one per cell. So a saved notebook contains none of
    its frames, only the lines that Keras 1 would have left.
    """

    in_place = True
    delay = 0.0
    interval = 0.2
    cell: ClassVar[tuple[int, Any]] = (-1, None)
    """The number of the last cell with a bar, and the handle of its display."""

    def draw(self, progress: Progress, width: int) -> None:
        """Draws over the previous bar."""
        self._show(
            {
                "text/html": _as_html(progress),
                "text/plain": bar_text.drawn(progress, width, NOTEBOOK_COLUMNS, True),
            }
        )

    def end(self, progress: Progress, width: int) -> None:
        """Prints the line, with a shorter bar if a cell would wrap it; the bar stays if
        more bars follow, which then have titles."""
        excess = len(bar_text.plain(progress, width)) - NOTEBOOK_COLUMNS
        shorter = max(bar_text.SHORTEST_BAR, width - max(0, excess))
        print(bar_text.plain(progress, min(width, shorter)), flush=True)
        if not progress.title:
            self.clear()

    def clear(self) -> None:
        """Empties the display."""
        self._show({"text/plain": ""})

    def _show(self, content: dict[str, str]) -> None:
        from IPython import get_ipython
        from IPython.display import display

        number = get_ipython().execution_count
        shown_in, handle = Notebook.cell
        if shown_in == number:
            handle.update(content, raw=True)
        elif any(content.values()):
            Notebook.cell = number, display(content, raw=True, display_id=True)


def screen_of(stream: Any, verbose: int) -> Screen:
    """Returns the screen for a bar that is written to a stream."""
    if verbose != 1:
        return Summaries() if verbose == 2 else Screen()
    if _is_notebook(stream):
        return Notebook()
    is_terminal = getattr(stream, "isatty", bool)()
    if is_terminal and os.environ.get("TERM") != "dumb":
        return Terminal(stream)
    return Lines()


def clear_line() -> None:
    """Clears the terminal's line, if a bar is being drawn there."""
    terminal = Terminal.drawing
    if terminal is not None and terminal.stream is sys.stdout:
        terminal.clear()


def _is_notebook(stream: Any) -> bool:
    """Returns whether a stream is the output of a Jupyter kernel."""
    origins = {base.__module__.partition(".")[0] for base in type(stream).__mro__}
    return "ipykernel" in origins


def _has_unicode(stream: Any) -> bool:
    """Returns whether a stream takes more than ASCII."""
    try:
        "█…".encode(getattr(stream, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _as_html(progress: Progress) -> str:
    """Returns a bar that browsers draw, and the numbers behind it."""
    bar = f"<progress max={progress.target} value={progress.done}></progress>"
    if progress.target <= 0:
        bar = "<progress></progress>"
    text = " - ".join(filter(None, [progress.title, *bar_text.parts(progress)]))
    return f"{bar} <code>{html.escape(text)}</code>"
