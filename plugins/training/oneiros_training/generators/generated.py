"""The stream of a generator; and arrays in batches of the generator's size."""

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros.arguments import check_int, is_int, refusal
from oneiros.engine.streams import Run
from oneiros.typing import Array
from oneiros.user_warnings import warn

from oneiros_training.arrays.array_stream import ArrayStream
from oneiros_training.generators.batch_stream import BatchStream
from oneiros_training.generators.queue import (
    WithState,
    endless,
    has_state,
    same_random_state,
)
from oneiros_training.steps import ModelStream


class Generated(BatchStream):
    """Batches of a generator; the next epoch continues where the last one stopped.

    # Arguments
        samples: int, the number of samples after which an epoch ends.
        argument: str, the name of that number in messages.
        others: those of `BatchStream`.
    """

    position = (*BatchStream.position, "batches_used", "samples_seen", "source_state")

    def __init__(self, model, source, samples, argument: str, **others):
        super().__init__(model, source, **others)
        self.source = endless(source)
        queue_size, count, pickle_safe = self.workers
        queue_size = check_int(model, "max_q_size", queue_size)
        count = check_int(model, "nb_worker", count)
        self.workers = queue_size, count, pickle_safe
        is_number = isinstance(samples, float) or is_int(samples)
        if not is_number or not 0 < samples < math.inf:
            raise refusal(model, argument, samples, "a number of samples above 0")
        self.samples = math.ceil(samples)
        self.argument = argument
        self.batches_used = 0
        self.samples_seen = 0
        self.stated = has_state(self.source) and count == 1 and not pickle_safe
        self.source_state: Any = None

    def runs(self, order, start: int = 0) -> Iterator[Run]:
        """Yields batches until the epoch has its samples.

        # Arguments
            start: int, the number of batches of this epoch before `set_state`.
        """
        queue = self.queue or self.start(self.iterator())
        if not start:
            self.samples_seen = 0
        number = start
        with suppress(GeneratorExit):  # a wrapper may end the epoch earlier
            while self.samples_seen < self.samples:
                arrays = self.next_arrays(queue, number, self._remedy())
                self.samples_seen += self.last_size
                self.batches_used += 1
                samples_done = min(self.samples_seen, self.samples)
                yield Run(number, 1, self.last_size, samples_done, arrays)
                number += 1
        if self.samples_seen > self.samples and self.use == "train":
            warn(
                f"Epoch {self.epoch + 1} had {self.samples_seen} samples, but "
                f"samples_per_epoch is {self.samples}, which can change the "
                "result. Let the batches add up to samples_per_epoch."
            )
        self.epoch += 1

    def _remedy(self) -> str:
        return (
            f"There were {self.samples_seen} of {self.argument}={self.samples} "
            "samples: let the generator loop for ever, with `while True:`."
        )

    def iterator(self):
        """Returns the iterator from which workers take batches."""
        return WithState(self.source) if self.stated else self.source

    def checked(self, item, place: str) -> list[Array]:
        """Checks a batch and returns it as arrays."""
        if self.stated:
            item, self.source_state = item
        return super().checked(item, place)

    def set_state(self, state: dict[str, Any], drawn: bool) -> bool:
        """Continues at the position of the stream that returned this state.

        A source with its own state is set to that; any other source makes its batches
        again.

        # Arguments
            drawn: whether NumPy's generator belongs to another stream and must not
                change.

        # Returns
            Whether the source draws from NumPy's generator, which is then restored.
        """
        super().set_state(state, drawn)
        if state["opened"] is None:
            return False
        if self.stated and state["source_state"] is not None:
            return self._set_source(state["source_state"], drawn)
        if drawn:
            state = {**state, "opened": np.random.get_state()}
        draws = self.again(self.iterator(), state, self.batches_used)
        return draws and not drawn

    def _set_source(self, source_state, drawn: bool) -> bool:
        """Sets the source; tells whether that set NumPy's generator, which may be part
        of its state."""
        before = np.random.get_state()
        self.source.set_state(source_state)
        draws = not same_random_state(before, np.random.get_state())
        if draws and drawn:
            np.random.set_state(before)
        return draws and not drawn


class ValidationArrays(ModelStream):
    """Validation arrays, in batches of the size of the last training batch."""

    def __init__(self, model, arrays: list[Array], training: BatchStream):
        super().__init__(model, "test")
        self.arrays = arrays
        self.training = training
        self.size = arrays[0].shape[0]
        self._stream: ArrayStream | None = None

    def runs(self, order, start: int = 0) -> Iterator[Run]:
        """Returns the runs of the arrays."""
        size = self.training.last_size
        if self._stream is None or self._stream.batch_size != size:
            self.close()
            self._stream = ArrayStream(self.model, self.use, self.arrays, size)
            self._stream.open()
        return self._stream.runs(order, start)

    def compute(self, run: Run) -> list[Array]:
        """Computes a run."""
        assert self._stream is not None
        return self._stream.compute(run)

    def close(self) -> None:
        """Frees the uploaded data."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
