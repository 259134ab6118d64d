"""Wrappers of streams over every kind of data: the function gets the rows that it would
get of a stream without files, uploads and threads."""

import threading
from collections import deque
from itertools import cycle, islice

import numpy as np
import pandas
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oneiros.callbacks import Callback
from oneiros.engine.streams import Run, Stream, StreamWrapper
from oneiros.errors import GeneratorError
from oneiros.utils.io_utils import HDF5Matrix, save_array
from oneiros_backend_toolkit.function import Function
from oneiros_training.arrays import array_stream

ROWS = 35
"""More than a thread fetches ahead."""
X = np.arange(ROWS, dtype="float32")[:, None]
Y = np.zeros((ROWS, 1), "float32")
SIZE = 2
BATCHES = np.split(np.arange(ROWS), range(SIZE, ROWS, SIZE))
EPOCHS = 3
PASS = 100
"""What a user's stream adds to its rows after each pass."""


class Counting(StreamWrapper):
    """Has a number."""

    def __init__(self, inner, count):
        super().__init__(inner)
        self.count = count


class First(Counting):
    def runs(self, order, start=0):
        return islice(self.inner.runs(order, start), self.count)


class Before(Counting):
    """Asks for a run too many, as in the docstring of `StreamWrapper`."""

    def runs(self, order, start=0):
        for run in self.inner.runs(order, start):
            if run.first >= self.count:
                return
            yield run


class Ahead(Counting):
    def runs(self, order, start=0):
        waiting = deque()
        for run in self.inner.runs(order, start):
            waiting.append(run)
            if len(waiting) > self.count:
                yield waiting.popleft()
        yield from waiting


class Backwards(Counting):
    def runs(self, order, start=0):
        return reversed(list(self.inner.runs(order, start)))


class Repeating(Counting):
    def runs(self, order, start=0):
        runs = self.inner.runs(order, start)
        return (run for run in runs for _ in range(self.count))


class Skipping(Counting):
    def runs(self, order, start=0):
        return islice(self.inner.runs(order, start), 0, None, self.count)


class Continuing(Counting):
    """Its epochs are parts of a pass."""

    passing = iter(())

    def runs(self, order, start=0):
        for _ in range(self.count):
            run = next(self.passing, None)
            if run is None:
                self.passing = self.inner.runs(order, start)
                run = next(self.passing)
            yield run


class Splitting(Counting):
    """Makes runs of its own."""

    def runs(self, order, start=0):
        for run in self.inner.runs(order, start):
            if run.batches == 1:
                yield run
                continue
            for place in range(run.batches):
                rows = run.data[place : place + 1]
                yield Run(run.first + place, 1, run.batch_size, run.done, rows)


class Turning(Counting):
    """Changes runs."""

    def runs(self, order, start=0):
        for run in self.inner.runs(order, start):
            if run.batches > 1:
                run.data = run.data[::-1]
            yield run


class Iterated:
    """A user's stream, whose rows are others after each pass."""

    ends = 0

    def __iter__(self):
        return map(self.batch, range(len(BATCHES)))

    def batch(self, number):
        rows = BATCHES[number]
        return X[rows] + PASS * self.ends, Y[rows]

    def on_epoch_end(self):
        self.ends += 1


class Numbered:
    ends = 0

    def __len__(self):
        return len(BATCHES)

    __getitem__ = Iterated.batch
    on_epoch_end = Iterated.on_epoch_end


class Expected(Stream):
    """What any stream must be like: it reads rows when it computes them.

    # Arguments
        stream: the stream in whose place it is.
        kind: the kind of data.
        length: int, the batches of a run.
        changes: bool, whether the rows are others after each pass.
    """

    def __init__(self, stream, kind, length, changes):
        self.size = stream.size
        self.batch_size = stream.batch_size
        self.kind = kind
        self.length = length
        self.changes = changes
        self.endless = cycle(BATCHES)
        self.begun = self.ended = 0
        self.batches = []

    def runs(self, order, start=0):
        number = 0
        added = PASS * self.begun * self.changes
        self.begun += 1
        try:
            for batches in self.grouped(order.copy()):
                data = np.array(batches) + added
                yield Run(number, *data.shape, number + 1, data)
                number += len(data)
        finally:
            self.ended += 1

    def grouped(self, order):
        if self.kind == "generator":
            yield from ([batch] for batch in islice(self.endless, len(BATCHES)))
        elif self.kind in ARRAYS:
            full = order[:-1].reshape(-1, SIZE)
            for start in range(0, len(full), self.length):
                yield full[start : start + self.length]
            yield [order[-1:]]
        else:
            numbers = order if self.size else range(len(BATCHES))
            yield from ([BATCHES[number]] for number in numbers)

    def compute(self, run):
        self.batches += run.data.tolist()
        return [np.zeros(run.batches)]


