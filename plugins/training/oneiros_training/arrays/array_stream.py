"""`ArrayStream`: arrays as the stream that the loops read."""

import math
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from oneiros import backend as K
from oneiros.backend.contract import CompiledFunction
from oneiros.engine.streams import CALL, DATA, REST, UPLOAD, Run
from oneiros.errors import DataError
from oneiros.typing import Array

from oneiros_training.arrays.standardize import slice_X
from oneiros_training.steps import ModelStream

LARGEST_UPLOAD = 2**31
"""Bytes; larger data, and data in files, is read and uploaded run by run, while the
previous run is computed. Otherwise, an epoch of a dense network on a compressed HDF5
file takes 1.2 times as long (`benchmarks/mechanisms.py reading_ahead`)."""
READ_AHEAD = 2
"""The number of runs that may be read before they are computed."""
TRAINING_PASSES = 6.0
"""Operations per weight and position: forward, and backward by inputs and weights."""
OTHER_PASSES = 2.0
"""Operations per weight and position without gradients."""
OUTPUT_OPERATIONS = 250.0
"""The additional operations per number of the output: activation, loss, metrics."""
POSITION_OPERATIONS = 1e6
"""The minimum cost of a time step or a pixel: about 30 µs."""


class ArrayStream(ModelStream):
    """Arrays with a row per sample.

    The compiled function plans the number of batches in a run (`Function.run_length`),
    and runs start at multiples of that number. So the same training is grouped, and
    rounded, in the same way each time.

    # Arguments
        arrays: list of arrays, one per input of the function.
        batch_size: int, rows per batch.
        once: bool, whether the arrays are read only once, so that keeping them on the
            device isn't worthwhile.

    # Raises
        DataError: if the model has another batch size.
    """

    def __init__(
        self, model, use: str, arrays: list[Array], batch_size: int, once: bool = False
    ):
        super().__init__(model, use)
        self.arrays = arrays
        self.batch_size = batch_size
        self.size = arrays[0].shape[0]
        self.once = once
        self.run_length = 1
        self._in_memory = all(type(array) is np.ndarray for array in arrays)
        self._upload: Any = None
        self._reader: ThreadPoolExecutor | None = None
        self._ahead: dict[int, tuple[Array, Future[Any]]] = {}
        self._check_fixed_batch_size()

    def _check_fixed_batch_size(self) -> None:
        sizes = [shape[0] for shape in self.model.internal_input_shapes if shape[0]]
        if not sizes:
            return
        fixed = sizes[0]
        if min(self.batch_size, self.size) != fixed or self.size % fixed:
            raise DataError(
                f"Pass batch_size={fixed} and {fixed} * n samples; received "
                f"{self.size} by {self.batch_size}."
            )

    def open(self, singly: bool = False) -> None:
        """Plans the runs, and uploads the arrays if that is worthwhile."""
        super().open(singly)
        function = self.step.function
        size = sum(map(_bytes, self.arrays))
        if not singly and self._can_run(function):
            self.run_length = function.run_length(
                batches=max(1, self.size // self.batch_size),
                data_bytes=size,
                operations=_operations(self),
                evenly=self.use == "train",
            )
        if not self._in_memory or size > LARGEST_UPLOAD:
            self._reader = ThreadPoolExecutor(1)
        elif self.run_length > 1:
            self.observer.enter(UPLOAD)
            keep = function.borrow if self.once else function.upload
            self._upload = keep(self.arrays)
            self.observer.enter(REST)

    def _can_run(self, function) -> TypeGuard[CompiledFunction]:
        """Returns whether the function can take several batches in one call."""
        sparse = any(hasattr(array, "toarray") for array in self.arrays)
        several = self.size > self.batch_size
        return isinstance(function, CompiledFunction) and several and not sparse

    def close(self) -> None:
        """Frees the uploaded data, and stops the thread that reads ahead."""
        if self._upload is not None:
            self._upload.release()
            self._upload = None
        if self._reader is not None:
            self._reader.shutdown(cancel_futures=True)
            self._reader = None

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields runs of rows; the last one is a smaller batch, if rows are left."""
        runs = self._planned(order, start)
        self._ahead.clear()
        unread = iter(runs)
        for run in runs:
            self._read_some(unread)
            yield run

    def _read_some(self, unread: Iterator[Run]) -> None:
        """Lets the other thread read the next runs, unless it is far ahead. What it has
        read belongs to the rows, since wrappers change the order of runs."""
        if self._reader is None:
            return
        for run in islice(unread, READ_AHEAD - len(self._ahead)):
            read = self._reader.submit(self._read_ahead, run)
            self._ahead[id(run.data)] = run.data, read

    def _planned(self, order: Array, start: int) -> list[Run]:
        size = self.batch_size
        full = len(order) - len(order) % size
        places = make_batches(full, size * self.run_length)
        if full < len(order):
            places.append((full, len(order)))
        runs = []
        for begin, stop in places:
            begin = max(begin, start * size)
            if begin < stop:
                rows = order[begin:stop].reshape(-1, min(size, stop - begin))
                batches, samples = rows.shape
                runs.append(Run(begin // size, batches, samples, stop, rows))
        return runs

    def compute(self, run: Run) -> list[Array]:
        """Computes a run."""
        if self._upload is not None:
            return self._loop(run, self._upload, run.data)
        self.observer.enter(DATA)
        _, ahead = self._ahead.pop(id(run.data), (None, None))
        read = self._read(run) if ahead is None else ahead.result()
        if self.run_length == 1:
            return self.compute_batch(run, read)
        try:
            index = np.arange(run.data.size).reshape(run.data.shape)
            return self._loop(run, read, index)
        finally:
            read.release()

    def _loop(self, run: Run, upload, index: Array) -> list[Array]:
        self.observer.enter(CALL)
        function = self.step.function
        outputs = function.loop(upload, index, phase=self.step.phase)
        self.observer.computed(function, run)
        return list(outputs)

    def _read_ahead(self, run: Run):
        """Reads a run in the other thread while this thread computes."""
        self.observer.enter(DATA)
        data = self._read(run)
        self.observer.enter(REST)
        return data

    def _read(self, run: Run):
        """Returns the rows of a run, uploaded if the run has more than one batch."""
        batches = [self._batch(rows) for rows in run.data]
        if self.run_length == 1:
            return batches[0]
        arrays = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
        self.observer.enter(UPLOAD)
        return self.step.function.upload(arrays)

    def _batch(self, rows: Array) -> list[Array]:
        """Returns rows of each array; neighbours as a slice, which copies nothing."""
        if not self._in_memory:
            rows = np.sort(rows)
        place: tuple[Any, ...] = (rows,)
        start = rows[0]
        stop = rows[-1] + 1
        if stop - start == len(rows) and np.all(rows[1:] > rows[:-1]):
            place = (start, stop)
        return [slice_X(array, *place) for array in self.arrays]


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Returns the `(start, end)` of each batch of `size` samples; the last may be
    smaller."""
    return [
        (start, min(start + batch_size, size)) for start in range(0, size, batch_size)
    ]


def _bytes(array: Array) -> int:
    dtype = getattr(array, "dtype", np.dtype(float))
    return int(dtype.itemsize * math.prod(array.shape))


def _operations(stream: ArrayStream) -> float:
    """Returns the arithmetic operations of a batch, roughly."""
    model = stream.model
    positions = 1
    for tensor, array in zip(model.inputs, stream.arrays):
        channels = -1 if "float" in K.dtype(tensor) else None
        positions = max(positions, math.prod(array.shape[1:channels]))
    outputs = sum(
        math.prod(size or 1 for size in shape[1:])
        for shape in model.internal_output_shapes
    )
    passes = TRAINING_PASSES if stream.use == "train" else OTHER_PASSES
    # count_params asks for calls, which a subclass without Model.__init__ lacks.
    parameters = sum(map(K.count_params, model.weights))
    sample = passes * positions * (parameters + 1) + OUTPUT_OPERATIONS * outputs
    return float(stream.batch_size * sample + POSITION_OPERATIONS * positions)
