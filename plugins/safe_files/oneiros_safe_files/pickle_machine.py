"""Runs the operations of a pickle that make plain data: containers, numbers and texts.

It runs them once, counts first what they make, and knows no others.
"""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Callable
from typing import Any

from oneiros_safe_files.meter import Meter
from oneiros_safe_files.odd_keys import MAX_ODD_KEYS, has_many_parts, is_odd_key
from oneiros_safe_files.pickle_arrays import (
    STANDINS,
    Arguments,
    DType,
    EmptyArray,
    Name,
)
from oneiros_safe_files.pickle_source import PickleSource

INSTEAD = "Ask its author to save arrays of numbers, e.g. with `numpy.savez`."
_NUMBER_CODES = (pickle.INT, pickle.BININT1, pickle.BININT2, pickle.BININT)
_NUMBER = rb"(?:I(?!0[01]\n)-?\d{1,20}\n|K.|M.{2}|J.{4})"
_NUMBERS = re.compile(b"(?:%b)*+" % _NUMBER, re.DOTALL)
_APPENDED_NUMBERS = re.compile(b"(?:%ba)*+" % _NUMBER, re.DOTALL)
"""Series of operations that make up most of a data set."""
_PLACE_BYTES = 9
"""Memory for a place in a list, which grows by an eighth."""
_NUMBER_BYTES = 32
_SHARED_NUMBERS = 1 << 17
"""Numbers below this one take memory once; those of words are."""
_KEY_BYTES = 100
"""Memory for a place in a dict or set."""
_BATCH = 10_000
"""How many items a container gets at once; `pickle` writes 1,000. If there are more,
they are copied, and count twice."""


