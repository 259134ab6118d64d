"""Training, evaluating and predicting on batches that someone else makes: streams for the kernel's loop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros.engine.loop import Ticks, predict_loop, test_loop
from oneiros.engine.model import check
from oneiros.errors import DataError, GeneratorError, OneirosError

from oneiros_generators.queue import GeneratorEnqueuer, endless, name_of
from oneiros_generators.stated import Stated, has_state, same_random_state
from oneiros_generators.workers import UnsendableError

Array = Any
Workers = tuple[int, int, bool]
"""`max_q_size`, `nb_worker` and `pickle_safe`."""


class Run:
    """A batch in the place of a loop's run of batches: one row, as long as the batch."""

    def __init__(self, arrays: list[Array]) -> None:
        self.arrays, self.shape = arrays, (1, int(arrays[0].shape[0]))

    def __len__(self) -> int:
        return 1


class Flow:
    """A model's function and the source of the batches that it goes over.

    # Arguments
        model: the model, compiled unless it is to predict.
        source: a generator, or an object whose items are batches.
        use: `"train"`, `"test"` or `"predict"`: what the batches are for.
        class_weight: as in `fit`.
        workers: max_q_size, nb_worker and pickle_safe.
        epoch: int, the number of the first epoch, for messages.
    """

    batch_size = 1
    size = 0

    def __init__(
        self, model: Any, source: Any, use: str, class_weight: Any = None, workers: Workers = (10, 1, False),
        epoch: int = 0,
    ) -> None:  # fmt: skip
        self.model, self.source, self.use, self.class_weight = model, source, use, class_weight
        self.workers, self.name, self.epoch, self.last = workers, name_of(source), epoch, 0
        self.queue: GeneratorEnqueuer | None = None
        self.opened: Any = None

    def __call__(self, run: Run) -> list[Array]:
        """Computes a run; returns the outputs of its batch, each with an axis of length 1 before its own."""
        return [np.asarray(output)[None] for output in self.model._call(self.use, run.arrays)]

    def open(self, source: Any) -> GeneratorEnqueuer:
        """Starts workers on a source; all that draws from NumPy's generator here is done before."""
        size, count, pickle_safe = self.workers
        self.model._function_for(self.use)
        self.opened = np.random.get_state()
        self.queue = GeneratorEnqueuer(source, pickle_safe)
        self.queue.name = self.name
        self.queue.start(count, size)
        return self.queue

    def close(self) -> None:
        """Ends the workers."""
        if self.queue is not None:
            self.queue.stop(timeout=0.5)
            self.queue = None

    def again(self, source: Any, state: dict[str, Any], count: int) -> bool:
        """Opens a source as it was opened once, and lets it make the batches that were used then.

        The workers then are as far ahead as they were: what a source drew from NumPy's generator is drawn.

        # Arguments
            state: dict, NumPy's state of then under `opened`, and the batches asked for under `begun`.
            count: int, the number of batches used.

        # Returns
            Whether making batches draws from NumPy's generator, which then is where it was.
        """
        np.random.set_state(state["opened"])
        queue = self.open(source)
        before = np.random.get_state() if self.workers[2] else state["opened"]
        for number in range(count):
            self.made(queue, number, "It gave more when this training began.")
        queue.settle(min(state["begun"], count + self.workers[0] + 1))
        return not same_random_state(before, np.random.get_state())

    def place(self, number: int) -> str:
        """Returns what messages call a batch."""
        return f"batch {number + 1}" + (f" of epoch {self.epoch + 1}" if self.use == "train" else "")

    def made(self, queue: GeneratorEnqueuer, number: int, remedy: str) -> Run:
        """Waits for a batch and returns it, checked.

        # Arguments
            remedy: what to do if there are no more.
        """
        place = self.place(number)
        try:
            item = queue.get()
        except StopIteration:
            raise GeneratorError(f"The {self.name} ended before {place}. {remedy}") from None
        except GeneratorError as error:
            raise GeneratorError(f"{error} It was to give {place}.") from error.__cause__
        except Exception as error:
            what = str(error) if type(error) is UnsendableError else f"{type(error).__name__}: {error}"
            raised = f"raised an error instead of giving {place}, traceback above: {what:.300}"
            raise GeneratorError(f"The {self.name} {raised}") from error
        return self.checked(item, place)

    def checked(self, item: Any, place: str) -> Run:
        """Returns a batch as arrays that fit the model."""
        try:
            predicts = self.use == "predict"
            arrays = self.model._standardize_inputs(_inputs(item)) if predicts else self.standard(item)
        except OneirosError as error:
            raise type(error)(f"{place}, from the {self.name}: {error}") from None
        run = Run(arrays)
        self.last = run.shape[1]
        return run

    def standard(self, item: Any) -> list[Array]:
        """Returns inputs, targets and weights."""
        if not isinstance(item, tuple) or len(item) not in (2, 3):
            raise DataError(f"received {_described(item)}, expected a tuple (x, y) or (x, y, sample_weight).")
        x, y, weight = (*item, None)[:3]
        return self.model._standardize_user_data(x, y, weight, self.class_weight)  # type: ignore[no-any-return]


