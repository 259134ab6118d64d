"""Follows what a pickle puts on its stack, before it is read: how much work it is to
hash each value.

Python hashes a tuple by going through all tuples in it, each time anew. A short pickle
can nest them so deeply, or share them so often, that this never ends.
"""

from __future__ import annotations

import pickletools
from typing import Any

PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_NESTING = frozenset({"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"})
_IN_PLACE = frozenset({"APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD"})
"""Operations that leave their first operand where it is."""
_LEAST_ALLOWED = 1 << 20
"""What values of a short pickle may cost: tuples in tuples, 20 deep."""
_ALLOWED_PER_BYTE = 8


class PickleStack:
    """The stack of a pickle, with what each value costs to hash.

    What no tuple is costs nothing. A tuple costs its length, and twice what those in it
    cost: the cost doubles with each level.

    # Arguments
        size: int, the pickle's length in bytes.
    """

    def __init__(self, size: int) -> None:
        self._allowed = max(_LEAST_ALLOWED, _ALLOWED_PER_BYTE * size)
        self._costs: list[int] = []
        self._marks: list[int] = []
        self._memo: dict[int, int] = {}
        self._fetched = 0

    def push_plain(self, count: int) -> None:
        """Puts numbers or texts on the stack."""
        self._costs += [0] * count

    def follow(self, operation: pickletools.OpcodeInfo, argument: Any) -> bool:
        """Does to the stack what an operation does.

        # Returns
            bool, whether its values may still be hashed.

        # Raises
            ValueError: if the operation needs more than the stack holds.
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
            self._replace(operation)
        return max(self._fetched, *self._costs[-1:], 0) <= self._allowed

    def _replace(self, operation: pickletools.OpcodeInfo) -> None:
        """Takes an operation's operands from the stack, and puts its result there."""
        needed = operation.stack_before
        items: list[int] = []
        if pickletools.markobject in needed:
            needed = needed[: needed.index(pickletools.markobject)]
            items = self._pop_to_mark()
        operands = self._pop(len(needed))
        cost = 0
        if operation.name in _NESTING:
            items += operands
            cost = len(items) + 2 * sum(items)
        elif operation.name in _IN_PLACE:
            cost = operands[0]
        self._costs += [cost] * len(operation.stack_after)

    def _pop_to_mark(self) -> list[int]:
        if not self._marks:
            raise ValueError("the pickle goes back to a mark that it hasn't set")
        return self._pop(len(self._costs) - self._marks.pop())

    def _pop(self, count: int) -> list[int]:
        fence = self._marks[-1] if self._marks else 0
        start = len(self._costs) - count
        if start < fence:
            raise ValueError("the pickle takes more from its stack than is there")
        popped = self._costs[start:]
        del self._costs[start:]
        return popped

    def _top(self) -> int:
        (cost,) = self._pop(1)
        self._costs.append(cost)
        return cost
