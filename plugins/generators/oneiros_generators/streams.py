"""Streams of batches for the kernel's loop: of a generator, and of an object that has
them by number."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros.arguments import check_int, is_int, refusal
from oneiros.engine.loop import Ticks

from oneiros_generators.flow import Array, Flow, Run
from oneiros_generators.queue import GeneratorEnqueuer, endless
from oneiros_generators.stated import Stated, has_state, same_random_state


class Generated(Flow):
    """Batches of a generator, which goes on where it was in the next epoch.

    # Arguments
        samples: int, the samples after which an epoch ends.
    """

    def __init__(
        self, model: Any, source: Any, samples: Any, argument: str, *arguments: Any
    ) -> None:
        super().__init__(model, source, *arguments)
        self.source = endless(source)
        queue_size, workers, _ = self.workers
        check_int(model, "max_q_size", queue_size)
        check_int(model, "nb_worker", workers)
        is_number = isinstance(samples, float) or is_int(samples)
        if not is_number or not 0 < samples < math.inf:
            raise refusal(model, argument, samples, "a number of samples above 0")
        self.samples, self.argument, self.used, self.seen = (
            math.ceil(samples),
            argument,
            0,
            0,
        )
        self.stated = has_state(self.source) and not self.workers[2]
        self.source_state: Any = None

    def runs(
        self, order: Any, ticks: Ticks = (), start: int = 0
    ) -> Iterator[tuple[int, Run]]:
        """Yields batches, with their numbers, until the epoch has its samples.

        # Arguments
            start: int, the number of batches that this epoch had before `set_state`.
        """
        queue, number = self.queue or self.open(self.iterator()), start
        self.seen = self.seen if start else 0
        while self.seen < self.samples:
            had = f"There were {self.seen} of {self.argument}={self.samples} samples"
            run = self.made(
                queue,
                number,
                f"{had}: let the generator loop for ever, with `while True:`.",
            )
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
        own = {
            key: getattr(self, key)
            for key in ("epoch", "last", "used", "seen", "source_state")
        }
        return {**own, "opened": self.opened if self.queue else None, "begun": begun}

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this.

        A source with a state of its own is set to it; one without makes its batches
        again.

        # Arguments
            drawn: whether NumPy's generator belongs to another stream, and stays as it
                is.

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
        return (
            self.again(self.iterator(), {**state, "opened": opened}, self.used)
            and not drawn
        )


class Listed(Flow):
    """The batches of an object that has them by number, each once per epoch, in the
    loop's order."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.size = len(self.source)
        self._resumed: dict[str, Any] | None = None
        self._kept: dict[int, Any] = {}
        if not self.size:
            raise refusal(
                self.model, "x", self.source, "an object with at least one batch"
            )

    @property
    def samples(self) -> int:
        """The number of samples: that of the last batch, and the first one's for each
        of the others.

        Both batches are kept for their first use, unless they were drawn from NumPy's
        generator: a batch is drawn in its turn, so that a training that is resumed
        draws the same.
        """
        ends, state = (0, self.size - 1), np.random.get_state()
        read = {i: self.source[i] for i in sorted(set(ends))}
        if same_random_state(state, np.random.get_state()):
            self._kept = read
        first, last = (self.checked(read[i], self.place(i)).shape[1] for i in ends)
        return (self.size - 1) * first + last

    def _item(self, number: int) -> Any:
        """Reads a batch, unless it was kept."""
        return self._kept.pop(number) if number in self._kept else self.source[number]

    def runs(
        self, order: Any, ticks: Ticks = (), start: int = 0
    ) -> Iterator[tuple[int, Run]]:
        """Yields the batches whose numbers `order` lists; then tells the object that
        the epoch is over.

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
        """Returns workers that are past `start` batches; what these draw from NumPy's
        generator is drawn."""
        state, now = self._resumed, np.random.get_state()
        self._resumed = None
        if not start or state is None or same_random_state(state["opened"], now):
            return self.open(self._item(i) for i in order[start:])
        if not self.again((self._item(i) for i in order), state, start):
            np.random.set_state(now)
        assert self.queue is not None
        return self.queue

    def get_state(self) -> dict[str, Any]:
        """Returns how far the epoch is, as plain data."""
        begun = self.queue.begun if self.queue else 0
        return {
            "epoch": self.epoch,
            "last": self.last,
            "opened": self.opened,
            "begun": begun,
        }

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Goes on where another stream was when it returned this; `runs` passes over
        batches."""
        self.epoch, self.last, self._resumed = state["epoch"], state["last"], state
        self._kept.clear()
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
