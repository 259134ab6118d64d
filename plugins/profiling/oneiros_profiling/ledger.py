"""The ledger: an observer whose time is always booked on exactly one part."""

from __future__ import annotations

import threading
import time
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from oneiros.engine.observer import (
    BUILD,
    CALL,
    CALLBACKS,
    DATA,
    LOGS,
    REST,
    UPLOAD,
    Observer,
)
from oneiros.engine.stream import Run

COMPILE = "compiling"
VALIDATION = "validation"
PARTS = (BUILD, UPLOAD, COMPILE, DATA, CALL, LOGS, CALLBACKS, VALIDATION, REST)
Part = tuple[str, str]
"""One of `PARTS`, and a part of that: a callback's class, or a part of a validation;
`""` for none."""

_compiled: weakref.WeakKeyDictionary[Any, set[Any]] = weakref.WeakKeyDictionary()
"""The shapes that profiled calls of each function had: it is compiled for them."""


@dataclass
class FunctionCall:
    """A call of a compiled function: a step, or a run of steps.

    # Properties
        kind: the shapes that it was for; calls of one kind take the same time per step.
        is_first: whether the function wasn't called with these shapes before.
    """

    epoch: int | None
    part: Part
    kind: Any
    steps: int
    seconds: float
    is_first: bool


class Ledger(Observer):
    """Seconds by epoch and part; each moment belongs to one part.

    # Arguments
        clock: function that returns seconds.
        show: function that is called at the end, unless an error was that.

    # Properties
        seconds: dict from `(epoch, part)` to seconds; epoch None is before and after
            all epochs.
        steps, samples: dicts from epoch to what was trained on.
        calls: list of `FunctionCall`.
        meanwhile: dict from part to seconds that another thread spent on it, at the
            same time.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        show: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock
        self.show = show
        self.seconds: defaultdict[tuple[int | None, Part], float] = defaultdict(float)
        self.steps = Counter[int | None]()
        self.samples = Counter[int | None]()
        self.calls: list[FunctionCall] = []
        self.meanwhile: defaultdict[str, float] = defaultdict(float)
        self.epoch: int | None = None
        self.part: Part = (REST, "")
        self._validates = False
        self._thread = 0
        self._since = 0.0
        self._reading = threading.local()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Starts the clock, on the thread whose time is booked."""
        self._thread = threading.get_ident()
        self._since = self.clock()

    def enter(self, phase: str, detail: str = "") -> None:
        """Books the time since the last switch, and goes on with another part."""
        if threading.get_ident() != self._thread:
            self._enter_meanwhile(phase)
        elif self._validates:
            self._switch((VALIDATION, LOGS if phase == REST else phase))
        else:
            self._switch((phase, detail))

    def _switch(self, part: Part) -> float:
        """Books the time since the last switch, which is returned."""
        now = self.clock()
        seconds_passed = now - self._since
        self._since = now
        self.seconds[self.epoch, self.part] += seconds_passed
        self.part = part
        return seconds_passed

    def _enter_meanwhile(self, phase: str) -> None:
        """Books time of a reading thread."""
        now = self.clock()
        before, since = getattr(self._reading, "phase", (REST, now))
        if before != REST:
            with self._lock:
                self.meanwhile[before] += now - since
        self._reading.phase = (phase, now)

    def enter_epoch(self, epoch: int | None) -> None:
        """Books what comes next on another epoch."""
        self._switch(self.part)
        self.epoch = epoch

    def enter_validation(self) -> None:
        """Books what comes next on parts of the validation."""
        self._validates = True

    def leave_validation(self) -> None:
        """Books what comes next on parts of the training."""
        self._validates = False
        self._switch((REST, ""))

    def computed(self, function: Any, run: Run, arrays: Any = None) -> None:
        """Books a call, and counts what was trained on."""
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
            FunctionCall(self.epoch, part, kind, run.batches, seconds, is_first)
        )
        if not self._validates:
            self.steps[self.epoch] += run.batches
            self.samples[self.epoch] += run.batches * run.batch_size

    def finish(self, failed: bool) -> None:
        """Closes the books."""
        self._settle()
        if not failed:
            self.show()

    def _settle(self) -> None:
        """Books what is left, and what the first calls spent on compiling.

        A call for new shapes compiles and runs. What it took beyond the usual time of
        its steps is compiling, or all of it, if there was no other call to tell the
        usual time.
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
            self.seconds[call.epoch, call.part] -= excess
            self.seconds[call.epoch, (COMPILE, "")] += excess
