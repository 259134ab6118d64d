"""`StepProfile`: a callback that measures where the time of a training run goes."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from oneiros.arguments import check_bool
from oneiros.bases import Callback
from oneiros.engine.streams import BUILD, CALL, Observer, observed_by
from rich.console import Console
from rich.table import Table

from oneiros_visualization.diagnostics.printed_table import table
from oneiros_visualization.profiling.ledger import COMPILE, PARTS, Ledger, Part


class Row(NamedTuple):
    """A part of the time, or a detail of a part.

    A detail is a callback's class, or a part of the validation.
    """

    part: str
    detail: str
    seconds: float
    share: float
    per_step: float
    """Seconds per step within epochs; 0 for building and compiling, which happen
    once."""


class StepProfile(Callback):
    """Measures where the time of a training run goes, and prints a table at the end.

    It doesn't change how batches are grouped and computed. The parts, which add up to
    the total, are `building`, `upload`, `compiling`, `data`, `compiled call`, `logs`,
    `callbacks`, `validation` and `rest`; docs/guides/speed.md explains them.

    # Example
        ```python
        import numpy as np
        from oneiros.callbacks import StepProfile
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        x = np.random.random((64, 2))
        profile = StepProfile(verbose=0)
        model.fit(x, x[:, :1], verbose=0, callbacks=[profile])
        print(profile.rows[0].part)  # building
        ```

    # Arguments
        verbose: 0 for no output, 1 to print the table when training ends.

    # Properties
        rows: list of `Row(part, detail, seconds, share, per_step)` for the total time.
            Rows with a detail follow the row of their part and are included in it.
        total: float, seconds.
        steps, samples: int, the numbers of steps and samples.
        epochs: list of epoch numbers, from 0.
    """

    called_after_runs = True
    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(self, verbose: int = 1):
        self.verbose = check_bool("StepProfile", "verbose", verbose)
        self.ledger = Ledger()

    def get_observer(self) -> Observer:
        """Returns a new ledger and starts its clock."""
        self.ledger = Ledger(self.clock, self._show)
        self.ledger.begin()
        return self.ledger

    def _show(self) -> None:
        if self.verbose:
            self.print()

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Doesn't need the values of batches."""

    @contextmanager
    def watch(self, model) -> Iterator[None]:
        """Profiles calls of `evaluate` or `predict` with several batches in a `with`
        block.

        # Arguments
            model: the model. It only makes your code clearer; everything in the block
                counts.

        # Example
            ```python
            import numpy as np
            from oneiros.callbacks import StepProfile
            from oneiros.layers import Dense
            from oneiros.models import Sequential

            model = Sequential([Dense(1, input_dim=2)])
            model.compile("sgd", "mse")
            x = np.random.random((64, 2))
            profile = StepProfile(verbose=0)
            with profile.watch(model):
                model.evaluate(x, x[:, :1], verbose=0)
            ```
        """
        with observed_by(self.get_observer()):
            yield

    @property
    def total(self) -> float:
        """The total seconds."""
        return sum(self.ledger.seconds.values())

    @property
    def steps(self) -> int:
        """The number of trained batches."""
        return self.ledger.steps

    @property
    def samples(self) -> int:
        """The number of trained samples."""
        return self.ledger.samples

    @property
    def epochs(self) -> list[int]:
        """The numbers of the epochs, from 0."""
        return self.ledger.epochs

    @property
    def rows(self) -> list[Row]:
        """The parts of the total time."""
        return _rows(self.ledger.seconds, self.steps)

    def print(self, file=None) -> None:
        """Prints the table.

        # Arguments
            file: stream to write to, by default the standard output.
        """
        console = Console(file=file, highlight=False)
        console.print(f"Where the time went: {_extent(self)}", style="bold")
        console.print(_parts(self))
        if not any(row.part == CALL and row.seconds > 0 for row in self.rows):
            console.print(
                "Each call was the first with its shapes, so compiling includes the "
                "steps."
            )


def _rows(seconds_by_part: dict[tuple[bool, Part], float], steps: int) -> list[Row]:
    """Returns the rows in the order of `PARTS`, each followed by its details."""
    total = sum(seconds_by_part.values()) or 1.0
    sums = defaultdict[Part, float](float)
    repeated = defaultdict[Part, float](float)
    for (in_epoch, (name, detail)), seconds in seconds_by_part.items():
        for part in {(name, ""), (name, detail)}:
            sums[part] += seconds
            if in_epoch and name not in (BUILD, COMPILE):
                repeated[part] += seconds
    order = sorted(
        sums, key=lambda part: (PARTS.index(part[0]), part[1] != "", -sums[part])
    )
    return [
        Row(*part, sums[part], sums[part] / total, repeated[part] / max(steps, 1))
        for part in order
    ]


def duration(seconds: float) -> str:
    """Formats seconds with a suitable unit."""
    if seconds < 1e-3:
        return f"{_three_digits(seconds * 1e6)} µs"
    if seconds < 1:
        return f"{_three_digits(seconds * 1e3)} ms"
    return f"{_three_digits(seconds)} s "


def _three_digits(value: float) -> str:
    digits = 2 - sum(value >= limit for limit in (10, 100))
    return f"{value:.{digits}f}"


def _extent(profile: StepProfile) -> str:
    epochs = f"{len(profile.epochs):,} epochs, " if len(profile.epochs) > 1 else ""
    return (
        f"{epochs}{_count(profile.steps, 'step')}, {_count(profile.samples, 'sample')}"
    )


def _count(number: int, noun: str) -> str:
    plural = "" if number == 1 else "s"
    return f"{number:,} {noun}{plural}"


def _parts(profile: StepProfile) -> Table:
    printed = table("part", "time", "share", "per step")
    for row in profile.rows:
        if row.seconds > 0:
            name = f"  {row.detail}" if row.detail else row.part
            each = duration(row.per_step) if row.per_step else ""
            style = "dim" if row.detail else None
            printed.add_row(
                name, duration(row.seconds), f"{row.share:.1%}", each, style=style
            )
    printed.add_section()
    step = sum(row.per_step for row in profile.rows if not row.detail)
    printed.add_row(
        "whole", duration(profile.total), "100.0%", duration(step), style="bold"
    )
    return printed
