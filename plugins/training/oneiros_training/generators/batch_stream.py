"""The base class of streams of user-supplied batches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from oneiros.engine.streams import Run
from oneiros.errors import DataError, GeneratorError, OneirosError
from oneiros.typing import Array

from oneiros_training.arrays.naming import listed
from oneiros_training.arrays.user_data import all_arrays, input_arrays
from oneiros_training.generators.queue import (
    GeneratorEnqueuer,
    same_random_state,
    source_name,
)
from oneiros_training.generators.workers import UnsendableError
from oneiros_training.steps import ModelStream, step_for

Workers = tuple[Any, Any, bool]
"""`max_q_size`, `nb_worker` and `pickle_safe`."""
ONE_THREAD: Workers = (10, 1, False)


class BatchStream(ModelStream):
    """A model's function and the source of its batches.

    # Arguments
        model: the model; compiled, unless `use` is `"predict"`.
        source: a generator, or an object whose items are batches.
        use: `"train"`, `"test"` or `"predict"`: the purpose of the batches.
        class_weight: as in `fit`.
        workers: max_q_size, nb_worker and pickle_safe.
        epoch: int, the number of the first epoch, for messages.

    # Properties
        position: tuple of the attributes that tell where the stream is.
    """

    position: tuple[str, ...] = ("epoch", "last_size")

    def __init__(
        self,
        model,
        source,
        use: str,
        class_weight=None,
        workers: Workers = ONE_THREAD,
        epoch: int = 0,
    ):
        super().__init__(model, use)
        self.source = source
        self.class_weight = class_weight
        self.workers = workers
        self.name = source_name(source)
        self.epoch = epoch
        self.last_size = 0
        self.queue: GeneratorEnqueuer | None = None
        self.opened: Any = None

    def compute(self, run: Run) -> list[Array]:
        """Computes a batch."""
        return self.compute_batch(run, run.data)

    def start(self, source) -> GeneratorEnqueuer:
        """Starts workers on a source.

        All draws from NumPy's generator are done before that.
        """
        size, count, pickle_safe = self.workers
        step_for(self.model, self.use)
        self.opened = np.random.get_state()
        self.queue = GeneratorEnqueuer(source, pickle_safe)
        self.queue.name = self.name
        self.queue.start(count, size)
        return self.queue

    def close(self) -> None:
        """Stops the workers."""
        if self.queue is not None:
            self.queue.stop(timeout=0.5)
            self.queue = None

    def get_state(self) -> dict[str, Any]:
        """Returns the position in the epoch and in the source, as plain data."""
        state = {name: getattr(self, name) for name in self.position}
        state.update(opened=None, batches_begun=0)
        if self.queue is not None:
            state.update(opened=self.opened, batches_begun=self.queue.batches_begun)
        return state

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Continues at the position of the stream that returned this state."""
        for name in self.position:
            setattr(self, name, state[name])
        return False

    def again(self, source, state: dict[str, Any], count: int) -> bool:
        """Opens a source again, and makes it yield the batches that were already used.

        Afterwards the workers are as far ahead as before, and the source has made the
        same draws from NumPy's generator.

        # Arguments
            state: dict with NumPy's former state under `opened`, and the number of
                requested batches under `batches_begun`.
            count: int, the number of used batches.

        # Returns
            Whether making batches draws from NumPy's generator, which is then restored.
        """
        np.random.set_state(state["opened"])
        queue = self.start(source)
        queue_size, _, pickle_safe = self.workers
        state_before = np.random.get_state() if pickle_safe else state["opened"]
        for number in range(count):
            self.next_arrays(queue, number, "It yielded more when this training began.")
        queue.settle(min(state["batches_begun"], count + queue_size + 1))
        return not same_random_state(state_before, np.random.get_state())

    def place(self, number: int) -> str:
        """Returns the name of a batch in messages."""
        place = f"batch {number + 1}"
        if self.use == "train":
            place += f" of epoch {self.epoch + 1}"
        return place

    def next_arrays(
        self, queue: GeneratorEnqueuer, number: int, remedy: str
    ) -> list[Array]:
        """Waits for a batch, checks it and returns its arrays.

        # Arguments
            remedy: str, advice for the error if there are no more batches.
        """
        place = self.place(number)
        try:
            item = queue.get()
        except StopIteration:
            raise GeneratorError(
                f"The {self.name} ended before {place}. {remedy}"
            ) from None
        except GeneratorError as error:
            raise GeneratorError(
                f"{error} The next one was {place}."
            ) from error.__cause__
        except Exception as error:
            error_text = str(error)
            if type(error) is not UnsendableError:
                error_text = f"{type(error).__name__}: {error}"
            raise GeneratorError(
                f"The {self.name} raised an error instead of yielding {place}, "
                f"traceback above: {error_text:.300}"
            ) from error
        return self.checked(item, place)

    def checked(self, item, place: str) -> list[Array]:
        """Checks a batch and returns it as arrays."""
        try:
            if self.use == "predict":
                inputs = inputs_of(item, len(self.model.input_names))
                arrays = input_arrays(self.model, inputs)
            else:
                arrays = self.standard(item)
        except OneirosError as error:
            raise type(error)(f"{place}, from the {self.name}: {error}") from None
        self.last_size = int(arrays[0].shape[0])
        return arrays

    def standard(self, item) -> list[Array]:
        """Returns inputs, targets and weights."""
        if isinstance(item, Mapping):
            item = by_name(item, self.model.input_names, self.model.output_names)
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            raise DataError(
                f"received {described(item)}, expected a tuple (x, y) or "
                "(x, y, sample_weight)."
            )
        x, y, *weights = item
        weight = weights[0] if weights else None
        return all_arrays(self.model, x, y, weight, self.class_weight)


