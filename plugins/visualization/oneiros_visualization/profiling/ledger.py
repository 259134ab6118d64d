"""The ledger: an observer that assigns all time to exactly one part."""

import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from oneiros.engine.streams import (
    BUILD,
    CALL,
    CALLBACKS,
    DATA,
    LOGS,
    REST,
    UPLOAD,
    Observer,
    Run,
)

COMPILE = "compiling"
VALIDATION = "validation"
PARTS = (BUILD, UPLOAD, COMPILE, DATA, CALL, LOGS, CALLBACKS, VALIDATION, REST)
Part = tuple[str, str]
"""One of `PARTS`, and its detail: a callback's class, a part of the validation, or
`""`."""

_compiled: weakref.WeakKeyDictionary[Any, set[Any]] = weakref.WeakKeyDictionary()
"""The shapes of each function's profiled calls, for which it is compiled."""


@dataclass
class FunctionCall:
    """A call of a compiled function: a step, or a run of steps.

    # Properties
        kind: its shapes; calls of the same kind take the same time per step.
        is_first: whether this is the function's first call with these shapes.
    """

    in_epoch: bool
    part: Part
    kind: Any
    steps: int
    seconds: float
    is_first: bool


class Ledger(Observer):
    """Seconds by part; every moment belongs to one part.

    # Arguments
        clock: function that returns seconds.
        show: function to call at the end, unless an error ended the run.

    # Properties
        seconds: dict from a pair, whether within an epoch and the part, to seconds.
        epochs: list of the epochs' numbers.
        steps, samples: int, the numbers of trained steps and samples.
        calls: list of `FunctionCall`.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        show: Callable[[], None] = lambda: None,
    ):
        self.clock = clock
        self.show = show
        self.seconds: defaultdict[tuple[bool, Part], float] = defaultdict(float)
        self.epochs: list[int] = []
        self.steps = 0
        self.samples = 0
        self.calls: list[FunctionCall] = []
        self.in_epoch = False
        self.part: Part = (REST, "")
        self._validates = False
        self._thread = 0
        self._since = 0.0

    def begin(self) -> None:
        """Starts the clock on the measured thread."""
        self._thread = threading.get_ident()
        self._since = self.clock()

    def enter(self, phase: str, detail: str = "") -> None:
        """Books the time since the last switch, and switches to another part. What a
        thread does that reads ahead isn't booked."""
        if threading.get_ident() != self._thread:
            return
        if self._validates:
            self._switch((VALIDATION, LOGS if phase == REST else phase))
        else:
            self._switch((phase, detail))

    def _switch(self, part: Part) -> float:
        """Books and returns the time since the last switch."""
        now = self.clock()
        seconds_passed = now - self._since
        self._since = now
        self.seconds[self.in_epoch, self.part] += seconds_passed
        self.part = part
        return seconds_passed

    def enter_epoch(self, epoch: int | None) -> None:
        """Switches to another epoch."""
        self._switch(self.part)
        self.in_epoch = epoch is not None
        if epoch is not None:
            self.epochs.append(epoch)

    def enter_validation(self) -> None:
        """Switches to parts of the validation."""
        self._validates = True

    def leave_validation(self) -> None:
        """Switches to parts of the training."""
        self._validates = False
        self._switch((REST, ""))

    def computed(self, function, run: Run, arrays=None) -> None:
        """Books a call, and counts steps and samples."""
        kind: Any = ("loop", run.batch_size)
        if arrays is not None:
            kind = ("step", tuple(getattr(array, "shape", ()) for array in arrays))
        known_shapes = _compiled.setdefault(function, set())
        shapes = kind, run.batches
        part = self.part
        seconds = self._switch(part)
        is_first = shapes not in known_shapes
        known_shapes.add(shapes)
        self.calls.append(
            FunctionCall(self.in_epoch, part, kind, run.batches, seconds, is_first)
        )
        if not self._validates:
            self.steps += run.batches
            self.samples += run.batches * run.batch_size

    def finish(self, failed: bool) -> None:
        """Ends the measurement."""
        self._settle()
        if not failed:
            self.show()

    def _settle(self) -> None:
        """Books the remaining time, and the time that the first calls spent on
        compiling.

        A call with new shapes compiles and runs. The time beyond the usual time of its
        steps counts as compiling. If no other call shows the usual time, all of it
        does.
        """
        self._switch((REST, ""))
        seconds_by_step = defaultdict(list)
        for call in self.calls:
            if not call.is_first:
                seconds_by_step[call.kind].append(call.seconds / call.steps)
        for call in self.calls:
            if not call.is_first:
                continue
            expected = 0.0
            if seconds_by_step[call.kind]:
                expected = call.steps * median(seconds_by_step[call.kind])
            excess = max(0.0, call.seconds - expected)
            self.seconds[call.in_epoch, call.part] -= excess
            self.seconds[call.in_epoch, (COMPILE, "")] += excess
