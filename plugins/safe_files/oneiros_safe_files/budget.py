"""Limits for reading a file, and for building the model that it describes: `Budget`,
what the caller allows; the clock; and `Quota`, what is left for one file."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import load_context
from oneiros.arguments import refusal
from oneiros.errors import ArgumentError, UnsafeFileError
from oneiros.load_context import MAX_PARAMETERS, BuildLimits

STEPS = 64
"""How many steps a reader takes between two looks at the clock."""
_STEPS_WITHOUT_SIZE = 10_000
_READINGS = 4
"""How often a file's bytes may be read. Genuine ones are read once."""
_COPIES = 2
"""Number of copies of a block in memory during decoding: before and after a filter."""
_LARGER = "If you trust this file, pass a larger `budget=oneiros.saving.Budget(...)`."
_DAMAGED = "No whole file needs more: restore it from a copy, or save the model again."


@dataclass(frozen=True)
class Budget:
    """The limits for reading a file, for all its parts together.

    To raise them, pass `load_model(path, budget=Budget(...))`.

    # Properties
        array_bytes: int, memory for arrays, and for the weights of a model that a text
            describes; without limit by default.
        excess_bytes: int, by how many bytes the arrays may be larger than the file, as
            compressed arrays are.
        text_bytes: int, bytes of names, configurations and other attributes; each byte
            may take twelve in memory.
        steps: int, number of groups, arrays, stored blocks, names and other parts of
            structures. A step takes about four microseconds; a model of 500 Dense
            layers with Adam's state needs 50,000.
        layers: int, number of layers in a configuration, and of names in the arguments
            of `compile`. A layer counts as often as it is called.
        seconds: float, the processor's time for reading, building and compiling a
            model, once its engine runs; without limit by default. The clock is looked
            at every 64 steps of reading, and at each layer, weight and call.

    # Raises
        ArgumentError: if one of them isn't a number of at least 0.
    """

    array_bytes: float = math.inf
    excess_bytes: int = 64 << 20
    text_bytes: int = 7_500_000
    steps: int = 500_000
    layers: int = 2_000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            is_number = isinstance(value, (int, float, np.integer, np.floating))
            if not is_number or isinstance(value, bool) or not value >= 0:
                expected = "a number of at least 0, such as 1000"
                raise refusal("Budget", field.name, value, expected)
            if isinstance(value, np.generic):  # whose sums could overflow
                object.__setattr__(self, field.name, value.item())


UNTRUSTED = Budget(seconds=10.0)
"""The limits for a stranger's file."""
DATA = Budget(excess_bytes=1 << 30)
"""The limits for data, which is often compressed: the file's size plus 1 GiB."""


def checked(budget) -> Budget:
    """Returns a budget, the default one for None.

    # Raises
        ArgumentError: if it is anything else.
    """
    if budget is None:
        return Budget()
    if isinstance(budget, Budget):
        return budget
    raise ArgumentError(
        f"budget must be a Budget; received {budget!r:.80}. Type: "
        "budget=oneiros.saving.Budget(array_bytes=...)."
    )


def parameter_budget(
    limit: int = MAX_PARAMETERS, calls: int = 0
) -> AbstractContextManager[Any]:
    """Returns a context manager that limits how much may be built in all layers
    together.

    # Arguments
        limit: int, number of scalars in weights; loading passes the number in the file.
        calls: int, number of calls in nested models and of unrolled steps; 0 keeps the
            current limit.
    """
    limits_around = load_context.current().limits or BuildLimits()
    limits = BuildLimits(limit, calls or limits_around.calls)
    return load_context.changed(limits=limits)


# The clock


