"""Users' streams, whose batches come once in each epoch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from oneiros.arguments import refusal
from oneiros.engine.stream import Run
from oneiros.errors import DataError, GeneratorError

from oneiros_generators.flow import Array, Flow
from oneiros_generators.queue import GeneratorEnqueuer
from oneiros_generators.stated import same_random_state

END = object()
"""Follows the last batch of an epoch."""
INFINITE = -1
"""The cardinality of an endless dataset of `tf.data`."""


class Epochs(Flow):
    """Batches of a stream, which each epoch goes over from the beginning."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.size = number_of_batches(self.source)
        self._resumed: dict[str, Any] | None = None
        if _is_endless(self.source, self.size):
            raise DataError(
                f"The {self.name} never ends, so no epoch would. Take a part of it, or "
                "pass it to fit_generator, evaluate_generator or predict_generator, "
                "which count samples."
            )

    def items(self, order: list[int], start: int) -> Iterator[Any]:
        """Returns the batches of an epoch, without the first ones.

        # Arguments
            order: numbers of the batches, where they have numbers.
            start: int, the number of batches to pass over.
        """
        raise NotImplementedError

    def workers_on(self, order: list[int], start: int) -> GeneratorEnqueuer:
        """Returns workers that are past `start` batches, whose draws are done."""
        state = self._resumed
        now = np.random.get_state()
        self._resumed = None
        if not start or state is None or same_random_state(state["opened"], now):
            return self.start(self.items(order, start))
        if not self.again(self.items(order, 0), state, start):
            np.random.set_state(now)
        assert self.queue is not None
        return self.queue

    def end_epoch(self) -> None:
        """Ends the workers, and tells the stream."""
        self.close()
        if self.use == "train" and hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()
        self.epoch += 1

    def get_state(self) -> dict[str, Any]:
        """Returns how far the epoch is, as plain data."""
        return {
            "epoch": self.epoch,
            "last_size": self.last_size,
            "opened": self.opened,
            "batches_begun": self.queue.batches_begun if self.queue else 0,
        }

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this."""
        self.epoch = state["epoch"]
        self.last_size = state["last_size"]
        self._resumed = state
        return False


class Listed(Epochs):
    """The batches of a stream that has them by number."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._kept: dict[int, Any] = {}
        if not self.size:
            raise refusal(
                self.model, "x", self.source, "an object with at least one batch"
            )

    @property
    def samples(self) -> int:
        """The number of samples, if all but the last batch are as large as the first.

        Both batches are kept for their first use, unless they were drawn from NumPy's
        generator: a batch is drawn in its turn, so that a training that is resumed
        draws the same.
        """
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

    def items(self, order: list[int], start: int) -> Iterator[Any]:
        """Returns the batches of an epoch, without the first ones."""
        return (self._item(number) for number in order[start:])

    def _item(self, number: int) -> Any:
        """Reads a batch, unless it was kept."""
        return self._kept.pop(number) if number in self._kept else self.source[number]

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields the batches whose numbers `order` lists; then the epoch is over.

        # Arguments
            start: int, the number of batches to pass over.
        """
        queue = self.workers_on(order.tolist(), start)
        for number in range(start, len(order)):
            arrays = self.next_arrays(queue, number, "")
            yield Run(number, 1, self.last_size, number + 1, arrays)
        self.end_epoch()

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this."""
        self._kept.clear()
        return super().set_state(state, drawn)


class Iterated(Epochs):
    """The batches of a stream that is iterated over, in its own order.

    # Properties
        samples: int, the samples of the epoch before, or what they may be in the first
            one; None if that isn't known.
    """

    samples: int | None = None
    _batches_before: int | None = None

    def items(self, order: list[int], start: int) -> Iterator[Any]:
        """Returns the batches of an epoch, without the first ones, and `END`."""
        return islice(chain(self.source, [END]), start, None)

    def runs(self, order: Array, start: int = 0) -> Iterator[Run]:
        """Yields batches until there are no more; then the epoch is over.

        # Arguments
            order: isn't heeded.
            start: int, the number of batches to pass over.
        """
        if self.use == "train" and hasattr(self.source, "set_epoch"):
            self.source.set_epoch(self.epoch)
        queue = self.workers_on([], start)
        number = start
        samples_seen = 0
        while arrays := self.next_arrays(queue, number, ""):
            samples_seen += self.last_size
            if self.samples is None and self.size:
                self.samples = self.size * self.last_size
            yield Run(number, 1, self.last_size, number + 1, arrays)
            number += 1
        if not number:
            raise GeneratorError(self._emptiness())
        self._batches_before = number
        if not start:
            self.samples = samples_seen
        self.end_epoch()

    def checked(self, item: Any, place: str) -> list[Array]:
        """Returns a batch as arrays that fit the model; none at the end."""
        return [] if item is END else super().checked(item, place)

    def _emptiness(self) -> str:
        """Returns the message about an epoch without batches."""
        if self._batches_before is None:
            return f"The {self.name} has no batches: iterating over it gave none."
        return (
            f"The {self.name} gave no batches in epoch {self.epoch + 1}, after "
            f"{self._batches_before} in the one before: it is used up. Let its "
            "__iter__ begin anew each time that it is called, or pass nb_epoch=1."
        )


def number_of_batches(stream: Any) -> int:
    """Returns how many batches a stream says that it has; 0 if it doesn't say."""
    try:
        return len(stream)
    except (TypeError, NotImplementedError):  # loaders of data whose end is unknown
        return 0


def _is_endless(stream: Any, size: int) -> bool:
    """Tells whether a stream says that it never ends, as those that repeat do in
    Grain, by their length, and in `tf.data`."""
    cardinality = getattr(stream, "cardinality", None)
    if callable(cardinality):
        return int(cardinality()) == INFINITE
    return size >= sys.maxsize
