"""The contract of compiled functions, which `K.function` returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

Array = Any


class Upload(Protocol):
    """Data sets where a function's loop reads them."""

    def release(self) -> None:
        """Frees them."""


class CompiledFunction:
    """A compiled function of placeholders, which can run many steps in one call.

    # Properties
        phase_index: int, the learning phase's index among the inputs, or None.
    """

    phase_index: int | None = None

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """Runs once."""
        raise NotImplementedError

    def run_length(
        self, batches: int, data_bytes: int, operations: float, evenly: bool = False
    ) -> int:
        """Returns how many steps a call of `loop` should run on a data set."""
        raise NotImplementedError

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Copies whole data sets to where `loop` reads them."""
        raise NotImplementedError

    def borrow(self, arrays: Sequence[Any]) -> Upload:
        """Lets `loop` read whole data sets in place."""
        raise NotImplementedError

    def loop(self, handle: Any, index: Any, phase: int | None = None) -> list[Array]:
        """Runs one step per row of `index` on the rows with these numbers."""
        raise NotImplementedError

    def get_random_state(self) -> Any:
        """Returns the seeds and the counters of the random operations."""
        raise NotImplementedError

    def set_random_state(self, state: Any) -> None:
        """Restores a state from `get_random_state`."""
        raise NotImplementedError
