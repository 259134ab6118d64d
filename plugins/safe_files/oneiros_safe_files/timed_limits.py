"""Limits how long a configuration may keep the processor busy while a model is
built."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from oneiros import load_context
from oneiros.errors import UnsafeFileError
from oneiros.load_context import BuildLimits

from oneiros_safe_files.budget import Budget, checked

PARAMETERS_PER_SECOND = 5_000_000
"""How many weights allow a second more: to draw their first values takes time, and
large models have many layers."""


SPARE_PARAMETERS = 2**22
"""The number of scalars that a model may create beyond those in its file: the states of
recurrent layers."""


@dataclass
class TimedLimits(BuildLimits):
    """Limits for what is built, and for the processor's time that it takes.

    The clock runs in the calling thread alone. Import the backend before it starts.

    # Arguments
        parameters, calls: as for `BuildLimits`.
        expected: int, the number of weights that may allow more time.
        seconds: float, the processor's time without weights.
        source: the file or text, for messages.
    """

    expected: int = 0
    seconds: float = 1.5
    source: object = "The configuration"
    start: float = field(default_factory=time.thread_time)

    def count_weight(self, shape: tuple[int, ...], owner: str) -> None:
        """Counts a weight, and looks at the clock."""
        self.check_time()
        super().count_weight(shape, owner)

    def count_call(self, owner: str) -> None:
        """Counts a call, and looks at the clock."""
        self.check_time()
        super().count_call(owner)

    def check_time(self) -> None:
        """Raises UnsafeFileError if the time is over."""
        weights = min(self.made_parameters, self.expected)
        allowed = self.seconds + weights / PARAMETERS_PER_SECOND
        if time.thread_time() - self.start > allowed:
            raise UnsafeFileError(
                f"{self.source}: building the model takes more than {allowed:.1f} s of "
                "the processor's time (Budget.seconds, and one for "
                f"{PARAMETERS_PER_SECOND:,} weights). If you trust it, allow more: "
                "budget=oneiros.saving.Budget(seconds=60)."
            )


def limits_for(
    budget: Budget | None, source: object, stored: int | None = None
) -> TimedLimits:
    """Returns the limits for building what a file or a text describes. Inside other
    timed limits, the clock is running already.

    # Arguments
        budget: the caller's limits; None for the default ones.
        source: the file or text, for messages.
        stored: int, number of scalars in the weights that a file holds; None for a
            text, for which the limits around apply.
    """
    around = load_context.current().limits or BuildLimits()
    start = around.start if isinstance(around, TimedLimits) else time.thread_time()
    return TimedLimits(
        start=start,
        parameters=around.parameters if stored is None else stored + SPARE_PARAMETERS,
        expected=around.parameters if stored is None else stored,
        calls=around.calls,
        seconds=checked(budget).seconds,
        source=source,
    )


def check_time() -> None:
    """Raises UnsafeFileError if the time of the load around is over."""
    limits = load_context.current().limits
    if isinstance(limits, TimedLimits):
        limits.check_time()
