"""Simulates a pickle's stack before the pickle is loaded, to find the cost of hashing
each value.

To hash a tuple, Python hashes all tuples inside it, every time. A short pickle can nest
or share tuples so often that this never ends. Tuples and long integers can also be
chosen to have equal hashes; a dict compares those one by one. Texts can't, since Python
hashes them differently in each process.
"""

from __future__ import annotations

import pickletools
from typing import Any

PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_NESTING = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"})
_IN_PLACE = frozenset({"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"})
"""Operations that keep their first operand on the stack."""
_LEAST_ALLOWED = 1 << 20
"""Maximum cost of values in a short pickle: tuples nested 20 deep."""
_ALLOWED_PER_BYTE = 8
MAX_ODD_KEYS = 1000
"""Maximum number of tuples and long integers among keys and members of sets, in all."""
MAX_BITS = 67
"""The length of an integer that isn't long: 64 bits, or 20 digits. Few share a hash."""


class PickleStack:
    """The stack of a pickle, with the hashing cost of each value.

    Values other than tuples and long integers cost nothing. A tuple costs its length
    plus twice the cost of the tuples inside, so the cost doubles with each level.

    # Arguments
        size: int, the pickle's length in bytes.
    """

    def __init__(self, size: int) -> None:
        self._allowed = max(_LEAST_ALLOWED, _ALLOWED_PER_BYTE * size)
        self._costs: list[int] = []
        self._marks: list[int] = []
        self._memo: dict[int, int] = {}
        self._fetched = 0
        self._odd_keys = 0

    def push_plain(self, count: int) -> None:
        """Pushes numbers or texts."""
        self._costs += [0] * count

    def follow(self, operation: pickletools.OpcodeInfo, argument: Any) -> bool:
        """Applies an operation to the stack.

        # Returns
            bool, whether hashing its values, and finding them in dicts and sets, is
            still cheap enough.

        # Raises
            ValueError: if the stack has too few values for the operation.
        """
        name = operation.name
        if name == "MARK":
            self._marks.append(len(self._costs))
        elif name == "POP" and self._marks[-1:] == [len(self._costs)]:
            self._marks.pop()
        elif name in PUTS:
            self._memo[int(argument)] = self._top()
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self._top()
        elif name in _GETS:
            cost = self._memo[int(argument)]
            self._fetched += cost
            self._costs.append(cost)
        else:
            self._replace(operation, argument)
        if self._odd_keys > MAX_ODD_KEYS:
            return False
        return max(self._fetched, *self._costs[-1:], 0) <= self._allowed

    def _replace(self, operation: pickletools.OpcodeInfo, argument: Any) -> None:
        """Pops an operation's operands, and pushes its result."""
        needed = operation.stack_before
        items: list[int] = []
        if pickletools.markobject in needed:
            needed = needed[: needed.index(pickletools.markobject)]
            items = self._pop_to_mark()
        operands = self._pop(len(needed))
        self._count_keys(operation.name, operands, items)
        cost = 0
        if is_odd_key(argument):
            cost = 1
        elif operation.name in _NESTING:
            items += operands
            cost = len(items) + 2 * sum(items)
        elif operation.name in _IN_PLACE:
            cost = operands[0]
        self._costs += [cost] * len(operation.stack_after)

    def _count_keys(self, name: str, operands: list[int], items: list[int]) -> None:
        """Counts tuples and long integers among the keys of a dict and the members of a
        set."""
        keys: list[int] = []
        if name in ("SETITEMS", "DICT"):
            keys = items[::2]
        elif name == "SETITEM":
            keys = operands[1:2]
        elif name in ("ADDITEMS", "FROZENSET"):
            keys = items
        self._odd_keys += sum(cost > 0 for cost in keys)

    def _pop_to_mark(self) -> list[int]:
        if not self._marks:
            raise ValueError("the pickle uses a mark that it hasn't set")
        return self._pop(len(self._costs) - self._marks.pop())

    def _pop(self, count: int) -> list[int]:
        fence = self._marks[-1] if self._marks else 0
        start = len(self._costs) - count
        if start < fence:
            raise ValueError("the pickle pops more values than its stack has")
        popped = self._costs[start:]
        del self._costs[start:]
        return popped

    def _top(self) -> int:
        (cost,) = self._pop(1)
        self._costs.append(cost)
        return cost


def is_odd_key(value: Any) -> bool:
    """Returns whether a value is one of many that may be chosen to have one hash."""
    if isinstance(value, int):
        return value.bit_length() > MAX_BITS
    return isinstance(value, tuple)
