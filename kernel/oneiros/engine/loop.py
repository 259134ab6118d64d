"""The loops of `fit`, `evaluate` and `predict`, the streams that they read, and the
observers that watch them.

The loop opens a stream, asks it for the runs of an epoch, lets it compute each run, and
closes it. Each kind of data has a plugin with its own stream class, derived from
`Stream`. A callback that changes the data of a fit replaces the stream with a
`StreamWrapper`, in `prepare_fit`.

An observer is notified of the phases; it neither sees data nor changes anything. A
callback returns one from `get_observer`; for `evaluate` and `predict`, use the block
`with observed_by(observer):`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from oneiros.backend.contract import CompiledFunction
from oneiros.bases import Callbacks
from oneiros.engine.node import to_list

Array = Any

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
    try:
        yield
    except BaseException:
        observer.finish(failed=True)
        raise
    else:
        observer.finish(failed=False)
    finally:
        _observer.reset(token)


@dataclass(slots=True)
class Run:
    """Batches of one size that are computed in one call.

    # Properties
        first: int, the number of its first batch in the epoch.
        batches: int, the number of its batches.
        batch_size: int, the number of samples in each.
        done: int, the amount of the stream's `size` that is done after it.
        data: the data from which the stream computes it.
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
        function: a `K.function`; or any function of a list of arrays, which runs once.
        phase: 0 or 1; None if the function takes no learning phase.
    """

    function: CompiledFunction
    phase: int | None

    def __call__(self, arrays: list[Array]) -> list[Array]:
        """Runs on one batch."""
        if self.phase is None:
            return to_list(self.function(arrays))
        return to_list(self.function([*arrays, self.phase]))


class Stream:
    """Base class of streams: batches, and the step of a model that processes them.

    A subclass defines `runs` and `compute` and, if needed, `open` and `close`. If it
    has state beyond its data, it defines `get_state` and `set_state`, so that training
    can be resumed.

    # Arguments
        model: the model.
        use: `"train"`, `"test"` or `"predict"`.

    # Properties
        size: int, the number of rows, or batches, in the order of an epoch.
        batch_size: int, the number of items of that order in a batch.
        step: the `Step`, once the stream is open.
        observer: the `Observer` to notify of phases, once the stream is open.
    """

    size: int = 0
    batch_size: int = 1

    def __init__(self, model: Any, use: str) -> None:
        self.model = model
        self.use = use
        self.observer = current_observer()

    def open(self, singly: bool = False) -> None:
        """Prepares for the first epoch.

        # Arguments
            singly: bool, whether each batch must be a separate run.
        """
        self.observer = current_observer()
        self.step: Step = self.model.step_for(self.use)

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

    def compute_batch(self, run: Run, arrays: list[Array]) -> list[Array]:
        """Like `compute`, for a run of one batch with these arrays."""
        self.observer.enter(CALL)
        outputs = self.step(arrays)
        self.observer.computed(self.step.function, run, arrays)
        return [np.asarray(output)[None] for output in outputs]

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
        from oneiros.engine.loop import StreamWrapper


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
    """Context manager that opens a stream, and always closes it."""
    try:
        stream.open(singly)
        yield stream
    finally:
        stream.close()


Ticks = Iterable[Callable[[int], None]]
"""Functions that are called after each run with the amount of the stream that is
done."""


@dataclass
class Fit:
    """A fit that is about to begin; callbacks can change it in `prepare_fit`.

    # Properties
        model: the model that callbacks know and may stop.
        train: the `Stream` to train on.
        validation: the `Stream` to evaluate on after each epoch, or None.
        labels: list of the names of the training function's outputs.
        callbacks: the `Callbacks`.
        epochs: range of the epochs' numbers, from 0.
        shuffle: True, False, or `"batch"`.
    """

    model: Any
    train: Stream
    validation: Stream | None
    labels: list[str]
    callbacks: Callbacks
    epochs: range
    shuffle: bool | str


def fit_loop(fit: Fit) -> None:
    """Trains on streams that are open."""
    callbacks = fit.callbacks
    observer = current_observer()
    order = np.arange(fit.train.size)
    fit.model.stop_training = False
    callbacks.on_train_begin()
    for epoch in fit.epochs:
        observer.enter_epoch(epoch)
        callbacks.on_epoch_begin(epoch)
        if fit.shuffle == "batch":
            order = batch_shuffle(order, fit.train.batch_size)
        elif fit.shuffle:
            np.random.shuffle(order)
        _train_epoch(fit, order)
        callbacks.on_epoch_end(epoch, _validate(fit))
        observer.enter_epoch(None)
        if fit.model.stop_training:
            break
    callbacks.on_train_end()


def _train_epoch(fit: Fit, order: Array) -> None:
    callbacks = fit.callbacks
    for run in _observed(fit.train, order):
        if run.batches > 1:
            logs = {
                "batch": range(run.first, run.first + run.batches),
                "size": [run.batch_size] * run.batches,
            }
            callbacks.on_run_end({**logs, **_measure(fit, run)})
            continue
        log: dict[str, Any] = {"batch": run.first, "size": run.batch_size}
        callbacks.on_batch_begin(run.first, log)
        log.update((name, value) for name, (value,) in _measure(fit, run).items())
        callbacks.on_batch_end(run.first, log)


def _measure(fit: Fit, run: Run) -> dict[str, list[Any]]:
    """Trains on a run; returns the list of values per batch, by name."""
    observer = fit.train.observer
    outputs = fit.train.compute(run)
    observer.enter(LOGS)
    values = scalars(outputs)
    observer.enter(REST)
    return dict(zip(fit.labels, values, strict=False))


def _validate(fit: Fit) -> dict[str, Any]:
    if fit.validation is None:
        return {}
    observer = current_observer()
    observer.enter_validation()
    averages = test_loop(fit.validation)
    observer.leave_validation()
    names = [f"val_{label}" for label in fit.labels]
    return dict(zip(names, averages, strict=False))


def test_loop(stream: Stream, ticks: Ticks = ()) -> list[float]:
    """Returns the function's outputs averaged over all samples."""
    totals = []
    samples = 0
    for run, outputs in _computed(stream, ticks):
        samples += run.batches * run.batch_size
        sums = [np.sum(values, axis=0, dtype=float) for values in outputs]
        totals.append([run.batch_size * total for total in sums])
    return scalars(sum(parts) / samples for parts in zip(*totals, strict=True))