class PickleMachine:
    """The stack of a pickle, and the parts that it has numbered.

    # Arguments
        source: PickleSource.
        meter: Meter, for the file.
    """

    def __init__(self, source: PickleSource, meter: Meter) -> None:
        self.source = source
        self.meter = meter
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._fetched: set[int] = set()
        self._odd_keys = 0
        self._copied = 0

    def run(self) -> Any:
        """Returns what the pickle makes.

        # Raises
            UnsafeFileError: if it needs more than the budget, or operations that plain
                data doesn't need.
            Exception: of any kind, if it is damaged.
        """
        code = b""
        while code != pickle.STOP:
            window = self.source.ahead()
            if self._pass_numbers(window):
                continue
            self.meter.spend_operation(self.source.where)
            code = window[:1]
            if code in _FORBIDDEN:
                raise self._refusal(f"builds objects ({_FORBIDDEN[code]})")
            self.source.read(1)
            if code in _VALUES:
                self.push(_VALUES[code](self.source))
            elif code in _ACTIONS:
                _ACTIONS[code](self)
            else:
                raise ValueError(f"{code!r} isn't an operation")
        (value,) = plain(self.pop(1))
        return value

    def count_copy(self, nbytes: int) -> None:
        """Counts a copy before it is made: one of each counted byte is free."""
        self._copied += nbytes
        self.source.spend(max(0, self._copied - self.meter.spent.get("arrays", 0)))

    def checked_keys(self, keys: list[Any]) -> list[Any]:
        """Counts keys of a dict, or members of a set, and returns them.

        # Raises
            UnsafeFileError: if many may have been chosen to have one hash.
        """
        self.source.spend(len(keys) * _KEY_BYTES)
        odd = list(filter(is_odd_key, keys))
        self._odd_keys += len(odd)
        if self._odd_keys > MAX_ODD_KEYS or any(map(has_many_parts, odd)):
            raise self._refusal("has many or long tuples or long integers as keys")
        return keys

    def _refusal(self, reason: str) -> Exception:
        return self.meter.refuse(self.source.where, f"the pickle {reason}", INSTEAD)

    def _pass_numbers(self, window: bytes) -> bool:
        """Pushes or appends several numbers; returns whether there were any."""
        if window[:1] not in _NUMBER_CODES:
            return False
        if end := _end(_APPENDED_NUMBERS, window):
            numbers = self._numbers(b"]" + self.source.read(end) + b".")
            self.container(list).extend(numbers)
            return True
        if end := _end(_NUMBERS, window):
            self._stack += self._numbers(b"(" + self.source.read(end) + b"l.")
        return end > 0

    def _numbers(self, data: bytes) -> list[int]:
        """Returns the list in a pickle of numbers."""
        numbers: list[int] = pickle.loads(data)
        self.source.spend(_PLACE_BYTES * len(numbers))
        if min(numbers) >= 0 and max(numbers) < _SHARED_NUMBERS:
            shared = _shared_numbers()
            return [shared[number] for number in numbers]
        self.source.spend(_NUMBER_BYTES * len(numbers))
        return numbers

    def push(self, value: Any) -> None:
        """Puts a value onto the stack."""
        self._stack.append(value)

    def pop(self, count: int) -> list[Any]:
        """Returns the last values, and removes them. None may be below a mark."""
        start = len(self._stack) - count
        if start < (self._marks[-1] if self._marks else 0):
            raise ValueError("it takes more values than it has")
        values = self._stack[start:]
        del self._stack[start:]
        return values

    def mark(self) -> None:
        """Sets a mark."""
        self._marks.append(len(self._stack))

    def pop_to_mark(self) -> list[Any]:
        """Returns the values after the last mark, and removes them and the mark."""
        if not self._marks:
            raise ValueError("it uses a mark that it hasn't set")
        count = len(self._stack) - self._marks[-1]
        if count > _BATCH:
            self.source.spend(count * _PLACE_BYTES)
        values = self.pop(count)
        self._marks.pop()
        return values

    def pop_or_unmark(self) -> None:
        """Removes the last value, or the last mark if no value is after it."""
        if self._marks[-1:] == [len(self._stack)]:
            self._marks.pop()
        else:
            self.pop(1)

    def container(self, kind: type) -> Any:
        """Returns the container on top of the stack, which stays there."""
        (value,) = self._stack[-1:] if self._stack else (None,)
        if type(value) is not kind or self._marks[-1:] == [len(self._stack)]:
            raise ValueError(f"it changes something that isn't a {kind.__name__}")
        if id(value) in self._fetched:
            raise ValueError("a container contains itself, or changes after its use")
        return value

    def push_tuple(self, items: list[Any]) -> None:
        """Pushes a tuple."""
        is_plain = STANDINS.isdisjoint(map(type, items))
        self.push(tuple(items) if is_plain else Arguments(items))

    def add_items(self, items: list[Any]) -> None:
        """Adds items to the list on top."""
        self.container(list).extend(plain(items))

    def set_items(self, items: list[Any]) -> None:
        """Adds keys and values to the dict on top."""
        keys = self.checked_keys(plain(items[::2]))
        values = plain(items[1::2])
        self.container(dict).update(zip(keys, values, strict=True))

    def add_members(self, members: list[Any]) -> None:
        """Adds members to the set on top."""
        self.container(set).update(self.checked_keys(plain(members)))

    def push_dict(self, items: list[Any]) -> None:
        """Pushes a dict of keys and values."""
        self.push({})
        self.set_items(items)

    def push_frozenset(self, members: list[Any]) -> None:
        """Pushes a frozenset."""
        self.push(frozenset(self.checked_keys(plain(members))))

    def put(self, number: int) -> None:
        """Numbers the last value, which stays."""
        (value,) = self.pop(1)
        self.push(value)
        self._memo[number] = value

    def put_next(self) -> None:
        """Gives the last value the next number."""
        self.put(len(self._memo))

    def get(self, number: int) -> None:
        """Pushes the value with a number."""
        value = self._memo[number]
        if isinstance(value, EmptyArray) and value.array is not None:
            value = value.array
        if isinstance(value, (list, dict, set)):
            self.source.spend(len(value) * _PLACE_BYTES)
            self._fetched.add(id(value))
        self.push(value)

    def read_name(self) -> None:
        """Pushes what stands for a name in two lines."""
        module = self.source.line().decode()
        self.name(module, self.source.line().decode())

    def name(self, module: Any, name: Any) -> None:
        """Pushes what stands for a name in a module."""
        path = f"{module}.{name}"
        try:
            self.push(Name(path))
        except KeyError:
            raise self._refusal(f"refers to {path:.120}") from None

    def reduce(self) -> None:
        """Pushes what a name makes of its arguments."""
        name, arguments = self.pop(2)
        if not isinstance(name, Name):
            raise ValueError("it calls something that isn't a name")
        self.push(name.call(self, _items(arguments)))

    def build(self) -> None:
        """Gives contents to an array, or a byte order to its type."""
        target, state = self.pop(2)
        if not isinstance(target, (DType, EmptyArray)):
            raise ValueError("it changes something that isn't an array")
        self.push(target.build(_items(state)))


@functools.cache
def _shared_numbers() -> list[int]:
    return list(range(_SHARED_NUMBERS))


def plain(items: list[Any]) -> list[Any]:
    """Returns items that may be in lists, dicts and sets.

    # Raises
        ValueError: if others are among them.
    """
    if STANDINS.isdisjoint(map(type, items)):
        return items
    raise ValueError("it contains names or arguments, not plain data")


def _items(arguments: Any) -> list[Any]:
    """Returns the items of a tuple."""
    if isinstance(arguments, Arguments):
        return arguments.items
    if isinstance(arguments, tuple):
        return list(arguments)
    raise ValueError("arguments aren't a tuple")


def _end(pattern: re.Pattern[bytes], window: bytes) -> int:
    match = pattern.match(window)
    return match.end() if match else 0


