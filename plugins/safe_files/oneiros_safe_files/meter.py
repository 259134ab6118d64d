"""Counts the cost of reading a file, and stops when the caller's budget is spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from oneiros.errors import UnsafeFileError

from oneiros_safe_files import clock
from oneiros_safe_files.budget import Budget, checked

_STEPS_WITHOUT_SIZE = 10_000
_TOKENS_PER_STEP = 3
"""How many parts of a JSON text take as long as a step."""
_READINGS = 4
"""How often a file's bytes may be read as structures. Genuine ones are read once."""
_COPIES = 2
"""Number of copies of a block in memory during decoding: before and after a filter."""
_TEXTS = 2
"""How many times `Budget.text_bytes` structures may have, in a file of any size."""
_LARGER = "If you trust this file, pass a larger `budget=oneiros.saving.Budget(...)`."
_DAMAGED = "No whole file needs more: restore it from a copy, or save the model again."


@dataclass
class Meter:
    """The remaining budget while a file is read.

    # Arguments
        path: the file, for messages.
        budget: the limits for reading it.
        size: int, the file's length in bytes.
        opened: the requested paths in the file.
        where: str, the place that is being read, for messages.
        steps_in_texts: int, the steps so far for the parts of JSON texts.
    """

    path: Path
    budget: Budget
    size: int
    spent: dict[str, int] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    where: str = "/"
    steps_in_texts: int = 0
    _steps: int = 0
    _looked_at: int = 0
    """The number of steps at the last look at the clock."""

    def __post_init__(self) -> None:
        checked(self.budget)

    def spend_array(self, where: str, nbytes: int) -> None:
        """Counts an array of `nbytes` before its memory is allocated."""
        longer = self.size + self.budget.excess_bytes
        if longer < self.budget.array_bytes:
            kind = f"the file's own {self.size} bytes plus Budget.excess_bytes"
            self._spend("arrays", kind, longer, where, nbytes)
        else:
            most = int(self.budget.array_bytes)
            self._spend("arrays", "Budget.array_bytes", most, where, nbytes)

    def check_block(self, where: str, nbytes: int) -> None:
        """Refuses a compressed block of `nbytes`, of which two copies are in memory
        besides all arrays."""
        limit = max(self.size, self.budget.excess_bytes // _COPIES)
        if nbytes > limit:
            kind = f"half of Budget.excess_bytes, or the file's {self.size:,}"
            raise self._over_limit(
                "the bytes of a block", nbytes, f"{limit:,} ({kind})", where
            )

    def spend_text(self, where: str, nbytes: int) -> None:
        """Counts an attribute of `nbytes` before its memory is allocated."""
        self._spend("text", "Budget.text_bytes", self.budget.text_bytes, where, nbytes)

    def spend_objects(self, where: str, count: int = 1) -> None:
        """Counts `count` groups, arrays or stored blocks."""
        self._spend("objects", "Budget.objects", self.budget.objects, where, count)

    def spend_step(self) -> None:
        """Counts a message, a name or another part of a structure, of which each takes
        a few bytes of the file."""
        self.spend_steps(1)

    def spend_steps(self, count: int) -> None:
        """Counts several of these."""
        self._steps += count
        self._check_steps()

    def spend_tokens(self, count: int) -> None:
        """Counts the strings, brackets and commas of a JSON text, as steps that the
        file's size doesn't limit: it may be compressed."""
        self.steps_in_texts += count // _TOKENS_PER_STEP
        self._check_steps()

    def _check_steps(self) -> None:
        total = self._steps + self.steps_in_texts
        if total >= self._looked_at + clock.STEPS:
            self._looked_at = total
            clock.check_time()
        for_size = self.size + _STEPS_WITHOUT_SIZE + self.steps_in_texts
        limits = {for_size: "for the file's size", self.budget.steps: "Budget.steps"}
        allowed = min(limits)
        if total > allowed:
            limit = f"{allowed:,} ({limits[allowed]})"
            raise self._over_limit("steps in all", total, limit, self.where)

    def spend_operation(self, where: str) -> None:
        """Counts an operation of a pickle."""
        self._spend("operations", "Budget.steps", self.budget.steps, where, 1)

    def spend_structure(self, nbytes: int) -> None:
        """Counts a structure of `nbytes` before it is read."""
        self.spend_step()
        limits = {
            _READINGS * self.size: f"{_READINGS} times the file's size",
            _TEXTS * self.budget.text_bytes: f"{_TEXTS} times Budget.text_bytes",
        }
        limit = min(limits)
        self._spend("structures", limits[limit], limit, self.where, nbytes)

    def spend_stored(self, where: str, nbytes: int) -> None:
        """Counts a stored block of `nbytes` before it is read: blocks don't share
        bytes."""
        self._spend("blocks", "the file's size", self.size, where, nbytes)

    def refuse(self, where: str, reason: str, instead: str) -> UnsafeFileError:
        """Returns the error that names the file, the place and the reason, and says
        what to do instead."""
        return UnsafeFileError(
            f"{self.path}, at '{where:.300}': {reason}. Nothing was read or built. "
            f"{instead}"
        )

    def _spend(
        self, resource: str, limit_name: str, limit: int, where: str, amount: int
    ) -> None:
        total = self.spent.get(resource, 0) + amount
        if amount < 0 or total > limit:
            raise self._over_limit(
                f"{resource} in all", total, f"{limit:,} ({limit_name})", where
            )
        self.spent[resource] = total

    def _over_limit(
        self, resource: str, total: int, limit: str, where: str
    ) -> UnsafeFileError:
        can_be_raised = "Budget." in limit
        return self.refuse(
            where,
            f"{total:,} for {resource} is over the limit of {limit}",
            _LARGER if can_be_raised else _DAMAGED,
        )
