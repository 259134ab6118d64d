"""The loops of `fit`, `evaluate` and `predict`, on one page.

A compiled function returns the mean of a metric over a batch
(`oneiros_training.compilation.metrics`). `test_loop` averages these over the samples;
in `fit`, the first callback does so (`oneiros_callbacks.averages.BaseLogger`), and adds
its averages to the logs of `on_epoch_end`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from oneiros.engine.streams import DATA, LOGS, REST, Fit, Run, Stream, current_observer
from oneiros.typing import Array, Values

Ticks = Iterable[Callable[[int], None]]
"""Functions that are called after each run with the amount of the stream that is
done."""


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
            order = np.random.permutation(order)
        _train_epoch(fit, order)
        callbacks.on_epoch_end(epoch, _validate(fit))
        observer.enter_epoch(None)
        if fit.model.stop_training:
            break
    callbacks.on_train_end()


def _train_epoch(fit: Fit, order: Array) -> None:
    callbacks = fit.callbacks
    runs = _observed(fit.train, order)  # named: an error closes the stream first
    for run in runs:
        if run.batches > 1:
            logs = {
                "batch": range(run.first, run.first + run.batches),
                "size": [run.batch_size] * run.batches,
            }
            callbacks.on_run_end(logs | _train_run(fit, run))
            continue
        log: Values = {"batch": run.first, "size": run.batch_size}
        callbacks.on_batch_begin(run.first, log)
        log.update((name, value) for name, (value,) in _train_run(fit, run).items())
        callbacks.on_batch_end(run.first, log)


def _train_run(fit: Fit, run: Run) -> dict[str, list[Any]]:
    """Trains on a run; returns the list of values per batch, by name."""
    observer = current_observer()
    outputs = fit.train.compute(run)
    observer.enter(LOGS)
    values = scalars(outputs)
    observer.enter(REST)
    return dict(zip(fit.labels, values))


def _validate(fit: Fit) -> Values:
    if fit.validation is None:
        return {}
    observer = current_observer()
    observer.enter_validation()
    averages = test_loop(fit.validation)
    observer.leave_validation()
    return {f"val_{label}": value for label, value in zip(fit.labels, averages)}


def test_loop(stream: Stream, ticks: Ticks = ()) -> list[float]:
    """Returns the function's outputs averaged over the batches, weighted by size."""
    totals = []
    samples = 0
    for run, outputs in _computed(stream, ticks):
        samples += run.batches * run.batch_size
        totals.append(
            [run.batch_size * np.sum(values, axis=0, dtype=float) for values in outputs]
        )
    return scalars(sum(parts) / samples for parts in zip(*totals, strict=True))


def predict_loop(stream: Stream, ticks: Ticks = ()) -> list[Array]:
    """Returns each output for all samples."""
    runs = [
        [
            values.reshape(len(values) * values.shape[1], *values.shape[2:])
            for values in outputs
        ]
        for _, outputs in _computed(stream, ticks)
    ]
    return [
        parts[0] if len(parts) == 1 else np.concatenate(parts)
        for parts in zip(*runs, strict=True)
    ]


def _computed(stream: Stream, ticks: Ticks) -> Iterator[tuple[Run, list[Array]]]:
    """Yields a stream's runs in order, each with its outputs."""
    observer = current_observer()
    for run in _observed(stream, np.arange(stream.size)):
        outputs = stream.compute(run)
        observer.enter(LOGS)
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
    return np.append(np.random.permutation(batches), index_array[full:])


def scalars(outputs: Iterable[Any]) -> list[Any]:
    """Returns outputs as NumPy scalars, or lists of them.

    Floats have double precision, so they are also Python floats.
    """
    return [_scalar_or_list(np.asarray(output)) for output in outputs]


def _scalar_or_list(values: Array) -> Any:
    if values.dtype.kind == "f":
        values = values.astype(float)
    return list(values) if values.ndim else values[()]
