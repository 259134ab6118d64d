"""Streams: what a loop goes over, epoch by epoch.

The loop opens a stream, asks it for the runs of an epoch, has it compute each, and
closes it. Each kind of data is a plugin with a stream of its own, derived from
`Stream`. A callback that changes what a fit goes over puts a `StreamWrapper` in the
place of its stream, in `prepare_fit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from oneiros.engine.node import to_list
from oneiros.engine.observer import CALL, current_observer

Array = Any


@dataclass(slots=True)
class Run:
    """Batches of one size that are computed in one call.

    # Properties
        first: int, the number of its first batch in the epoch.
        batches: int, how many batches it has.
        batch_size: int, the samples of each.
        done: int, how much of the stream's `size` is done after it.
        data: what the stream computes it from.
    """

    first: int
    batches: int
    batch_size: int
    done: int
    data: Any


@dataclass(slots=True)
class Step:
    """A model's compiled function for one use, and the learning phase to call it with.

    # Properties
        function: a `K.function`, or any function of a list of arrays.
        phase: 0 or 1; None if the function takes no learning phase.
    """

    function: Any
    phase: int | None

    def __call__(self, arrays: list[Array]) -> list[Array]:
        """Runs on one batch."""
        if self.phase is None:
            return to_list(self.function(arrays))
        return to_list(self.function([*arrays, self.phase]))


class Stream:
    """Base class of streams: batches, and the step of a model that goes over them.

    A subclass defines `runs` and `compute`; where needed `open` and `close`. One that
    is more than its data defines `get_state` and `set_state`, so that a training on it
    can be resumed.

    # Arguments
        model: the model.
        use: `"train"`, `"test"` or `"predict"`.

    # Properties
        size: int, how many rows, or batches, the order of an epoch has.
        batch_size: int, how many items of that order a batch has.
        step: the `Step`, once the stream is open.
        observer: the `Observer` to tell of phases, once the stream is open.
    """

    size: int = 0
    batch_size: int = 1

    def __init__(self, model: Any, use: str) -> None:
        self.model = model
        self.use = use
        self.observer = current_observer()

    def open(self, singly: bool = False) -> None:
        """Makes ready for the first epoch.

        # Arguments
            singly: bool, whether each batch must be a run of its own.
        """
        self.observer = current_observer()
        self.step: Step = self.model.step_for(self.use)

    def close(self) -> None:
        """Frees what the stream holds; may be called more than once."""

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields the runs of an epoch.

        # Arguments
            order: integer array of length `size`, the order of going over the items.
            start: int, the number of batches to pass over.
        """
        raise NotImplementedError(f"{type(self).__name__} doesn't define runs(order).")

    def compute(self, run: Run) -> list[Array]:
        """Returns the outputs of a run, each with an axis of batches before its own."""
        raise NotImplementedError(f"{type(self).__name__} doesn't define compute(run).")

    def compute_batch(self, run: Run, arrays: list[Array]) -> list[Array]:
        """Returns what `compute` does, for a run of one batch with these arrays."""
        self.observer.enter(CALL)
        outputs = self.step(arrays)
        self.observer.computed(self.step.function, run, arrays)
        return [np.asarray(output)[None] for output in outputs]

    def get_state(self) -> Any:
        """Returns where the stream is, as plain data; None if its data tell that."""
        return None

    def set_state(self, state: Any, drawn: bool) -> bool:
        """Goes on where another stream was when its `get_state` returned this.

        # Arguments
            drawn: bool, whether NumPy's generator is already where another stream
                needs it, and must stay as it is.

        # Returns
            Whether this stream has set NumPy's generator to where it was.
        """
        return False


class StreamWrapper(Stream):
    """A stream in the place of another one, to which it leaves what it doesn't define.

    # Example
        ```python
        from oneiros.bases import Callback
        from oneiros.engine.stream import StreamWrapper


        class FirstHundred(StreamWrapper):
            def runs(self, order, start=0):
                for run in self.inner.runs(order, start):
                    if run.first >= 100:
                        return
                    yield run


        class Hundred(Callback):
            called_after_runs = True

            def prepare_fit(self, fit):
                fit.train = FirstHundred(fit.train)
        ```

    # Properties
        inner: the other stream.
    """

    def __init__(self, inner: Stream) -> None:
        super().__init__(inner.model, inner.use)
        self.inner = inner
        self.size = inner.size
        self.batch_size = inner.batch_size

    def open(self, singly: bool = False) -> None:
        """Opens the other stream."""
        self.inner.open(singly)

    def close(self) -> None:
        """Closes the other stream."""
        self.inner.close()

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Returns the other stream's runs."""
        return self.inner.runs(order, start)

    def compute(self, run: Run) -> list[Array]:
        """Returns what the other stream computes."""
        return self.inner.compute(run)

    def get_state(self) -> Any:
        """Returns the other stream's state."""
        return self.inner.get_state()

    def set_state(self, state: Any, drawn: bool) -> bool:
        """Sets the other stream's state."""
        return self.inner.set_state(state, drawn)


@contextmanager
def opened(stream: Stream, singly: bool = False) -> Iterator[Stream]:
    """Context manager that opens a stream, and closes it in any case."""
    try:
        stream.open(singly)
        yield stream
    finally:
        stream.close()
