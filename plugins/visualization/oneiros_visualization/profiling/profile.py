"""`StepProfile`: a callback that measures where the time of a training run goes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from oneiros.arguments import check_bool
from oneiros.bases import Callback
from oneiros.engine.observer import BUILD, Observer, observed_by

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

    It doesn't change how batches are grouped and computed. The parts add up to the
    total:

    - `building`: building the training function, if it didn't exist yet
    - `upload`: copying data to the device
    - `compiling`: the time of calls with new shapes beyond the usual time of their
      steps; all of their time if no other call shows the usual time
    - `data`: reading and assembling batches on the host, or waiting for a generator or
      the reading thread
    - `compiled call`: the steps themselves
    - `logs`: converting their results to numbers
    - `callbacks`: each callback, by class
    - `validation`: the same parts on the validation data
    - `rest`: the training loop itself

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
        meanwhile: dict from part to the seconds that the reading thread spent on it in
            parallel.
    """

    called_after_runs = True
    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(self, verbose: int = 1) -> None:
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
    def watch(self, model: Any) -> Iterator[None]:
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
        return self.ledger.steps.total()

    @property
    def samples(self) -> int:
        """The number of trained samples."""
        return self.ledger.samples.total()

    @property
    def epochs(self) -> list[int]:
        """The numbers of the epochs, from 0."""
        return sorted(epoch for epoch in self.ledger.steps if epoch is not None)

    @property
    def meanwhile(self) -> dict[str, float]:
        """Seconds of the reading thread, by part."""
        return dict(self.ledger.meanwhile)

    @property
    def rows(self) -> list[Row]:
        """The parts of the total time."""
        return _rows(self.ledger.seconds, self.steps)

    def rows_of(self, epoch: int) -> list[Row]:
        """Returns the parts of one epoch's time."""
        seconds_by_part = {
            key: seconds
            for key, seconds in self.ledger.seconds.items()
            if key[0] == epoch
        }
        return _rows(seconds_by_part, self.ledger.steps[epoch])

    def print(self, file: Any = None) -> None:
        """Prints the table.

        # Arguments
            file: stream to write to, by default the standard output.
        """
        from oneiros_visualization.profiling.printed_profile import show

        show(self, file)


def _rows(
    seconds_by_part: dict[tuple[int | None, Part], float], steps: int
) -> list[Row]:
    """Returns the rows in the order of `PARTS`, each followed by its details."""
    total = sum(seconds_by_part.values()) or 1.0
    sums = defaultdict[Part, float](float)
    repeated = defaultdict[Part, float](float)
    for (epoch, (name, detail)), seconds in seconds_by_part.items():
        for part in {(name, ""), (name, detail)}:
            sums[part] += seconds
            if epoch is not None and name not in (BUILD, COMPILE):
                repeated[part] += seconds
    order = sorted(
        sums, key=lambda part: (PARTS.index(part[0]), part[1] != "", -sums[part])
    )
    return [
        Row(*part, sums[part], sums[part] / total, repeated[part] / max(steps, 1))
        for part in order
    ]
