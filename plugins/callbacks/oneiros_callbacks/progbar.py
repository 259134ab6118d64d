"""`Progbar`: a progress bar with running averages."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from oneiros_callbacks import bar_text
from oneiros_callbacks.bar_text import Progress
from oneiros_callbacks.screens import screen_of

SHARE_OF_TIME = 0.002
"""Fraction of time for drawing; on a slow terminal, the bar moves less often."""


class Pace:
    """The speed of steps since a certain moment.

    # Properties
        batches: int, the number of batches done since then; 0 if they aren't counted.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Starts again: earlier time, such as compiling, isn't representative."""
        self.batches = 0
        self._steps = 0
        self._began = time.time()
        self._reached = self._began

    def add(self, steps: int, now: float) -> None:
        """Counts finished steps."""
        self._steps += steps
        if steps:
            self._reached = now

    def per_batch(self) -> float | None:
        """Returns the seconds per batch, if known."""
        return (self._reached - self._began) / self.batches if self.batches else None

    def remaining(self, steps: int) -> float | None:
        """Returns the estimated seconds for the given steps, if known."""
        if not self._steps:
            return None
        return steps * (self._reached - self._began) / self._steps


class Progbar:
    """A progress bar with running averages of measured values.

    In a terminal or a notebook, it is redrawn in one line. If the output goes to a file
    or a pipe, it writes one line at the end, and before that one line a minute. With
    `verbose=2`, it always writes only one line at the end. Drawing takes at most two
    thousandths of the time.

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
        pace: the `Pace`; if you count batches in it, the bar shows the time per batch.
        next_drawing: float, the time before which `update` draws nothing unless forced.
        title: str, what the steps belong to, if other bars follow; a notebook shows it,
            and reuses the bar for the next one.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
    ) -> None:
        self.target = -1 if target is None else target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.sum_values: dict[str, list[float]] = {}
        self.unique_values: list[str] = []
        self.start = time.time()
        self.last_update = 0.0
        self.total_width = 0
        self.seen_so_far = 0
        self.pace = Pace()
        self.title = ""
        self._screen = screen_of(sys.stdout, verbose)
        self.next_drawing = self.start + self._screen.delay

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
        now = time.time()
        self.advance(current, values, now)
        if current >= self.target > -1:
            self.finish()
        elif now >= self.next_drawing or (force and self._screen.in_place):
            self._draw(now)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Moves the bar by `n` steps; `values` as in `update`."""
        self.update(self.seen_so_far + n, values)

    def advance(
        self, current: int, values: Sequence[tuple[str, Any]] | None, now: float
    ) -> None:
        """Like `update`, but shows nothing."""
        steps = current - self.seen_so_far
        for name, value in values or ():
            if name not in self.sum_values:
                self.unique_values.append(name)
                self.sum_values[name] = [0.0, 0]
            self.sum_values[name][0] += value * steps
            self.sum_values[name][1] += steps
        self.seen_so_far = current
        self.pace.add(steps, now)

    def set_values(self, values: Sequence[tuple[str, Any]]) -> None:
        """Shows these values instead of the bar's own averages.

        # Arguments
            values: list of `(name, value)`.
        """
        self.unique_values = [name for name, _ in values]
        self.sum_values = {name: [value, 1] for name, value in values}

    def wait(self, note: str) -> None:
        """Shows a note while the bar doesn't move, if it is being drawn."""
        if self._screen.in_place:
            self._draw(time.time(), note)

    def finish(self) -> None:
        """Shows the final line, however many steps are done."""
        now = time.time()
        self._screen.end(self._progress(now, ended=True), self.width)
        self._pause(now)

    def clear(self) -> None:
        """Removes everything that was drawn in place; final lines stay."""
        self._screen.clear()

    def _draw(self, now: float, note: str = "") -> None:
        self._screen.draw(self._progress(now, note), self.width)
        self._pause(now)

    def _pause(self, began: float) -> None:
        """Sets when to draw again after a drawing that began some time ago."""
        self.last_update = time.time()
        cost = self.last_update - began
        pause = max(self.interval, self._screen.interval, cost / SHARE_OF_TIME)
        self.next_drawing = self.last_update + pause

    def _progress(self, now: float, note: str = "", ended: bool = False) -> Progress:
        return Progress(
            done=self.seen_so_far,
            target=self.target,
            values=[bar_text.value(*mean) for mean in self._means()],
            seconds=now - self.start,
            remaining=self.pace.remaining(self.target - self.seen_so_far),
            per_batch=self.pace.per_batch(),
            note=note,
            ended=ended,
            title=self.title,
        )

    def _means(self) -> list[tuple[str, float]]:
        means = []
        for name in self.unique_values:
            total, weight = self.sum_values[name]
            means.append((name, total / max(1, weight)))
        return means
