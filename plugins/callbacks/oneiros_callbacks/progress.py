"""The progress bar, and the callback that shows a fit with it."""

from __future__ import annotations

import functools
import operator
import os
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any

from oneiros.bases import Callback

Logs = dict[str, Any] | None


class Progbar:
    """A progress bar with running averages of what is measured meanwhile.

    In a terminal or a notebook it is drawn with tqdm, again and again in one line.
    Where the output is a file or a pipe it writes one line at the end. With `verbose=2`
    it writes only a line at the end, everywhere.

    # Example
        ```python
        from oneiros.utils.generic_utils import Progbar

        bar = Progbar(1000)
        for i in range(10):
            bar.add(100, values=[("loss", 1 / (i + 1))])
        ```

    # Arguments
        target: int, the number of steps; None or -1 if it isn't known.
        width: int, the bar's width in characters.
        verbose: 0 for silence, 1 for a bar, 2 for a line at the end.
        interval: float, seconds that lie between two drawings at least.
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
        self._bar: Any = None

    def update(
        self,
        current: int,
        values: Sequence[tuple[str, Any]] | None = None,
        force: bool = False,
    ) -> None:
        """Moves the bar.

        # Arguments
            current: int, the steps done so far.
            values: list of `(name, value)`; each is averaged over the steps since the
                last call.
            force: bool, whether to draw although `interval` isn't over.
        """
        steps = current - self.seen_so_far
        for name, value in values or ():
            if name not in self.sum_values:
                self.unique_values.append(name)
                self.sum_values[name] = [0.0, 0]
            self.sum_values[name][0] += value * steps
            self.sum_values[name][1] += steps
        self.seen_so_far = current
        now = time.time()
        done = current >= self.target > -1
        if self.verbose and (force or done or now - self.last_update >= self.interval):
            self.last_update = now
            self._show(done, now - self.start)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Moves the bar by `n` steps; `values` as in `update`."""
        self.update(self.seen_so_far + n, values)

    def _show(self, done: bool, seconds: float) -> None:
        if self.verbose == 1 and _redraws(sys.stdout):
            self._draw(done)
        elif done:
            line = f"{seconds:.0f}s{self._text()}"
            if self.verbose == 1:
                line = f"{self.seen_so_far}/{self.target} - {line}"
            print(line, flush=True)

    def _draw(self, done: bool) -> None:
        if self._bar is None:
            self._bar = _new_bar(self.target)
        self._bar.n = self.seen_so_far
        self._bar.desc = self._text()
        self.total_width = len(self._bar.desc)
        columns = shutil.get_terminal_size().columns
        self._bar.bar_format = self._look(done, columns)
        # What remains at the end may be longer than a line.
        self._bar.ncols = None if done else columns - 1
        if done:
            self._bar.close()
            self._bar = None
        else:
            self._bar.refresh()

    def _look(self, done: bool, columns: int) -> str:
        """Returns tqdm's format, with a bar that fits beside the numbers."""
        if self.target < 0:
            return "{n} in {elapsed}{desc}"
        digits = len(str(self.target))
        room = columns - 2 * digits - len("/ || ETA 00:00 ") - self.total_width
        bar = f"|{{bar:{min(self.width, room)}}}| " if room >= 5 else ""
        time = "{elapsed}" if done else "ETA {remaining}"
        return f"{{n:{digits}d}}/{{total}} {bar}{time}{{desc}}"

    def _text(self) -> str:
        """Returns the averages, as in ` - loss: 0.1234 - acc: 0.9321`."""
        text = ""
        for name in self.unique_values:
            total, weight = self.sum_values[name]
            mean = total / max(1, weight)
            is_small = 0 < abs(mean) <= 1e-3
            text += f" - {name}: {mean:.4e}" if is_small else f" - {name}: {mean:.4f}"
        return text


def _redraws(stream: Any) -> bool:
    """Tells whether a line that was written can be drawn over."""
    terminal = getattr(stream, "isatty", bool)() and os.environ.get("TERM") != "dumb"
    return terminal or "ipykernel" in sys.modules


@functools.cache
def _line() -> Any:
    from tqdm import tqdm

    class Line(tqdm):  # type: ignore[misc]
        """A bar that no thread watches, and that isn't drawn again when forgotten."""

        monitor_interval = 0

        def __del__(self) -> None:
            pass

    return Line


def _new_bar(target: int) -> Any:
    # With both sizes given, tqdm doesn't ask the terminal, whose answer may be 0 by 0.
    size = {"ncols": 0, "nrows": 20, "position": 0}
    total = target if target > -1 else None
    return _line()(
        total=total, file=sys.stdout, bar_format="{desc}", mininterval=0, **size
    )


class ProgbarLogger(Callback):
    """Shows each epoch of a fit: a bar with `verbose=1`, a line with `verbose=2`.

    A fit has one of these by itself, through the hook `oneiros_default_callbacks`. The
    values shown while an epoch goes on are running averages; those that remain when it
    is over are the epoch's own.
    """

    told_afterwards = True

    def on_train_begin(self, logs: Logs = None) -> None:
        """Reads what is to be shown."""
        self.verbose: int = self.params["verbose"]
        self.nb_epoch: int = self.params["nb_epoch"]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begins a bar."""
        if self.verbose:
            print(f"Epoch {epoch + 1}/{self.nb_epoch}")
        self.progbar = Progbar(self.params["nb_sample"], verbose=self.verbose)
        self.seen = 0

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Forgets the values of the batch before."""
        if self.seen < self.params["nb_sample"]:
            self.log_values: list[tuple[str, Any]] = []

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Moves the bar; the last batch is left to `on_epoch_end`."""
        logs = logs or {}
        self.seen += logs.get("size", 0)
        self.log_values = self._measured(logs)
        if self.verbose and self.seen < self.params["nb_sample"]:
            self.progbar.update(self.seen, self.log_values)

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Moves the bar once for a run of batches, by their average."""
        sizes = logs["size"]
        samples = sum(sizes)
        means = {
            name: sum(map(operator.mul, logs[name], sizes)) / samples
            for name in self.params["metrics"]
            if name in logs
        }
        self.on_batch_end(logs["batch"][-1], {**means, "size": samples})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Ends the bar with the epoch's values, those of the validation included."""
        self.log_values = self._measured(logs or {})
        self.progbar.sum_values = {name: [value, 1] for name, value in self.log_values}
        self.progbar.unique_values = [name for name, _ in self.log_values]
        if self.verbose:
            self.progbar.update(self.seen, force=True)

    def _measured(self, logs: dict[str, Any]) -> list[tuple[str, Any]]:
        return [(name, logs[name]) for name in self.params["metrics"] if name in logs]
