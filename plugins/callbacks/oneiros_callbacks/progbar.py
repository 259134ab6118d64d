"""`Progbar`: a progress bar with running averages."""

import math
import os
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from oneiros import processes
from tqdm import tqdm

SHARE_OF_TIME = 0.002
"""Fraction of time for drawing; on a slow terminal, the bar moves less often."""
PAUSE_OF_LINES = 60.0
"""Seconds between two lines in a file or a pipe."""


class _MovingBar(tqdm):  # type: ignore[misc]  # tqdm's types are another package
    """A bar of tqdm, without a thread that watches it and a lock between processes."""

    monitor_interval = 0


_MovingBar.set_lock(threading.RLock())


class Progbar:
    """A progress bar with running averages of measured values.

    In a terminal or a notebook, it is redrawn in one line, for which it takes at most
    two thousandths of the time. In a file or a pipe, it is one line at the end, and
    before that one line a minute.

    # Example
        ```python
        from oneiros.utils.generic_utils import Progbar

        bar = Progbar(1000)
        for i in range(10):
            bar.add(100, values=[("loss", 1 / (i + 1))])
        bar.seen_so_far  # 1000
        ```

    # Arguments
        target: int, the number of steps; None or -1 if unknown.
        width: int, the bar's width in characters.
        verbose: 0 for silence, 1 for a bar, 2 for a line at the end.
        interval: float, the minimum number of seconds between two drawings.

    # Properties
        batches: int; if you count batches in it, the bar shows the time per batch.
        next_drawing: float, the time before which `update` draws nothing unless forced.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
    ):
        self.target = -1 if target is None else target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.sum_values: dict[str, list[float]] = {}
        self.unique_values: list[str] = []
        self.last_update = 0.0
        self.total_width = 0
        self.seen_so_far = 0
        self._bar = _moving_bar() if verbose == 1 else None
        self.start = time.time()
        self.next_drawing = self.start
        if self._bar is None:
            self.next_drawing += PAUSE_OF_LINES if verbose == 1 else math.inf
        self.restart()

    def restart(self) -> None:
        """Measures the speed anew: earlier time, such as compiling, doesn't count."""
        self.batches = 0
        self._steps_before = self.seen_so_far
        self._restarted = self._reached = time.time()

    def update(
        self,
        current: int,
        values: Sequence[tuple[str, Any]] | None = None,
        force: bool = False,
    ) -> None:
        """Moves the bar.

        # Arguments
            current: int, the finished steps.
            values: list of `(name, value)`; each is averaged over the steps since the
                last call.
            force: bool, whether to draw even before `interval` has passed.
        """
        self.advance(current, values)
        if current >= self.target > -1:
            self.finish()
        elif time.time() >= self.next_drawing or (force and self._bar is not None):
            self._draw()

    def advance(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None
    ) -> None:
        """Like `update`, but shows nothing."""
        steps = current - self.seen_so_far
        for name, value in values or ():
            if name not in self.sum_values:
                self.unique_values.append(name)
                self.sum_values[name] = [0.0, 0]
            sums = self.sum_values[name]
            sums[0] += value * steps
            sums[1] += steps
        self.seen_so_far = current
        self._reached = time.time()

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Moves the bar by `n` steps; `values` as in `update`."""
        self.update(self.seen_so_far + n, values)

    def set_values(self, values: Sequence[tuple[str, Any]]) -> None:
        """Shows these values instead of the bar's own averages.

        # Arguments
            values: list of `(name, value)`.
        """
        self.unique_values = [name for name, _ in values]
        self.sum_values = {name: [value, 1] for name, value in values}

    def wait(self, note: str) -> None:
        """Shows a note while the bar doesn't move, if it is being drawn."""
        if self._bar is not None:
            self._draw(note)

    def finish(self) -> None:
        """Leaves the final line, however many steps are done."""
        self.clear()
        seconds = f"{time.time() - self.start:.0f}s"
        if self.verbose == 2:
            print(" - ".join([seconds, *self._values()]), flush=True)
        elif self.verbose:
            print(self._line(seconds), flush=True)

    def clear(self) -> None:
        """Removes the moving bar; final lines stay."""
        if self._bar is not None:
            self._bar.close()

    def _draw(self, note: str = "") -> None:
        began = time.time()
        clock = note or self._remaining(began)
        if self._bar is None:
            print(self._line(clock), flush=True)
        else:
            self._move(self._bar, clock)
        self.last_update = time.time()
        cost = self.last_update - began
        pause = PAUSE_OF_LINES if self._bar is None else cost / SHARE_OF_TIME
        self.next_drawing = self.last_update + max(self.interval, pause)

    def _move(self, bar: _MovingBar, clock: str) -> None:
        """Draws over the previous bar: one as wide as it may be, and what fits."""
        columns = _columns()
        known = self.target > 0
        left = f"{self._count()} [" if known else self._count()
        right = "]" if known else ""
        for text in filter(None, [clock, self._pace(), *self._values()]):
            longer = f"{right} - {text}"
            if len(left + longer) >= columns:
                break
            right = longer
        bar.bar_format = f"{left}{{bar}}{{desc}}" if known else f"{left}{{desc}}"
        bar.set_description_str(right, refresh=False)
        bar.ncols = min(columns, len(left + right) + self.width)
        bar.total = self.target
        bar.n = self.seen_so_far
        bar.refresh()

    def _line(self, clock: str) -> str:
        """Returns all that is known: in a file the line of Keras 1, which programs
        parse, in a terminal as many lines as it needs."""
        is_moving = self._bar is not None
        columns = _columns() if is_moving else math.inf
        pace = self._pace() if is_moving else ""
        lines = [self._counted_bar()]
        for part in filter(None, [clock, pace, *self._values()]):
            if len(f"{lines[-1]} - {part}") > columns:
                lines.append(" " * len(self._count()))
            lines[-1] += f" - {part}"
        return "\n".join(lines)

    def _counted_bar(self) -> str:
        count = self._count()
        if self.target > 0:
            done = min(self.seen_so_far, self.target)
            filled = int(self.width * done // self.target)
            bar = "=" * filled
            if 0 < filled < self.width:
                bar = bar[:-1] + ">"
            count += f" [{bar.ljust(self.width, '.')}]"
        return count

    def _count(self) -> str:
        if self.target < 0:
            return str(self.seen_so_far)
        target = str(int(self.target))
        return f"{int(self.seen_so_far):{len(target)}d}/{target}"

    def _remaining(self, now: float) -> str:
        steps = self.seen_so_far - self._steps_before
        if self.target < 0 or not steps:
            return f"{now - self.start:.0f}s"
        seconds_per_step = (self._reached - self._restarted) / steps
        left = (self.target - self.seen_so_far) * seconds_per_step
        if self._bar is None:
            return f"ETA: {left:.0f}s"
        return f"ETA: {tqdm.format_interval(left)}"

    def _pace(self) -> str:
        """Returns the time of a batch, if batches are counted."""
        if not self.batches:
            return ""
        seconds = (self._reached - self._restarted) / self.batches
        if seconds < 1e-3:
            return f"{1e6 * seconds:.0f}us/step"
        if seconds < 1:
            return f"{1e3 * seconds:.1f}ms/step"
        return f"{seconds:.1f}s/step"

    def _values(self) -> list[str]:
        """Returns the means as Keras 1 writes them, such as `lr: 1.0000e-05`."""
        texts = []
        for name in self.unique_values:
            total, weight = self.sum_values[name]
            mean = total / max(1, weight)
            digits = ".4e" if 0 < abs(mean) <= 1e-3 else ".4f"
            texts.append(f"{name}: {mean:{digits}}")
        return texts


def say(message: str) -> None:
    """Prints a line of its own above a bar that moves; of processes that train
    together, the first one does."""
    if processes.is_first():
        _MovingBar.write(message)


def _columns() -> int:
    return shutil.get_terminal_size((100, 0)).columns - 1


def _moving_bar() -> _MovingBar | None:
    """Returns a bar for a terminal, or for the output of a Jupyter kernel; None if the
    output can't move."""
    stream: Any = sys.stdout
    is_terminal = getattr(stream, "isatty", bool)() and os.environ.get("TERM") != "dumb"
    is_notebook = type(stream).__module__.startswith("ipykernel")
    if not (is_terminal or is_notebook):
        return None
    return _MovingBar(
        file=stream, position=0, nrows=2, leave=False, bar_format="{desc}"
    )
