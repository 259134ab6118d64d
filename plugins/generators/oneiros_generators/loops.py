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

    def __call__(self, run: Run) -> list[Array]:
        """Computes a run; returns the outputs of its batch, each with an axis of length 1 before its own."""
        return [np.asarray(output)[None] for output in self.model._call(self.use, run.arrays)]

    def open(self, source: Any) -> GeneratorEnqueuer:
        """Starts workers on a source."""
        size, count, pickle_safe = self.workers
        self.queue = GeneratorEnqueuer(source, pickle_safe)
        self.queue.name = self.name
        self.queue.start(count, size)
        return self.queue

    def close(self) -> None:
        """Ends the workers."""
        if self.queue is not None:
            self.queue.stop(timeout=0.5)
            self.queue = None

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
        self.samples, self.argument = math.ceil(samples), argument

    def runs(self, order: Any, ticks: Ticks = ()) -> Iterator[tuple[int, Run]]:
        """Yields batches, with their numbers, until the epoch has its samples."""
        queue, seen, number = self.queue or self.open(self.source), 0, 0
        while seen < self.samples:
            had = f"There were {seen} of {self.argument}={self.samples} samples"
            run = self.made(queue, number, f"{had}: let the generator loop for ever, with `while True:`.")
            seen += run.shape[1]
            yield number, run
            number += 1
            for tick in ticks:
                tick(min(seen, self.samples))
        if seen > self.samples and self.use == "train":
            advice = "which can change what is learned. Let batches add up to samples_per_epoch"
            text = (
                f"Epoch {self.epoch + 1} had {seen} samples, samples_per_epoch is {self.samples}, {advice}."
            )
            warnings.warn(text, stacklevel=2)
        self.epoch += 1


class Listed(Flow):
    """The batches of an object that has them by number, each once per epoch, in the loop's order."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.size = len(self.source)
        check("x", self.source, self.size > 0, "an object with at least one batch")

    @property
    def samples(self) -> int:
        """The number of samples: that of the last batch, and the first one's for each of the others."""
        first, last = (self.checked(self.source[i], self.place(i)).shape[1] for i in (0, self.size - 1))
        return (self.size - 1) * first + last

    def runs(self, order: Any, ticks: Ticks = ()) -> Iterator[tuple[int, Run]]:
        """Yields the batches whose numbers `order` lists; then tells the object that the epoch is over."""
        queue = self.open(self.source[i] for i in order.tolist())
        for number in range(len(order)):
            yield number, self.made(queue, number, "")
            for tick in ticks:
                tick(number + 1)
        self.close()
        if self.use == "train":
            getattr(self.source, "on_epoch_end", lambda: None)()
        self.epoch += 1


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
