"""What the loops of `fit`, `evaluate` and `predict` know of: streams, which they read,
and observers, which watch them.

A loop opens a stream, asks it for the runs of an epoch, lets it compute each run, and
closes it. A plugin for a kind of data derives its own class from `Stream`. A callback
that changes the data of a fit replaces the stream with a `StreamWrapper`, in
`prepare_fit`.

An observer is notified of the phases; it neither sees data nor changes anything. A
callback returns one from `get_observer`; for `evaluate` and `predict`, use the block
`with observed_by(observer):`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from oneiros.typing import Array

BUILD = "building"
"""The training function is made."""
UPLOAD = "upload"
"""Data is copied to the device."""
DATA = "data"
"""Batches are read and gathered, or waited for."""
CALL = "compiled call"
"""The compiled function runs."""
LOGS = "logs"
"""Its results become numbers."""
CALLBACKS = "callbacks"
"""A callback is called; the detail is its class."""
REST = "rest"
"""Anything else."""


class Observer:
    """Base class of observers, which ignores all notifications. Each phase lasts until
    the next one.

    A stream that reads in its own thread sends notifications from there, too, and ends
    them with `REST`.
    """

    def enter(self, phase: str, detail: str = "") -> None:
        """Called when a phase begins.

        # Arguments
            phase: one of this module's constants.
            detail: str, a part of that phase.
        """

    def enter_epoch(self, epoch: int | None) -> None:
        """Called when an epoch begins, with its number from 0; with None after it."""

    def enter_validation(self) -> None:
        """Called when the validation of an epoch begins."""

    def leave_validation(self) -> None:
        """Called when the validation of an epoch ends."""

    def computed(self, function: Any, run: Run, arrays: Any = None) -> None:
        """Called after each call of a compiled function.

        # Arguments
            function: the `Function`.
            run: the `Run` that was computed.
            arrays: list of the batch's arrays, if it was called on a single batch.
        """

    def finish(self, failed: bool) -> None:
        """Called when the observed call ends.

        # Arguments
            failed: bool, whether an error ended it.
        """


IDLE = Observer()
"""The observer that is active by default."""
_observer: ContextVar[Observer] = ContextVar("oneiros_observer", default=IDLE)


def current_observer() -> Observer:
    """Returns the active observer; streams ask once, when they open."""
    return _observer.get()


@contextmanager
def observed_by(observer: Observer | None) -> Iterator[None]:
    """Context manager that activates an observer; None keeps the active one."""
    if observer is None:
        yield
        return
    token = _observer.set(observer)
    failed = True
    try:
        yield
        failed = False
    finally:
        _observer.reset(token)
        observer.finish(failed)


@dataclass(slots=True)
class Run:
    """Batches of one size that are computed in one call.

    # Properties
        first: int, the number of its first batch in the epoch.
        batches: int, the number of its batches.
        batch_size: int, the number of samples in each.
        done: int, how many of the stream's `size` items are done after it.
        data: the data from which the stream computes it.
    """

    first: int
    batches: int
    batch_size: int
    done: int
    data: Any


class Stream:
    """Base class of streams: batches, and what a model's function makes of them.

    A subclass defines `runs` and `compute` and, if needed, `open` and `close`. If it
    has state beyond its data, it defines `get_state` and `set_state`, so that training
    can be resumed.

    # Properties
        size: int, the number of items in an epoch's order: rows or batches.
        batch_size: int, how many items make a batch.
    """

    size: int = 0
    batch_size: int = 1

    def open(self, singly: bool = False) -> None:
        """Prepares for the first epoch.

        # Arguments
            singly: bool, whether each batch must be a separate run.
        """

    def close(self) -> None:
        """Frees what the stream holds; may be called more than once."""

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields the runs of an epoch.

        # Arguments
            order: integer array of length `size`, the order of the items.
            start: int, the number of batches to skip.
        """
        raise NotImplementedError(f"{type(self).__name__} doesn't define runs(order).")

    def compute(self, run: Run) -> list[Array]:
        """Returns the outputs of a run, each with an additional first axis for the
        batches."""
        raise NotImplementedError(f"{type(self).__name__} doesn't define compute(run).")

    def get_state(self) -> Any:
        """Returns the position of the stream, as plain data; None if its data determine
        it."""
        return None

    def set_state(self, state: Any, drawn: bool) -> bool:
        """Continues at the position of a stream whose `get_state` returned this state.

        # Arguments
            drawn: bool, whether another stream has already restored NumPy's generator,
                which must not change again.

        # Returns
            Whether this stream has restored NumPy's generator.
        """
        return False


class StreamWrapper(Stream):
    """A stream that wraps another one, and delegates everything that it doesn't define.

    # Example
        ```python
        from oneiros.bases import Callback
        from oneiros.engine.streams import StreamWrapper


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

    def __init__(self, inner: Stream):
        self.inner = inner
        self.size = inner.size
        self.batch_size = inner.batch_size

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

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


@dataclass
class Fit:
    """A fit that is about to begin; callbacks can change it in `prepare_fit`.

    # Properties
        model: the model that callbacks know and may stop.
        train: the `Stream` to train on.
        validation: the `Stream` to evaluate on after each epoch, or None.
        labels: list of the names of the training function's outputs.
        callbacks: the `CallbackList`.
        epochs: range of the epochs' numbers, from 0.
        shuffle: True, False, or `"batch"`.
    """

    model: Any
    train: Stream
    validation: Stream | None
    labels: list[str]
    callbacks: Any
    epochs: range
    shuffle: bool | str