def _inputs(item: Any) -> Any:
    """Returns the inputs of a batch that may come with targets and weights."""
    if isinstance(item, tuple) and len(item) not in (1, 2, 3):
        raise DataError(f"received {_described(item)}, expected x, (x, y) or (x, y, sample_weight).")
    return item[0] if isinstance(item, tuple) else item


def _described(item: Any) -> str:
    if isinstance(item, (list, tuple)):
        return f"a {type(item).__name__} of {len(item)} items"
    return f"an array of shape {tuple(item.shape)}" if hasattr(item, "shape") else f"{item!r:.60}"


class Generated(Flow):
    """Batches of a generator, which goes on where it was in the next epoch.

    # Arguments
        samples: int, the samples after which an epoch ends.
    """

    def __init__(self, model: Any, source: Any, samples: Any, argument: str, *arguments: Any) -> None:
        super().__init__(model, source, *arguments)
        self.source = endless(source)
        for name, value in zip(("max_q_size", "nb_worker"), self.workers[:2], strict=True):
            check(name, value, hasattr(value, "__index__") and value > 0, "an int above 0")
        fine = isinstance(samples, (int, float)) or hasattr(samples, "__index__")
        check(argument, samples, fine and 0 < samples < math.inf, "a number of samples above 0")
        self.samples, self.argument, self.used, self.seen = math.ceil(samples), argument, 0, 0
        self.stated = has_state(self.source) and not self.workers[2]
        self.source_state: Any = None

    def runs(self, order: Any, ticks: Ticks = (), start: int = 0) -> Iterator[tuple[int, Run]]:
        """Yields batches, with their numbers, until the epoch has its samples.

        # Arguments
            start: int, the number of batches that this epoch had before `set_state`.
        """
        queue, number = self.queue or self.open(self.iterator()), start
        self.seen = self.seen if start else 0
        while self.seen < self.samples:
            had = f"There were {self.seen} of {self.argument}={self.samples} samples"
            run = self.made(queue, number, f"{had}: let the generator loop for ever, with `while True:`.")
            self.seen += run.shape[1]
            self.used += 1
            yield number, run
            number += 1
            for tick in ticks:
                tick(min(self.seen, self.samples))
        if self.seen > self.samples and self.use == "train":
            advice = "which can change what is learned. Let batches add up to samples_per_epoch"
            text = (
                f"Epoch {self.epoch + 1} had {self.seen} samples, samples_per_epoch is {self.samples}, "
                f"{advice}."
            )
            warnings.warn(text, stacklevel=2)
        self.epoch += 1

    def iterator(self) -> Any:
        """Returns what workers take batches from."""
        return Stated(self.source) if self.stated else self.source

    def checked(self, item: Any, place: str) -> Run:
        """Returns a batch as arrays that fit the model."""
        if self.stated:
            item, self.source_state = item
        return super().checked(item, place)

    def get_state(self) -> dict[str, Any]:
        """Returns how far the epoch and the source are, as plain data."""
        begun = self.queue.begun if self.queue else 0
        own = {key: getattr(self, key) for key in ("epoch", "last", "used", "seen", "source_state")}
        return {**own, "opened": self.opened if self.queue else None, "begun": begun}

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this.

        A source with a state of its own is set to it; one without makes its batches again.

        # Arguments
            drawn: whether NumPy's generator belongs to another stream, and stays as it is.

        # Returns
            Whether the source draws from NumPy's generator, which then is where it was.
        """
        for key in ("epoch", "last", "used", "seen", "source_state"):
            setattr(self, key, state[key])
        if state["opened"] is None:
            return False
        if self.stated and state["source_state"] is not None:
            self.source.set_state(state["source_state"])
            return False
        opened = np.random.get_state() if drawn else state["opened"]
        return self.again(self.iterator(), {**state, "opened": opened}, self.used) and not drawn


class Listed(Flow):
    """The batches of an object that has them by number, each once per epoch, in the loop's order."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.size = len(self.source)
        self._resumed: dict[str, Any] | None = None
        check("x", self.source, self.size > 0, "an object with at least one batch")

    @property
    def samples(self) -> int:
        """The number of samples: that of the last batch, and the first one's for each of the others."""
        first, last = (self.checked(self.source[i], self.place(i)).shape[1] for i in (0, self.size - 1))
        return (self.size - 1) * first + last

    def runs(self, order: Any, ticks: Ticks = (), start: int = 0) -> Iterator[tuple[int, Run]]:
        """Yields the batches whose numbers `order` lists; then tells the object that the epoch is over.

        # Arguments
            start: int, the number of batches to pass over.
        """
        queue = self._queue(order.tolist(), start)
        for number in range(start, len(order)):
            yield number, self.made(queue, number, "")
            for tick in ticks:
                tick(number + 1)
        self.close()
        if self.use == "train":
            getattr(self.source, "on_epoch_end", lambda: None)()
        self.epoch += 1

    def _queue(self, order: list[int], start: int) -> GeneratorEnqueuer:
        """Returns workers that are past `start` batches; what these draw from NumPy's generator is drawn."""
        state, now = self._resumed, np.random.get_state()
        self._resumed = None
        if not start or state is None or same_random_state(state["opened"], now):
            return self.open(self.source[i] for i in order[start:])
        if not self.again((self.source[i] for i in order), state, start):
            np.random.set_state(now)
        assert self.queue is not None
        return self.queue

    def get_state(self) -> dict[str, Any]:
        """Returns how far the epoch is, as plain data."""
        begun = self.queue.begun if self.queue else 0
        return {"epoch": self.epoch, "last": self.last, "opened": self.opened, "begun": begun}

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this; `runs` passes over batches."""
        self.epoch, self.last, self._resumed = state["epoch"], state["last"], state
        return False


class Afterwards:
    """Arrays to validate on, in batches as large as the last one trained on was."""

    def __init__(self, model: Any, arrays: list[Array], training: Flow) -> None:
        self.model, self.arrays, self.training = model, arrays, training
        self.stream: Any = None
        self.size = arrays[0].shape[0]

    def runs(self, order: Any, ticks: Ticks = ()) -> Any:
        """Yields the runs of the arrays."""
        if self.stream is None or self.stream.batch_size != self.training.last:
            self.close()
            self.stream = self.model._stream("test", self.arrays, self.training.last)
        return self.stream.runs(order, ticks)

    def __call__(self, run: Any) -> Any:
        """Computes a run."""
        return self.stream(run)

    def close(self) -> None:
        """Frees what was uploaded."""
        if self.stream is not None:
            self.stream.close()


def batches(model: Any, source: Any, use: str, class_weight: Any = None) -> Any:
    """Returns the stream of a model's function over an object whose items are batches.

    # Arguments
        use: `"train"`, `"test"` or `"predict"`.
    """
    return Listed(model, source, use, class_weight)


def fit_batches(
    model: Any, source: Any, alone: dict[str, Any], class_weight: Any, validation_data: Any, epochs: range,
    callbacks: Any, shuffle: bool | str, params: dict[str, Any],
) -> Any:  # fmt: skip
    """Trains on an object whose items are batches.

    # Arguments
        alone: the arguments of `Model.fit` that make no sense here; they must be None.
        params: what callbacks are told, apart from the number of samples.
    """
    for name, value in alone.items():
        check(name, value, value is None, "nothing where x gives batches")
    training = Listed(model, source, "train", class_weight)
    checked, held_out = _held_out(model, validation_data, training)
    params = {**params, "nb_sample": training.samples}
    return model._train(lambda _: training, checked, held_out, epochs, callbacks, shuffle, params)


def _held_out(model: Any, validation_data: Any, training: Flow) -> tuple[Any, Any]:
    """Returns the stream to validate on, and its arrays if it has some; None for none."""
    held_out = model._held_out(validation_data)
    if held_out:
        model._function_for("test")
    if isinstance(held_out, list):
        return (Afterwards(model, held_out, training), held_out) if held_out else (None, None)
    return batches(model, held_out, "test"), None


def fit_generator(
    model: Any, generator: Any, samples_per_epoch: int, nb_epoch: int, verbose: int, callbacks: Any,
    validation_data: Any, nb_val_samples: int | None, class_weight: Any, initial_epoch: int,
    max_q_size: int, nb_worker: int, pickle_safe: bool,
) -> Any:  # fmt: skip
    """Trains on a generator; the arguments are those of `Model.fit_generator`."""
    check("nb_epoch", nb_epoch, hasattr(nb_epoch, "__index__") and nb_epoch > 0, "an int above 0")
    workers = max_q_size, nb_worker, pickle_safe
    more = "train", class_weight, workers, initial_epoch
    training = Generated(model, generator, samples_per_epoch, "samples_per_epoch", *more)
    if hasattr(validation_data, "__next__"):
        checked: Any = Generated(model, validation_data, nb_val_samples, "nb_val_samples", "test")
        model._function_for("test")
        held_out = None
    else:
        checked, held_out = _held_out(model, validation_data, training)
    params = {"nb_epoch": nb_epoch, "nb_sample": training.samples, "verbose": verbose}
    epochs = range(initial_epoch, nb_epoch)
    return model._train(lambda _: training, checked, held_out, epochs, callbacks, False, params)


def evaluate_generator(model: Any, generator: Any, val_samples: int, *workers: Any) -> Any:
    """Returns what `evaluate` does; the arguments are those of `Model.evaluate_generator`."""
    stream = Generated(model, generator, val_samples, "val_samples", "test", None, workers)
    return model._go_over(test_loop, "test", stream, 1, 0)


def predict_generator(model: Any, generator: Any, val_samples: int, *workers: Any) -> Any:
    """Returns what `predict` does; the arguments are those of `Model.predict_generator`."""
    stream = Generated(model, generator, val_samples, "val_samples", "predict", None, workers)
    found = model._go_over(predict_loop, "predict", stream, 1, 0)
    cut = [array[: stream.samples] for array in (found if isinstance(found, list) else [found])]
    return cut if isinstance(found, list) else cut[0]
