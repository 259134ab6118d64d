"""Counts the cost of reading a file, and stops when the caller's budget is spent."""

from dataclasses import dataclass, field
from pathlib import Path

from oneiros.errors import UnsafeFileError

from oneiros_safe_files import clock
from oneiros_safe_files.budget import Budget, checked

_STEPS_WITHOUT_SIZE = 10_000
_READINGS = 4
"""How often a file's bytes may be read. Genuine ones are read once."""
_COPIES = 2
"""Number of copies of a block in memory during decoding: before and after a filter."""
_LARGER = "If you trust this file, pass a larger `budget=oneiros.saving.Budget(...)`."
_DAMAGED = "No whole file needs more: restore it from a copy, or save the model again."


@dataclass
class Quota:
    """The cost of reading a file so far, and its limits.

    # Arguments
        path: the file, for messages.
        budget: the limits for reading it.
        size: int, the file's length in bytes.
        opened: the requested paths in the file.
        where: str, the place that is being read, for messages.
    """

    path: Path
    budget: Budget
    size: int
    opened: set[str] = field(default_factory=set)
    where: str = "/"
    _steps: int = 0
    _steps_at_check: int = 0
    _array_bytes: int = 0
    _text_bytes: int = 0
    _read_bytes: int = 0

    def __post_init__(self) -> None:
        checked(self.budget)

    def spend_array(self, where: str, nbytes: int) -> None:
        """Counts an array of `nbytes` before its memory is allocated."""
        self._array_bytes += nbytes
        limits: dict[float, str] = {
            self.size + self.budget.excess_bytes: (
                f"the file's own {self.size} bytes plus Budget.excess_bytes"
            ),
            self.budget.array_bytes: "Budget.array_bytes",
        }
        self._check("arrays", self._array_bytes, limits, where)

    def check_block(self, where: str, nbytes: int) -> None:
        """Refuses a compressed block of `nbytes`, of which two copies are in memory
        besides all arrays."""
        limit = max(self.size, self.budget.excess_bytes // _COPIES)
        name = f"half of Budget.excess_bytes, or the file's {self.size:,}"
        self._check("the bytes of a block", nbytes, {limit: name}, where)

    def spend_text(self, where: str, nbytes: int) -> None:
        """Counts an attribute of `nbytes` before its memory is allocated."""
        self._text_bytes += nbytes
        limits: dict[float, str] = {self.budget.text_bytes: "Budget.text_bytes"}
        self._check("text", self._text_bytes, limits, where)

    def spend_steps(self, count: int = 1) -> None:
        """Counts messages, names, groups, blocks and other parts of structures, of
        which each takes a few bytes of the file. Looks at the clock now and then."""
        self._steps += count
        limits: dict[float, str] = {
            self.size + _STEPS_WITHOUT_SIZE: "for the file's size",
            self.budget.steps: "Budget.steps",
        }
        self._check("steps", self._steps, limits, self.where)
        if self._steps >= self._steps_at_check + clock.STEPS:
            self._steps_at_check = self._steps
            clock.check_time()

    def spend_read(self, where: str, nbytes: int) -> None:
        """Counts a structure or a stored block of `nbytes` before it is read."""
        self.spend_steps()
        self._read_bytes += nbytes
        limits: dict[float, str] = {
            _READINGS * self.size: f"{_READINGS} times the file's size"
        }
        self._check("bytes read", self._read_bytes, limits, where)

    def refuse(self, where: str, reason: str, instead: str) -> UnsafeFileError:
        """Returns the error that names the file, the place and the reason, and says
        what to do instead."""
        return UnsafeFileError(
            f"{self.path}, at '{where:.300}': {reason}. Nothing was read or built. "
            f"{instead}"
        )

    def _check(
        self, resource: str, total: int, limits: dict[float, str], where: str
    ) -> None:
        limit = min(limits)
        if total <= limit:
            return
        name = limits[limit]
        raise self.refuse(
            where,
            f"{total:,} for {resource} in all is over the limit of {limit:,} ({name})",
            _LARGER if "Budget." in name else _DAMAGED,
        )