WEIGHTS = "sample_weight"
"""The optional column of weights of a batch with names."""


def by_name(
    batch: Mapping[str, Any], inputs: Sequence[str], outputs: Sequence[str]
) -> tuple[Any, ...]:
    """Returns the inputs, the targets and, if present, the weights of a batch with
    names.

    # Arguments
        batch: columns by name; other names are ignored.
        inputs, outputs: names of the model's inputs and outputs.

    # Raises
        DataError: if a column is missing.
    """
    missing = [name for name in (*inputs, *outputs) if name not in batch]
    if missing:
        raise DataError(
            f"received the columns {listed(batch)}, but none named {listed(missing)}, "
            "like the model's inputs and outputs. Name the layers like the columns, "
            "Input(shape, name=…) and Dense(1, name=…), or make the batch a tuple "
            "(x, y)."
        )
    x = {name: batch[name] for name in inputs}
    y = {name: batch[name] for name in outputs}
    return (x, y, batch[WEIGHTS]) if WEIGHTS in batch else (x, y)


def inputs_of(batch, count: int):
    """Returns the inputs of a batch that may come with targets and weights.

    # Arguments
        count: int, the number of the model's inputs.

    # Raises
        DataError: if it is a tuple with too many items.
    """
    if isinstance(batch, list):
        return batch[0] if _has_targets(batch, count) else batch
    if not isinstance(batch, tuple):
        return batch
    if len(batch) not in (1, 2, 3):
        raise DataError(
            f"received {described(batch)}, expected x, (x, y) or (x, y, sample_weight)."
        )
    return batch[0]


def _has_targets(batch: list[Any], count: int) -> bool:
    """Returns whether a list is `[x, y]` or `[x, y, sample_weight]`, as a DataLoader of
    torch makes them, and not a list of inputs, or of rows."""
    if len(batch) not in (2, 3):
        return False
    inputs = batch[0]
    if isinstance(inputs, Mapping):
        return True
    arrays = batch if count == 1 else inputs
    return isinstance(arrays, list) and all(map(_is_array, arrays))


def _is_array(value) -> bool:
    return hasattr(value, "shape")


def described(batch) -> str:
    """Returns the description of an invalid batch for messages."""
    if isinstance(batch, (list, tuple)):
        return f"a {type(batch).__name__} of {len(batch)} items"
    if _is_array(batch):
        return f"an array of shape {tuple(batch.shape)}"
    return f"{batch!r:.60}"
