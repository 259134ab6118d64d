"""The mechanism: one clock whose time is always booked on exactly one part, and what
switches the parts."""

from __future__ import annotations

import threading
import time
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from oneiros.engine.callbacks import METHODS, CallbackList
from oneiros.engine.loop import call

BUILD, UPLOAD, COMPILE, DATA, CALL = (
    "building",
    "upload",
    "compiling",
    "data",
    "compiled call",
)
LOGS, CALLBACKS, VALIDATION, REST = "logs", "callbacks", "validation", "rest"
PARTS = (BUILD, UPLOAD, COMPILE, DATA, CALL, LOGS, CALLBACKS, VALIDATION, REST)
Part = tuple[str, str]
"""One of `PARTS`, and a part of that: a callback's class, or a part of a validation;
`""` for none."""

_compiled: weakref.WeakKeyDictionary[Any, set[Any]] = weakref.WeakKeyDictionary()
"""The shapes that profiled calls of each function had: it is compiled for them."""


@dataclass
class Call:
    """A call of a compiled function: a step, or a run of steps."""

    epoch: int | None
    part: Part
    kind: Any
    steps: int
    seconds: float
    first: bool


class Ledger:
    """Seconds by epoch and part. Each moment between `begin` and `end` belongs to one
    part.

    # Arguments
        clock: function that returns seconds.

    # Properties
        seconds: dict from `(epoch, part)` to seconds; epoch None is before and after
            all epochs.
        steps, samples: dicts from epoch to what was trained on.
        calls: list of `Call`.
        meanwhile: dict from part to seconds that another thread spent on it, at the
            same time.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.seconds: defaultdict[tuple[int | None, Part], float] = defaultdict(float)
        self.steps, self.samples = Counter[int | None](), Counter[int | None]()
        self.calls: list[Call] = []
        self.meanwhile: defaultdict[str, float] = defaultdict(float)
        self.epoch: int | None = None
        self.part: Part = (REST, "")
        self.thread, self.since = 0, 0.0

    def begin(self, part: Part) -> None:
        """Starts the clock, on the thread whose time is booked."""
        self.thread, self.part, self.since = threading.get_ident(), part, self.clock()

    def to(self, part: Part) -> float:
        """Books the time since the last switch, and goes on with another part; returns
        that time."""
        now = self.clock()
        spent, self.since = now - self.since, now
        self.seconds[self.epoch, self.part] += spent
        self.part = part
        return spent

    def enter_epoch(self, epoch: int | None) -> None:
        """Books the time since the last switch, and what comes next on another
        epoch."""
        self.to(self.part)
        self.epoch = epoch

    def elsewhere(self) -> bool:
        """Tells whether this is another thread than the one whose time is booked."""
        return threading.get_ident() != self.thread

    def add_meanwhile(self, part: str, seconds: float) -> None:
        """Books time of another thread, whose uploads are parts of its reading."""
        with self.lock:
            self.meanwhile[part] += seconds
            if part == UPLOAD:
                self.meanwhile[DATA] -= seconds

    def end(self) -> None:
        """Books what is left, and moves what the first calls spent on compiling to that
        part.

        A call for new shapes compiles and runs. What it took beyond the usual time of
        its steps is compiling, or all of it, if there was no other call to tell the
        usual time.
        """
        self.to((REST, ""))
        usual = defaultdict(list)
        for one in self.calls:
            if not one.first:
                usual[one.kind].append(one.seconds / one.steps)
        for one in self.calls:
            if one.first:
                expected = (
                    one.steps * median(usual[one.kind]) if usual[one.kind] else 0.0
                )
                excess = max(0.0, one.seconds - expected)
                self.seconds[one.epoch, one.part] -= excess
                self.seconds[one.epoch, (COMPILE, "")] += excess


class TimedFunction:
    """A compiled function in the hands of a stream; what it does is booked."""

    def __init__(self, function: Any, ledger: Ledger, parts: dict[str, Part]) -> None:
        self._function, self._ledger, self._parts = function, ledger, parts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    def __call__(self, arrays: list[Any]) -> Any:
        """Runs one step."""
        shapes = tuple(getattr(array, "shape", ()) for array in arrays)
        return self._call(self._function, ("step", shapes), 1, arrays)

    def loop(self, handle: Any, index: Any, phase: int | None = None) -> Any:
        """Runs many steps."""
        steps, batch = index.shape
        return self._call(
            self._function.loop, ("loop", batch), steps, handle, index, phase=phase
        )

    def upload(self, arrays: Any) -> Any:
        """Copies arrays to the device."""
        with reading(self._ledger, self._parts, UPLOAD):
            return self._function.upload(arrays)

    def borrow(self, arrays: Any) -> Any:
        """Leaves arrays where they are, checked."""
        with reading(self._ledger, self._parts, UPLOAD):
            return self._function.borrow(arrays)

    def _call(
        self, function: Any, kind: Any, steps: int, *given: Any, **named: Any
    ) -> Any:
        ledger, part = self._ledger, self._parts[CALL]
        seen = _compiled.setdefault(self._function, set())
        ledger.to(part)
        found = function(*given, **named)
        seconds = ledger.to(self._parts[LOGS])
        ledger.calls.append(
            Call(ledger.epoch, part, kind, steps, seconds, (kind, steps) not in seen)
        )
        seen.add((kind, steps))
        return found


class TimedModel:
    """A model in the hands of a stream, which asks it for calls and for other
    streams."""

    def __init__(self, model: Any, ledger: Ledger, validates: bool = False) -> None:
        self._model, self._ledger, self._validates = model, ledger, validates
        self._make_stream, self._parts = model._stream, _parts(validates)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def _call(self, use: str, arrays: list[Any]) -> list[Any]:
        function, phase = self._model._function_for(use)
        return call(TimedFunction(function, self._ledger, self._parts), arrays, phase)

    def _stream(self, use: str, *arguments: Any, **named: Any) -> TimedStream:
        before = self._ledger.part
        self._ledger.to((BUILD, ""))
        self._model._function_for(use)
        self._ledger.to(self._parts[UPLOAD])
        stream = TimedStream(
            self._make_stream(use, *arguments, **named), self._ledger, self._validates
        )
        self._ledger.to(before)
        return stream


class TimedStream:
    """A stream in the hands of a loop: reading, uploads and calls are booked, steps and
    samples counted."""

    def __init__(self, stream: Any, ledger: Ledger, validates: bool = False) -> None:
        self._stream, self._ledger, self._validates, self._restoring = (
            stream,
            ledger,
            validates,
            ExitStack(),
        )
        self._parts = _parts(validates)
        self._between = self._parts[LOGS] if validates else (REST, "")
        if hasattr(stream, "function"):
            self._replace(
                stream, "function", TimedFunction(stream.function, ledger, self._parts)
            )
            self._replace(stream, "_read", self._reading(stream._read))
        elif hasattr(stream, "model"):
            self._replace(stream, "model", TimedModel(stream.model, ledger, validates))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def runs(self, order: Any, ticks: Any = (), start: int = 0) -> Iterator[Any]:
        """Yields the stream's runs."""
        self._ledger.to(self._parts[DATA])
        for run in self._stream.runs(order, ticks, start):
            self._ledger.to(self._between)
            yield run
            self._ledger.to(self._parts[DATA])
        self._ledger.to(self._between)

    def __call__(self, run: Any) -> Any:
        """Computes a run."""
        ledger = self._ledger
        ledger.to(self._parts[DATA])
        found = self._stream(run)
        ledger.to(self._parts[LOGS])
        if not self._validates:
            ledger.steps[ledger.epoch] += len(run)
            ledger.samples[ledger.epoch] += len(run) * run.shape[1]
        return found

    def restore(self) -> None:
        """Gives the stream back what it had."""
        self._restoring.close()

    def close(self) -> None:
        """Closes the stream."""
        self.restore()
        self._stream.close()

    def _replace(self, thing: Any, name: str, value: Any) -> None:
        self._restoring.enter_context(replaced(thing, name, value))

    def _reading(self, read: Any) -> Any:
        def timed(run: Any) -> Any:
            with reading(self._ledger, self._parts, DATA):
                return read(run)

        return timed


