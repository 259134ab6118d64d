"""Limits how long a configuration may keep the processor busy while a model is
built."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

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
class Clock:
    """The processor's time of the calling thread.

    # Properties
        start: float, the time when it began.
        excluded: float, the seconds since then that don't count.
        collection: float, the time when the last full garbage collection began.
    """

    start: float = field(default_factory=time.thread_time)
    excluded: float = 0.0
    collection: float = field(default_factory=time.thread_time)

    def seconds(self) -> float:
        """Returns the time since the start that counts."""
        return time.thread_time() - self.start - self.excluded


@dataclass
class TimedLimits(BuildLimits):
    """Limits for what is built, and for the processor's time that it takes.

    # Arguments
        parameters, calls: as for `BuildLimits`.
        expected: int, the number of weights that may allow more time.
        seconds: float, the processor's time without weights.
        excess_bytes: int, memory for a computation besides its result.
        source: the file or text, for messages.
        clock: `Clock`; it runs already inside other timed limits.
    """

    expected: int = 0
    seconds: float = Budget.seconds
    excess_bytes: int = Budget.excess_bytes
    source: object = "The configuration"
    clock: Clock = field(default_factory=Clock)

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
        allowed = self._allowed_seconds()
        if self.clock.seconds() > allowed:
            raise self._refused(
                f"reading and building take more than {allowed:.1f} s", "seconds=60"
            )

    def check_computation(self, what: str, seconds: float, nbytes: int) -> None:
        """Raises UnsafeFileError if a computation would take more time than is left, or
        too much memory."""
        allowed = self._allowed_seconds()
        if self.clock.seconds() + seconds > allowed:
            raise self._refused(
                f"with {what}, which takes about {seconds:.1f} s, reading and building "
                f"take more than {allowed:.1f} s",
                "seconds=600",
            )
        if nbytes > self.excess_bytes:
            raise UnsafeFileError(
                f"{self.source}: {what} would take {nbytes:,} bytes besides its "
                f"result. The limit is {self.excess_bytes:,} (Budget.excess_bytes). If "
                "you trust it, allow more: "
                "budget=oneiros.saving.Budget(excess_bytes=1 << 30)."
            )

    def _allowed_seconds(self) -> float:
        weights = min(self.made_parameters, self.expected)
        return self.seconds + weights / PARAMETERS_PER_SECOND

    def _refused(self, problem: str, limit: str) -> UnsafeFileError:
        return UnsafeFileError(
            f"{self.source}: {problem} of the processor's time (Budget.seconds, and "
            f"one for {PARAMETERS_PER_SECOND:,} weights). If you trust it, allow more: "
            f"budget=oneiros.saving.Budget({limit})."
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
    given = checked(budget)
    return TimedLimits(
        clock=around.clock if isinstance(around, TimedLimits) else Clock(),
        parameters=around.parameters if stored is None else stored + SPARE_PARAMETERS,
        expected=around.parameters if stored is None else stored,
        calls=around.calls,
        seconds=given.seconds,
        excess_bytes=given.excess_bytes,
        source=source,
    )


@contextmanager
def running(budget: Budget | None, source: object) -> Iterator[None]:
    """Context manager in which the clock of one load runs, from before the file is
    read."""
    limits = limits_for(budget, source)
    with load_context.changed(limits=limits):
        yield


def running_clock() -> Clock | None:
    """Returns the clock of the load around; None outside timed limits."""
    limits = load_context.current().limits
    return limits.clock if isinstance(limits, TimedLimits) else None


def check_time() -> None:
    """Raises UnsafeFileError if the time of the load around is over."""
    limits = load_context.current().limits
    if isinstance(limits, TimedLimits):
        limits.check_time()


def check_computation(what: str, seconds: float, nbytes: int) -> None:
    """Checks a computation before it is done, inside timed limits.

    # Arguments
        what: str, what is computed, for messages.
        seconds: float, an estimate of the processor's time.
        nbytes: int, an estimate of the memory besides its result.

    # Raises
        UnsafeFileError: if it would take more than is left.
    """
    limits = load_context.current().limits
    if isinstance(limits, TimedLimits):
        limits.check_computation(what, seconds, nbytes)


@contextmanager
def stopped() -> Iterator[None]:
    """Context manager in which the clock of the load around stands still."""
    clock = running_clock()
    if clock is None:
        yield
        return
    excluded_before = clock.excluded
    began = time.thread_time()
    try:
        yield
    finally:
        clock.excluded = excluded_before + time.thread_time() - began


def exclude_collection(phase: str, info: dict[str, Any]) -> None:
    """Takes a full garbage collection off the clock of the load that it interrupts. It
    visits every object of the process, whatever the file holds: 0.4 s after a few
    hundred tests."""
    clock = running_clock()
    if clock is None or info["generation"] < 2:
        return
    now = time.thread_time()
    if phase == "start":
        clock.collection = now
    else:
        clock.excluded += now - clock.collection


gc.callbacks.append(exclude_collection)