class Wrapping(Callback):
    """Wraps a stream of the fit, and counts the threads at the end of each epoch."""

    called_after_runs = True

    def __init__(self, use, wrappers, replace=lambda stream: stream):
        self.use = use
        self.wrappers = wrappers
        self.replace = replace
        self.threads = 0

    def prepare_fit(self, fit):
        self.stream = self.wrapped = self.replace(getattr(fit, self.use))
        for wrapper, number in self.wrappers:
            self.wrapped = wrapper(self.wrapped, number)
        setattr(fit, self.use, self.wrapped)

    def on_epoch_end(self, epoch, logs=None):
        self.threads += len(threading.enumerate())


ARRAYS = ("arrays", "files", "large", "table")
USER_S = (Iterated, Numbered)
WRAPPERS = (
    First,
    Before,
    Ahead,
    Backwards,
    Repeating,
    Skipping,
    Continuing,
    Splitting,
    Turning,
)


def data_of(kind, files):
    if isinstance(kind, type):
        return kind()
    if kind == "generator":
        return ((X[rows], Y[rows]) for rows in cycle(BATCHES))
    if kind == "table":
        return pandas.DataFrame(X), pandas.DataFrame(Y)
    return files if kind == "files" else (X, Y)


def train(model, data, use, shuffle, callback):
    """Trains on some data, or validates on it."""
    np.random.seed(0)
    options = {"nb_epoch": EPOCHS, "verbose": 0, "callbacks": [callback]}
    if use == "validation":
        options.update(validation_data=data, nb_val_samples=len(X))
        model.fit_generator(cycle([(X[:SIZE], Y[:SIZE])]), SIZE, **options)
    elif isinstance(data, USER_S):
        model.fit(data, shuffle=shuffle, **options)
    elif isinstance(data, tuple):
        model.fit(*data, SIZE, shuffle=shuffle, **options)
    else:
        model.fit_generator(data, len(X), **options)


@pytest.fixture
def files(tmp_path):
    """Inputs and targets in HDF5 files."""
    save_array(X, tmp_path / "x.h5")
    save_array(Y, tmp_path / "y.h5")
    return tuple(HDF5Matrix(tmp_path / name, "data") for name in ("x.h5", "y.h5"))


@example("train", [(Ahead, 1)], "files", 2, False)
@example("train", [(Ahead, 1)], "large", 1, False)
@example("train", [(First, 2)], Iterated, 1, False)
@example("train", [(Before, 2)], Numbered, 1, True)
@example("train", [(Continuing, 2)], "arrays", 1, True)
@given(
    use=st.sampled_from(["train", "validation"]),
    wrappers=st.lists(
        st.tuples(st.sampled_from(WRAPPERS), st.integers(1, 3)), min_size=1, max_size=2
    ),
    kind=st.sampled_from([*ARRAYS, *USER_S, "generator"]),
    length=st.integers(1, 3),
    shuffle=st.sampled_from([False, True, "batch"]),
)
def test_a_wrapped_stream_has_the_expected_rows(
    recorded, files, monkeypatch, use, wrappers, kind, length, shuffle
):
    model, *functions = recorded()
    source = data_of(kind, files)
    is_told = isinstance(kind, type) and use == "train"
    actual = Wrapping(use, wrappers)
    expected = Wrapping(
        use, wrappers, lambda stream: Expected(stream, kind, length, is_told)
    )
    threads = threading.enumerate()
    with monkeypatch.context() as patched:
        patched.setattr(Function, "run_length", lambda *_, **__: length)
        if kind == "large":
            patched.setattr(array_stream, "LARGEST_UPLOAD", 0)
        train(model, source, use, shuffle, actual)
        assert threading.enumerate() == threads
        batches = list(map(sorted, functions[use == "validation"].batches))
        train(model, data_of(kind, files), use, shuffle, expected)
    assert batches == list(map(sorted, expected.stream.batches))
    assert not is_told or source.ends == expected.stream.ended
    goes_on = any(wrapper is Continuing for wrapper, _ in wrappers)
    assert not is_told or goes_on or actual.threads == expected.threads


def test_no_batch_is_kept_for_another_epoch(recorded):
    """The first and the last one are read before training."""

    class Lengthening(Wrapping):
        def on_epoch_end(self, epoch, logs=None):
            self.wrapped.count = None

    model, function, _ = recorded()
    train(model, Numbered(), "train", False, Lengthening("train", [(First, 1)]))
    assert function.batches[len(BATCHES)] == [ROWS - 1 + PASS]


def test_an_epoch_that_fails_has_no_end(recorded):
    class Failing(Callback):
        def on_batch_end(self, batch, logs=None):
            raise KeyError(batch)

    model, *_ = recorded()
    source = Iterated()
    with pytest.raises(KeyError) as caught:
        train(model, source, "train", False, Failing())
    assert caught.type is KeyError and source.ends == 0


def test_epochs_of_a_generator_are_counted_where_a_wrapper_ends_them(recorded):
    model, *_ = recorded()
    few = ((X[rows], Y[rows]) for rows in BATCHES[:2])
    with pytest.raises(GeneratorError, match="ended before batch 1 of epoch 3"):
        train(model, few, "train", False, Wrapping("train", [(First, 1)]))