class TimedCallbacks(CallbackList):
    """Callbacks, each booked under the name of its class.

    # Arguments
        heard: the CallbackList of a fit.
        silent: callback that is told nothing.
    """

    def __init__(self, heard: CallbackList, ledger: Ledger, silent: Any) -> None:
        super().__init__()
        self.callbacks = [
            callback for callback in heard.callbacks if callback is not silent
        ]
        self._ledger = ledger

    def tell(self, method: str, arguments: Any, named: Any) -> None:
        """Passes a call on."""
        if method == "on_epoch_begin":
            self._ledger.enter_epoch(arguments[0])
        for callback in self.callbacks:
            self._ledger.to((CALLBACKS, type(callback).__name__))
            getattr(callback, method)(*arguments, **named)
        self._ledger.to((REST, ""))
        if method == "on_epoch_end":
            self._ledger.enter_epoch(None)


def _telling(method: str) -> Any:
    def tell(self: TimedCallbacks, *arguments: Any, **named: Any) -> None:
        self.tell(method, arguments, named)

    return tell


for _name in METHODS:
    setattr(TimedCallbacks, _name, _telling(_name))


def _parts(validates: bool) -> dict[str, Part]:
    names = (UPLOAD, DATA, CALL, LOGS)
    return {name: (VALIDATION, name) if validates else (name, "") for name in names}


@contextmanager
def reading(ledger: Ledger, parts: dict[str, Part], name: str) -> Iterator[None]:
    """Books the block on a part and goes back to the one before; in another thread it
    is booked apart."""
    if ledger.elsewhere():
        begun = ledger.clock()
        try:
            yield
        finally:
            ledger.add_meanwhile(name, ledger.clock() - begun)
    else:
        before = ledger.part
        ledger.to(parts[name])
        yield
        ledger.to(before)


@contextmanager
def replaced(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Replaces an attribute of one object, until the block ends."""
    held, missing = vars(thing).get(name), name not in vars(thing)
    setattr(thing, name, value)
    try:
        yield
    finally:
        if missing:
            delattr(thing, name)
        else:
            setattr(thing, name, held)
