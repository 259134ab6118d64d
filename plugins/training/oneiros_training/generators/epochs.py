"""Users' streams, which yield their batches once per epoch."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any

import numpy as np
from oneiros.arguments import refusal
from oneiros.engine.streams import Run
from oneiros.errors import DataError, GeneratorError
from oneiros.typing import Array

from oneiros_training.arrays.standardize import has_numbered_batches
from oneiros_training.generators.batch_stream import BatchStream
from oneiros_training.generators.queue import GeneratorEnqueuer, same_random_state

END = object()
"""Marks the end of an epoch."""
INFINITE = -1
"""The cardinality of an endless dataset of `tf.data`."""


class Epochs(BatchStream):
    """Batches of a stream, which each epoch reads from the beginning: in the order of
    their numbers, or in the stream's own order if they have none."""

    def __init__(self, model, source, use: str, class_weight=None, epoch: int = 0):
        super().__init__(model, source, use, class_weight, epoch=epoch)
        self.size = number_of_batches(source)
        self.is_numbered = has_numbered_batches(source)
        self._kept: dict[int, Any] = {}
        self._batches_before: int | None = None
        self._resumed: dict[str, Any] | None = None
        if self.is_numbered and not self.size:
            raise refusal(model, "x", source, "an object with at least one batch")
        if _is_endless(source, self.size):
            raise DataError(
                f"The {self.name} never ends, so no epoch would end. Use part of it, "
                "or pass it to fit_generator, evaluate_generator or "
                "predict_generator, which count samples."
            )

    def count_samples(self) -> int | None:
        """Returns the number of samples, if batches have numbers and all except the
        last have the size of the first; otherwise None.

        The first and the last batch are kept for their first use, unless they draw from
        NumPy's generator: such a batch is made in its turn, so that resumed training
        makes the same draws.
        """
        if not self.is_numbered:
            return None
        state = np.random.get_state()
        last = self.size - 1
        read = {number: self.source[number] for number in sorted({0, last})}
        if same_random_state(state, np.random.get_state()):
            self._kept = dict(read)
        sizes = {
            number: int(self.checked(item, self.place(number))[0].shape[0])
            for number, item in read.items()
        }
        return last * sizes[0] + sizes[last]

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields batches until there are no more; then the epoch ends.

        # Arguments
            order: the numbers of the batches; ignored if they have none.
            start: int, the number of batches to skip.
        """
        if self.use == "train" and hasattr(self.source, "set_epoch"):
            self.source.set_epoch(self.epoch)
            self._kept.clear()
        queue = self._workers_on(order, start)
        number = start
        with suppress(GeneratorExit):  # a wrapper may end the epoch earlier
            while arrays := self.next_arrays(queue, number, ""):
                number += 1
                yield Run(number - 1, 1, self.last_size, number, arrays)
        if self.queue is not queue:  # training has ended, not the epoch
            return
        if not number:
            raise GeneratorError(self._emptiness())
        self._batches_before = number
        self._kept.clear()
        self.close()
        if self.use == "train" and hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()
        self.epoch += 1

    def _workers_on(self, order: Array, start: int) -> GeneratorEnqueuer:
        """Returns workers that have skipped `start` batches, including their random
        draws."""
        state = self._resumed
        now = np.random.get_state()
        self._resumed = None
        if not start or state is None or same_random_state(state["opened"], now):
            return self.start(self._items(order, start))
        if not self.again(self._items(order, 0), state, start):
            np.random.set_state(now)
        assert self.queue is not None
        return self.queue

    def _items(self, order: Array, start: int) -> Iterator[Any]:
        """Returns the batches of an epoch, without the first ones, and `END`."""
        if self.is_numbered:
            # In a generator, unlike `map`, a StopIteration of user code is an error.
            batches = (self._item(number) for number in order[start:].tolist())
            return chain(batches, [END])
        return islice(chain(self.source, [END]), start, None)

    def _item(self, number: int):
        """Reads a batch, unless it was kept."""
        return self._kept.pop(number) if number in self._kept else self.source[number]

    def checked(self, item, place: str) -> list[Array]:
        """Checks a batch and returns it as arrays; none at the end."""
        return [] if item is END else super().checked(item, place)

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Continues at the position of the stream that returned this state."""
        self._kept.clear()
        self._resumed = state
        return super().set_state(state, drawn)

    def _emptiness(self) -> str:
        """Returns the message about an epoch without batches."""
        if self._batches_before is None:
            return f"The {self.name} has no batches: iterating over it yields none."
        return (
            f"The {self.name} yielded no batches in epoch {self.epoch + 1}, but "
            f"{self._batches_before} in the previous one: it is exhausted. Let "
            "its __iter__ start again at each call, or pass nb_epoch=1."
        )


def number_of_batches(stream) -> int:
    """Returns the number of batches that a stream declares, or 0."""
    try:
        return len(stream)
    except (TypeError, NotImplementedError):  # loaders of data whose end is unknown
        return 0


def _is_endless(stream, size: int) -> bool:
    """Returns whether a stream says that it never ends, as those that repeat do in
    Grain, by their length, and in `tf.data`."""
    cardinality = getattr(stream, "cardinality", None)
    if callable(cardinality):
        return int(cardinality()) == INFINITE
    return size >= sys.maxsize