@contextmanager
def running(seconds: float, source: object) -> Iterator[None]:
    """Context manager in which the processor's time of this thread is limited.

    # Arguments
        seconds: float; infinity for no limit. Inside another limit, both hold.
        source: the file or text, for the message.
    """
    if seconds == math.inf:
        yield
        return
    end = time.thread_time() + seconds

    def check() -> None:
        if time.thread_time() > end:
            raise UnsafeFileError(
                f"{source}: reading and building take more than {seconds:g} s of the "
                "processor's time (Budget.seconds). If you trust it, allow more: "
                "budget=oneiros.saving.Budget(seconds=60)."
            )

    with checking(check):
        yield


@contextmanager
def checking(check: Callable[[], object]) -> Iterator[None]:
    """Context manager in which `check_time` calls this function, too."""
    check_around = load_context.current().check_time

    def check_both() -> None:
        check_around()
        check()

    with load_context.changed(check_time=check_both):
        yield


def check_time() -> None:
    """Raises UnsafeFileError if the time of the load around is over."""
    load_context.current().check_time()


# What is left for a file


@dataclass
class Quota:
    """The cost of reading a file so far, and its limits.

    # Arguments
        path: the file, for messages.
        budget: the limits for reading it.
        size: int, the file's length in bytes.
        where: str, the place that is being read, for messages.
    """

    path: Path
    budget: Budget
    size: int
    where: str = "/"
    _steps: int = 0
    _steps_at_check: int = 0
    _array_bytes: int = 0
    _text_bytes: int = 0
    _read_bytes: int = 0

    def __post_init__(self) -> None:
        checked(self.budget)

    def spend_array(self, nbytes: int) -> None:
        """Counts an array of `nbytes` before its memory is allocated."""
        self._array_bytes += nbytes
        total = self._array_bytes
        self._check("arrays", total, self.budget.array_bytes, "Budget.array_bytes")
        name = f"the file's own {self.size} bytes plus Budget.excess_bytes"
        limit = self.size + self.budget.excess_bytes
        self._check("arrays", total, limit, name)

    def check_block(self, nbytes: int) -> None:
        """Refuses a compressed block of `nbytes`, of which two copies are in memory
        besides all arrays."""
        limit = max(self.size, self.budget.excess_bytes // _COPIES)
        name = f"half of Budget.excess_bytes, or the file's {self.size:,}"
        self._check("the bytes of a block", nbytes, limit, name)

    def spend_text(self, nbytes: int) -> None:
        """Counts an attribute of `nbytes` before its memory is allocated."""
        self._text_bytes += nbytes
        limit = self.budget.text_bytes
        self._check("text", self._text_bytes, limit, "Budget.text_bytes")

    def spend_steps(self, count: int = 1) -> None:
        """Counts messages, names, groups, blocks and other parts of structures, of
        which each takes a few bytes of the file. Looks at the clock now and then."""
        self._steps += count
        steps = self._steps
        self._check("steps", steps, self.budget.steps, "Budget.steps")
        limit = self.size + _STEPS_WITHOUT_SIZE
        self._check("steps", steps, limit, "for the file's size")
        if steps >= self._steps_at_check + STEPS:
            self._steps_at_check = steps
            check_time()

    def spend_read(self, nbytes: int) -> None:
        """Counts a structure or a stored block of `nbytes` before it is read."""
        self.spend_steps()
        self._read_bytes += nbytes
        limit = _READINGS * self.size
        name = f"{_READINGS} times the file's size"
        self._check("bytes read", self._read_bytes, limit, name)

    def refuse(self, reason: str, instead: str) -> UnsafeFileError:
        """Returns the error that names the file, the place and the reason, and says
        what to do instead."""
        return UnsafeFileError(
            f"{self.path}, at '{self.where:.300}': {reason}. Nothing was read or "
            f"built. {instead}"
        )

    def _check(self, resource: str, total: int, limit: float, name: str) -> None:
        if total > limit:
            raise self.refuse(
                f"{total:,} for {resource} in all is over the limit of {limit:,} "
                f"({name})",
                _LARGER if "Budget." in name else _DAMAGED,
            )
