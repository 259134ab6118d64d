"""Limits how long a configuration may keep the processor busy while a model is
built."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneiros import load_context
from oneiros.errors import UnsafeFileError
from oneiros.load_context import MAX_PARAMETERS, BuildLimits

from oneiros_safe_files.budget import Budget, checked

BYTES_PER_SECOND = 20_000_000
"""How many bytes of a file allow a second more: large models have many layers."""

WEIGHT_BYTES = 4
"""What a weight takes in memory."""
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
        estimated: float, what computed initial values take, together.
    """

    start: float = field(default_factory=time.thread_time)
    excluded: float = 0.0
    collection: float = field(default_factory=time.thread_time)
    estimated: float = 0.0

    def seconds(self) -> float:
        """Returns the time since the start that counts."""
        return time.thread_time() - self.start - self.excluded


@dataclass
class TimedLimits(BuildLimits):
    """Limits for what is built, and for the processor's time that it takes.

    # Arguments
        parameters, calls: as for `BuildLimits`.
        array_bytes: int, memory for the weights of a text; None if a file holds them.
        seconds: float, the processor's time for reading and building, and as much for
            computed initial values.
        excess_bytes: int, memory for a computation besides its result.
        source: the file or text, for messages.
        clock: `Clock`; it runs already inside other timed limits.
    """

    array_bytes: int | None = None
    seconds: float = Budget.seconds
    excess_bytes: int = Budget.excess_bytes
    source: object = "The configuration"
    clock: Clock = field(default_factory=Clock)

    def count_weight(self, shape: tuple[int, ...], owner: str) -> None:
        """Counts a weight, and looks at the clock."""
        self.check_time()
        super().count_weight(shape, owner)
        nbytes = WEIGHT_BYTES * self.made_parameters
        if self.array_bytes is not None and nbytes > self.array_bytes:
            raise UnsafeFileError(
                f"{self.source}: with {owner}, whose weight has the shape {shape}, "
                f"weights take {nbytes:,} bytes. The limit is {self.array_bytes:,} "
                "(Budget.array_bytes). If you trust it, allow more: "
                "budget=oneiros.saving.Budget(array_bytes=1 << 30)."
            )

    def count_call(self, owner: str) -> None:
        """Counts a call, and looks at the clock."""
        self.check_time()
        super().count_call(owner)

    def check_time(self) -> None:
        """Raises UnsafeFileError if the time is over."""
        if self.clock.seconds() > self.seconds:
            raise self._refused("reading and building take", "seconds=60")

    def check_computation(self, what: str, seconds: float, nbytes: int) -> None:
        """Raises UnsafeFileError if a computation and those before it would take more
        time than is allowed, or it alone too much memory."""
        self.clock.estimated += seconds
        if self.clock.estimated > self.seconds:
            raise self._refused(
                f"{what} takes about {seconds:.1f} s; initial values that are computed "
                "take",
                "seconds=600",
            )
        if nbytes > self.excess_bytes:
            raise UnsafeFileError(
                f"{self.source}: {what} would take {nbytes:,} bytes besides its "
                f"result. The limit is {self.excess_bytes:,} (Budget.excess_bytes). If "
                "you trust it, allow more: "
                "budget=oneiros.saving.Budget(excess_bytes=1 << 30)."
            )

    def _refused(self, problem: str, limit: str) -> UnsafeFileError:
        return UnsafeFileError(
            f"{self.source}: {problem} more than {self.seconds:.1f} s of the "
            "processor's time (Budget.seconds, and one for each "
            f"{BYTES_PER_SECOND // 1_000_000} MB of a file). If you trust it, allow "
            f"more: budget=oneiros.saving.Budget({limit})."
        )


def limits_for(
    budget: Budget | None, source: object, stored: int | None = None
) -> TimedLimits:
    """Returns the limits for building what a file or a text describes. Inside other
    timed limits, the clock is running already.

    # Arguments
        budget: the caller's limits; None for the default ones.
        source: the file or text, for messages.
        stored: int, number of scalars in the weights that a file holds, which limits
            them unless the caller chose a limit with `parameter_budget`; None for a
            text.
    """
    around = load_context.current().limits or BuildLimits()
    given = checked(budget)
    parameters = around.parameters
    seconds = given.seconds
    if stored is not None:
        if parameters == MAX_PARAMETERS:
            parameters = stored + SPARE_PARAMETERS
        seconds += _bytes_of(source) / BYTES_PER_SECOND
    return TimedLimits(
        clock=around.clock if isinstance(around, TimedLimits) else Clock(),
        parameters=parameters,
        calls=around.calls,
        array_bytes=given.array_bytes if stored is None else None,
        seconds=seconds,
        excess_bytes=given.excess_bytes,
        source=source,
    )


def _bytes_of(source: object) -> int:
    """Returns the length of a file, 0 if there is none."""
    with suppress(OSError):
        return Path(str(source)).stat().st_size
    return 0


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
    """Checks a computation of initial values before it is done, inside timed limits.

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
