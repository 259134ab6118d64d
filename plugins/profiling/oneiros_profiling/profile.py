"""`StepProfile`: the callback, what it found as data, and as a table."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from oneiros.arguments import check_bool
from oneiros.bases import Callback
from oneiros.engine.observer import BUILD, Observer, observed_by

from oneiros_profiling.ledger import COMPILE, PARTS, Ledger, Part


class Row(NamedTuple):
    """A part of the time, or a detail of that part.

    Details are a callback's class, or a part of the validation.
    """

    part: str
    detail: str
    seconds: float
    share: float
    per_step: float
    """Seconds per step within epochs; 0 for building and compiling, which is done
    once."""


class StepProfile(Callback):
    """Shows where the time of a training goes, as a table at its end.

    Batches are grouped and computed as without it. The parts add up to the whole:

    - `building`: making the training function, if it wasn't made before
    - `upload`: copying data to the device
    - `compiling`: what calls for new shapes took beyond the usual time of their steps;
      all of it, if no other call tells the usual time
    - `data`: reading and gathering batches on the host, or waiting for a generator or
      the reading thread
    - `compiled call`: the steps themselves
    - `logs`: turning their results into numbers
    - `callbacks`: each by its class
    - `validation`: the same parts on the validation data
    - `rest`: the loop itself

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
        verbose: 0 for silence, 1 to print the table when training ends.

    # Properties
        rows: list of `Row(part, detail, seconds, share, per_step)` of the whole time;
            rows with a detail are contained in the row of their part before them.
        total: float, seconds.
        steps, samples: what was trained on.
        epochs: list of epoch numbers, from 0.
        meanwhile: dict from part to the seconds that the reading thread spent on it
            beside the training.
    """

    called_after_runs = True
    clock: Callable[[], float] = staticmethod(time.perf_counter)

    def __init__(self, verbose: int = 1) -> None:
        self.verbose = check_bool("StepProfile", "verbose", verbose)
        self.ledger = Ledger()

    def get_observer(self) -> Observer:
        """Returns a new ledger, whose clock begins to run."""
        self.ledger = Ledger(self.clock, self._show)
        self.ledger.begin()
        return self.ledger

    def _show(self) -> None:
        if self.verbose:
            self.print()

    def on_run_end(self, logs: dict[str, Any]) -> None:
        """Needs no values of batches."""

    @contextmanager
    def watch(self, model: Any) -> Iterator[None]:
        """Profiles the `evaluate` or `predict` of a block, of several batches.

        # Arguments
            model: the model, for the reader's sake: all that runs in the block counts.

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
        """The seconds of the whole."""
        return sum(self.ledger.seconds.values())

    @property
    def steps(self) -> int:
        """The number of batches that were trained on."""
        return self.ledger.steps.total()

    @property
    def samples(self) -> int:
        """The number of samples that were trained on."""
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
        """What the whole time went to."""
        return _rows(self.ledger.seconds, self.steps)

    def rows_of(self, epoch: int) -> list[Row]:
        """Returns what the time of one epoch went to."""
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
        from oneiros_profiling.printed_profile import show

        show(self, file)


def _rows(
    seconds_by_part: dict[tuple[int | None, Part], float], steps: int
) -> list[Row]:
    """Returns the rows in the order of `PARTS`, each with its details behind it."""
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
