"""The loops of `fit`, `evaluate` and `predict`, on one page."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from oneiros.engine.callbacks import CallbackList
from oneiros.engine.data import slice_X

Array = Any
Ticks = Iterable[Callable[[int], None]]
LONGEST_RUN, RUN_WORK = 64, 4e9
"""Limits of a run: batches, and arithmetic operations (so few that the progress bar keeps moving)."""
LARGEST_UPLOAD = 2**31
"""Bytes; larger data is read batch by batch."""


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Returns the `(start, end)` of each batch of `size` samples; the last may be smaller."""
    return [(start, min(start + batch_size, size)) for start in range(0, size, batch_size)]


def batch_shuffle(index_array: Array, batch_size: int) -> Array:
    """Returns the index with whole batches in random order; a smaller last batch stays last."""
    full = len(index_array) // batch_size * batch_size
    batches = index_array[:full].reshape(-1, batch_size)
    np.random.shuffle(batches)
    return np.append(batches, index_array[full:])


class Stream:
    """A compiled function and the data it goes over, in single batches or in runs of them (its `loop`).

    How many batches make a run depends on the model and the data alone, never on time, and runs start at
    multiples of that number: the same training is grouped, and rounded, the same way each time.

    # Arguments
        function: takes `arrays`, and the learning phase if it was left open.
        arrays: list of arrays with a row per sample.
        phase: 0 or 1.
        work: float, arithmetic operations per batch, roughly.
        singly: whether each batch must run by itself.
    """

    def __init__(
        self, function: Any, arrays: list[Array], phase: int, batch_size: int, work: float, singly: bool
    ) -> None:
        self.function, self.arrays, self.batch_size = function, arrays, batch_size
        self.size, self.in_memory = arrays[0].shape[0], all(type(array) is np.ndarray for array in arrays)
        self.phase = phase if getattr(function, "phase_index", None) is not None else None
        fits = self.in_memory and sum(array.nbytes for array in arrays) <= LARGEST_UPLOAD
        plain = singly or not fits or self.size <= batch_size or not hasattr(function, "upload")
        self.steps = 1 if plain else 2 ** int(math.log2(max(1.0, min(LONGEST_RUN, RUN_WORK / work))))
        self.upload = function.upload(arrays) if self.steps > 1 else None

    def close(self) -> None:
        """Frees what was uploaded."""
        if self.upload is not None:
            self.upload.release()

    def runs(self, order: Array, ticks: Ticks = ()) -> Iterator[tuple[int, Array]]:
        """Yields each run's first batch number and its rows, of shape `(batches, batch size)`.

        When a run is done, each of `ticks` is told how many rows are.
        """
        size, whole = self.batch_size, len(order) - len(order) % self.batch_size
        rest = [(whole, len(order))] if whole < len(order) else []
        for start, stop in make_batches(whole, size * self.steps) + rest:
            yield start // size, order[start:stop].reshape(-1, min(size, stop - start))
            for tick in ticks:
                tick(stop)

    def __call__(self, run: Array) -> Iterable[Sequence[Any]]:
        """Computes a run; returns the outputs of each of its batches."""
        if self.upload is not None:
            return zip(*self.function.loop(self.upload, run, phase=self.phase), strict=True)
        rows = run[0] if self.in_memory else np.sort(run[0])
        neighbours = rows[-1] - rows[0] + 1 == len(rows) and np.all(rows[1:] > rows[:-1])
        batch = slice_X(self.arrays, rows[0], rows[-1] + 1) if neighbours else slice_X(self.arrays, rows)
        return [call(self.function, batch, self.phase)]


def call(function: Any, arrays: list[Array], phase: int | None) -> Any:
    """Runs a compiled function once, with the learning phase if it takes one."""
    return function(arrays if getattr(function, "phase_index", None) is None else [*arrays, phase])


def scalars(outputs: Iterable[Any]) -> list[Any]:
    """Returns a step's outputs as Python numbers."""
    return [np.asarray(output).tolist() for output in outputs]


def fit_loop(
    model: Any, train: Stream, held_out: Stream | None, labels: list[str], callbacks: CallbackList,
    epochs: range, shuffle: bool | str,
) -> None:  # fmt: skip
    """Trains; `model` is the one that callbacks know and may stop."""
    order, warned = np.arange(train.size), False
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in epochs:
        callbacks.on_epoch_begin(epoch)
        if shuffle == "batch":
            order = batch_shuffle(order, train.batch_size)
        elif shuffle:
            np.random.shuffle(order)
        for first, run in train.runs(order):
            logs = [dict[str, Any](batch=first + i, size=len(rows)) for i, rows in enumerate(run)]
            if len(logs) == 1:
                callbacks.on_batch_begin(first, logs[0])
            for log, outputs in zip(logs, train(run), strict=True):
                if len(logs) > 1:
                    callbacks.on_batch_begin(log["batch"], log)
                values = scalars(outputs)
                log.update(zip(labels, values, strict=True))
                warned = warned or _warn_of_nan(model.output_names, values, epoch, log["batch"])
                callbacks.on_batch_end(log["batch"], log)
        averages = test_loop(held_out) if held_out else []
        callbacks.on_epoch_end(epoch, dict(zip((f"val_{name}" for name in labels), averages, strict=False)))
        if model.stop_training:
            break
    callbacks.on_train_end()


def test_loop(stream: Stream, ticks: Ticks = ()) -> list[float]:
    """Returns the function's outputs averaged over all samples."""
    runs = stream.runs(np.arange(stream.size), ticks)
    sums = [[value * run.shape[1] for value in scalars(step)] for _, run in runs for step in stream(run)]
    return [sum(values) / stream.size for values in zip(*sums, strict=True)]


def predict_loop(stream: Stream, ticks: Ticks = ()) -> list[Array]:
    """Returns each output for all samples."""
    steps = [step for _, run in stream.runs(np.arange(stream.size), ticks) for step in stream(run)]
    return [np.concatenate(output) for output in zip(*steps, strict=True)]


def _warn_of_nan(names: list[str], values: list[Any], epoch: int, batch: int) -> bool:
    """Warns if a batch's loss, the first of its values, is NaN, and says of which outputs."""
    if values[0] == values[0]:
        return False
    losses = zip(names, values[1:] if len(names) > 1 else values, strict=False)
    source = " and ".join(repr(name) for name, value in losses if value != value) or "none (a regularizer)"
    why = "Usual reasons: too high a learning rate, NaN in the data, targets outside the loss's domain, "
    why += "an Embedding index outside [0, input_dim)."
    message = f"The loss became NaN in epoch {epoch + 1}, batch {batch + 1}, output {source}. {why}"
    warnings.warn(message, RuntimeWarning, stacklevel=5)
    return True