def predict_loop(stream: Stream, ticks: Ticks = ()) -> list[Array]:
    """Returns each output for all samples."""
    runs = [
        [values.reshape(-1, *values.shape[2:]) for values in outputs]
        for _, outputs in _computed(stream, ticks)
    ]
    return [
        parts[0] if len(parts) == 1 else np.concatenate(parts)
        for parts in zip(*runs, strict=True)
    ]


def _computed(stream: Stream, ticks: Ticks) -> Iterator[tuple[Run, list[Array]]]:
    """Yields a stream's runs in order, each with its outputs."""
    for run in _observed(stream, np.arange(stream.size)):
        outputs = stream.compute(run)
        stream.observer.enter(LOGS)
        yield run, outputs
        for tick in ticks:
            tick(run.done)


def _observed(stream: Stream, order: Array) -> Iterator[Run]:
    """Yields a stream's runs, and notifies the observer when it waits for them."""
    observer = current_observer()
    observer.enter(DATA)
    for run in stream.runs(order):
        observer.enter(REST)
        yield run
        observer.enter(DATA)
    observer.enter(REST)


def batch_shuffle(index_array: Array, batch_size: int) -> Array:
    """Returns the index with whole batches in random order, a smaller one last."""
    full = len(index_array) // batch_size * batch_size
    batches = index_array[:full].reshape(-1, batch_size)
    np.random.shuffle(batches)
    return np.append(batches, index_array[full:])


def scalars(outputs: Iterable[Any]) -> list[Any]:
    """Returns outputs as NumPy scalars, or lists of them.

    Floats have double precision, so they are also Python floats.
    """
    return [_scalar_or_list(np.asarray(output)) for output in outputs]


def _scalar_or_list(values: Array) -> Any:
    if values.dtype.kind == "f":
        values = values.astype(float)
    return list(values) if values.ndim else values[()]
