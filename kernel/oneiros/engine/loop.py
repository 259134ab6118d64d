"""The loops of `fit`, `evaluate` and `predict`, on one page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from oneiros.engine.callbacks import CallbackList
from oneiros.engine.data import slice_X
from oneiros.engine.node import to_list

Array = Any
Ticks = Iterable[Callable[[int], None]]
LONGEST_RUN, LARGEST_RUN, RUN_WORK = 1024, 2**26, 3.2e10
"""Limits of a run: batches, bytes, and arithmetic operations (so few that the progress
bar keeps moving)."""
LARGEST_UPLOAD = 2**31
"""Bytes; larger data, and data in files, is read and uploaded run by run, one while
another is computed."""


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Returns the `(start, end)` of each batch of `size` samples; the last may be
    smaller."""
    return [
        (start, min(start + batch_size, size)) for start in range(0, size, batch_size)
    ]


def batch_shuffle(index_array: Array, batch_size: int) -> Array:
    """Returns the index with whole batches in random order; a smaller last batch stays
    last."""
    full = len(index_array) // batch_size * batch_size
    batches = index_array[:full].reshape(-1, batch_size)
    np.random.shuffle(batches)
    return np.append(batches, index_array[full:])


class Stream:
    """A compiled function and the data it goes over, in single batches or in runs of
    them (its `loop`).

    How many batches make a run depends on the model and the data alone, never on time,
    and runs start at
    multiples of that number: the same training is grouped, and rounded, the same way
        each time.

    # Arguments
        function: takes `arrays`, and the learning phase if it was left open.
        arrays: list of arrays with a row per sample.
        phase: 0 or 1, or None if the function takes no learning phase.
        work: float, arithmetic operations per batch, roughly.
        singly: whether each batch must run by itself.
        once: whether the data is gone over once, so that keeping it on the device
            doesn't pay.
        evenly: whether to make as few runs as may be, of about one length; else a run
            is a power of two, so that other data finds the function compiled for it.
    """

    def __init__(
        self,
        function: Any,
        arrays: list[Array],
        phase: int | None,
        batch_size: int,
        work: float,
        singly: bool,
        once: bool = False,
        evenly: bool = False,
    ) -> None:
        self.function, self.arrays, self.batch_size, self.phase = (
            function,
            arrays,
            batch_size,
            phase,
        )
        self.size, self.in_memory = (
            arrays[0].shape[0],
            all(type(array) is np.ndarray for array in arrays),
        )
        weight = (
            sum(
                getattr(x, "dtype", np.dtype(float)).itemsize * math.prod(x.shape)
                for x in arrays
            )
            or 1
        )
        whole = self.in_memory and weight <= LARGEST_UPLOAD
        batches = max(1, self.size // batch_size)
        most = (
            int(min(LONGEST_RUN, RUN_WORK / work, LARGEST_RUN * batches / weight)) or 1
        )
        even = math.ceil(batches / math.ceil(batches / most))
        keep = getattr(function, "borrow" if once else "upload", None)
        plain = (
            singly
            or not keep
            or self.size <= batch_size
            or any(hasattr(x, "toarray") for x in arrays)
        )
        self.steps = 1 if plain else even if evenly else 2 ** int(math.log2(most))
        self.upload = keep(arrays) if keep and whole and self.steps > 1 else None
        self.reader = None if whole else ThreadPoolExecutor(1)
        self.ahead: Any = None

    def close(self) -> None:
        """Frees what was uploaded, and ends the thread that reads ahead."""
        if self.upload is not None:
            self.upload.release()
        if self.reader is not None:
            self.reader.shutdown(cancel_futures=True)

    def runs(
        self, order: Array, ticks: Ticks = (), start: int = 0
    ) -> Iterator[tuple[int, Array]]:
        """Yields each run's first batch number and its rows, of shape `(batches, batch
        size)`.

        # Arguments
            order: the rows' numbers, in the order of going over them.
            ticks: functions, each told when a run is done how many rows are.
            start: int, the number of batches to pass over.
        """
        size, whole = self.batch_size, len(order) - len(order) % self.batch_size
        places = make_batches(whole, size * self.steps) + [(whole, len(order))] * (
            whole < len(order)
        )
        places = [
            (max(begin, start * size), stop)
            for begin, stop in places
            if stop > start * size
        ]
        rows = [
            order[begin:stop].reshape(-1, min(size, stop - begin))
            for begin, stop in places
        ]
        following = None
        for (begin, stop), run, after in zip(
            places, rows, [*rows[1:], None], strict=False
        ):
            if self.reader is not None:
                self.ahead = following or self.reader.submit(self._read, run)
                following = (
                    None if after is None else self.reader.submit(self._read, after)
                )
            yield begin // size, run
            for tick in ticks:
                tick(stop)

    def __call__(self, run: Array) -> list[Array]:
        """Computes a run; returns its outputs, each with an axis of batches before its
        own."""
        if self.upload is not None:
            return list(self.function.loop(self.upload, run, phase=self.phase))
        read = self._read(run) if self.ahead is None else self.ahead.result()
        if self.steps == 1:
            return [
                np.asarray(output)[None]
                for output in call(self.function, read, self.phase)
            ]
        try:
            return list(
                self.function.loop(
                    read, np.arange(run.size).reshape(run.shape), phase=self.phase
                )
            )
        finally:
            read.release()

    def _read(self, run: Array) -> Any:
        """Returns the arrays' rows of a run, uploaded if a run is more than one
        batch."""
        batches = [
            self._batch(rows if self.in_memory else np.sort(rows)) for rows in run
        ]
        if self.steps == 1:
            return batches[0]
        return self.function.upload(
            [np.concatenate(parts) for parts in zip(*batches, strict=True)]
        )

    def _batch(self, rows: Array) -> list[Array]:
        neighbours = rows[-1] - rows[0] + 1 == len(rows) and np.all(
            rows[1:] > rows[:-1]
        )
        at = (rows[0], rows[-1] + 1) if neighbours else (rows,)
        return [
            slice_X(x, *at) if any(getattr(x, "strides", [1])) else x[: len(rows)]
            for x in self.arrays
        ]


def call(function: Any, arrays: list[Array], phase: int | None) -> list[Any]:
    """Runs a compiled function once, with the learning phase unless it is None."""
    return to_list(function(arrays if phase is None else [*arrays, phase]))


def scalars(outputs: Iterable[Any]) -> list[Any]:
    """Returns outputs as Python numbers, or lists of them."""
    return [np.asarray(output).tolist() for output in outputs]


def fit_loop(
    model: Any,
    train: Stream,
    held_out: Stream | None,
    labels: list[str],
    callbacks: CallbackList,
    epochs: range,
    shuffle: bool | str,
) -> None:
    """Trains; `model` is the one that callbacks know and may stop."""
    order, model.stop_training = np.arange(train.size), False
    callbacks.on_train_begin()
    for epoch in epochs:
        callbacks.on_epoch_begin(epoch)
        if shuffle == "batch":
            order = batch_shuffle(order, train.batch_size)
        elif shuffle:
            np.random.shuffle(order)
        for first, run in train.runs(order):
            log = dict[str, Any](batch=first, size=run.shape[1])
            if len(run) == 1:
                callbacks.on_batch_begin(first, log)
            values = scalars(train(run))
            if len(run) == 1:
                log.update(
                    (label, value)
                    for label, (value,) in zip(labels, values, strict=False)
                )
                callbacks.on_batch_end(first, log)
            else:
                logs = {
                    "batch": range(first, first + len(run)),
                    "size": [run.shape[1]] * len(run),
                }
                callbacks.on_run_end(
                    {**logs, **dict(zip(labels, values, strict=False))}
                )
        averages = test_loop(held_out) if held_out else []
        callbacks.on_epoch_end(
            epoch, dict(zip((f"val_{name}" for name in labels), averages, strict=False))
        )
        if model.stop_training:
            break
    callbacks.on_train_end()


def test_loop(stream: Stream, ticks: Ticks = ()) -> list[float]:
    """Returns the function's outputs averaged over all samples."""
    totals, count = [], 0
    for _, run in stream.runs(np.arange(stream.size), ticks):
        count += len(run) * run.shape[1]
        totals.append(
            [
                run.shape[1] * np.sum(values, axis=0, dtype=float)
                for values in stream(run)
            ]
        )
    return scalars(sum(parts) / count for parts in zip(*totals, strict=True))


def predict_loop(stream: Stream, ticks: Ticks = ()) -> list[Array]:
    """Returns each output for all samples."""
    runs = [stream(run) for _, run in stream.runs(np.arange(stream.size), ticks)]
    parts = (
        [part.reshape(-1, *part.shape[2:]) for part in output]
        for output in zip(*runs, strict=True)
    )
    return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]