def _number_in_line(source: PickleSource) -> int | bool:
    line = source.line()
    return line == b"01" if line in (b"00", b"01") else int(line)


def _long_number(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


_VALUES: dict[bytes, Callable[[PickleSource], Any]] = {
    pickle.NONE: lambda source: None,
    pickle.NEWTRUE: lambda source: True,
    pickle.NEWFALSE: lambda source: False,
    pickle.INT: _number_in_line,
    pickle.LONG: lambda source: int(source.line().removesuffix(b"L")),
    pickle.FLOAT: lambda source: float(source.line()),
    pickle.BININT: lambda source: source.number("<i"),
    pickle.BININT1: lambda source: source.number("<B"),
    pickle.BININT2: lambda source: source.number("<H"),
    pickle.LONG1: lambda source: _long_number(source.data("<B")),
    pickle.LONG4: lambda source: _long_number(source.data("<I")),
    pickle.BINFLOAT: lambda source: source.number(">d"),
    pickle.STRING: PickleSource.line_of_python_2,
    pickle.BINSTRING: lambda source: source.python_2_text("<I"),
    pickle.SHORT_BINSTRING: lambda source: source.python_2_text("<B"),
    pickle.BINBYTES: lambda source: source.data("<I"),
    pickle.SHORT_BINBYTES: lambda source: source.data("<B"),
    pickle.BINBYTES8: lambda source: source.data("<Q"),
    pickle.BYTEARRAY8: lambda source: bytearray(source.data("<Q")),
    pickle.UNICODE: PickleSource.line_of_text,
    pickle.BINUNICODE: lambda source: source.text("<I"),
    pickle.SHORT_BINUNICODE: lambda source: source.text("<B"),
    pickle.BINUNICODE8: lambda source: source.text("<Q"),
    pickle.EMPTY_TUPLE: lambda source: (),
    pickle.EMPTY_LIST: lambda source: [],
    pickle.EMPTY_DICT: lambda source: {},
    pickle.EMPTY_SET: lambda source: set(),
}
"""What operations put onto the stack."""
_Machine = PickleMachine
_ACTIONS: dict[bytes, Callable[[PickleMachine], Any]] = {
    pickle.PROTO: lambda machine: machine.source.read(1),
    pickle.FRAME: lambda machine: machine.source.read(8),
    pickle.STOP: lambda machine: None,
    pickle.MARK: _Machine.mark,
    pickle.POP: _Machine.pop_or_unmark,
    pickle.POP_MARK: _Machine.pop_to_mark,
    pickle.GET: lambda machine: machine.get(int(machine.source.line())),
    pickle.BINGET: lambda machine: machine.get(machine.source.number("<B")),
    pickle.LONG_BINGET: lambda machine: machine.get(machine.source.number("<I")),
    pickle.PUT: lambda machine: machine.put(int(machine.source.line())),
    pickle.BINPUT: lambda machine: machine.put(machine.source.number("<B")),
    pickle.LONG_BINPUT: lambda machine: machine.put(machine.source.number("<I")),
    pickle.MEMOIZE: _Machine.put_next,
    pickle.TUPLE: lambda machine: machine.push_tuple(machine.pop_to_mark()),
    pickle.TUPLE1: lambda machine: machine.push_tuple(machine.pop(1)),
    pickle.TUPLE2: lambda machine: machine.push_tuple(machine.pop(2)),
    pickle.TUPLE3: lambda machine: machine.push_tuple(machine.pop(3)),
    pickle.LIST: lambda machine: machine.push(plain(machine.pop_to_mark())),
    pickle.DICT: lambda machine: machine.push_dict(machine.pop_to_mark()),
    pickle.FROZENSET: lambda machine: machine.push_frozenset(machine.pop_to_mark()),
    pickle.APPEND: lambda machine: machine.add_items(machine.pop(1)),
    pickle.APPENDS: lambda machine: machine.add_items(machine.pop_to_mark()),
    pickle.SETITEM: lambda machine: machine.set_items(machine.pop(2)),
    pickle.SETITEMS: lambda machine: machine.set_items(machine.pop_to_mark()),
    pickle.ADDITEMS: lambda machine: machine.add_members(machine.pop_to_mark()),
    pickle.GLOBAL: _Machine.read_name,
    pickle.STACK_GLOBAL: lambda machine: machine.name(*machine.pop(2)),
    pickle.REDUCE: _Machine.reduce,
    pickle.BUILD: _Machine.build,
}
"""What other operations do."""
_FORBIDDEN = {
    getattr(pickle, name): name
    for name in (
        "INST",
        "OBJ",
        "NEWOBJ",
        "NEWOBJ_EX",
        "EXT1",
        "EXT2",
        "EXT4",
        "PERSID",
        "BINPERSID",
        "NEXT_BUFFER",
        "READONLY_BUFFER",
        "DUP",
    )
}
"""Operations that plain data doesn't need."""
