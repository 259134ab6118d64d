"""Plain data as JSON and arrays, bit by bit.

Plain data is None, booleans, numbers, strings, arrays, and lists, tuples and dicts of
them. A value that JSON can't hold becomes a dict with one key that names its kind;
arrays are numbered.
"""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, FileFormatError

Array = np.ndarray[Any, Any]
Encoded = tuple[Any, list[Array]]
MAX_DEPTH = 50
"""The maximum nesting depth of data."""
MAX_INT_BITS = 4_000
"""The maximum size of an int. Python shows none of more than 4,300 digits."""
MAX_ITEMS = 2_000_000
"""The maximum number of numbers in all its lists together."""

DAMAGE = (AttributeError, LookupError, TypeError, ValueError, struct.error)
"""The errors that decoding raises for invalid data."""


def plain_attributes(obj: Any) -> dict[str, Any]:
    """Returns the attributes of an object that are plain data, except `params`."""
    return {
        key: value
        for key, value in vars(obj).items()
        if key != "params" and _is_plain(value)
    }


def encoded(value: Any) -> Encoded:
    """Returns plain data as JSON and arrays.

    # Raises
        ArgumentError: if it isn't plain data.
    """
    if not _is_plain(value):
        raise ArgumentError(
            f"Expected plain data: None, booleans, numbers (ints of at most "
            f"{MAX_INT_BITS:,} bits), strings, arrays, and lists, tuples and dicts of "
            f"them; received {_shown(value)}."
        )
    arrays: list[Array] = []
    return _encode(value, arrays), arrays


def decoded(data: Any, arrays: list[Array]) -> Any:
    """Returns the plain data from which `encoded` made this.

    # Raises
        FileFormatError: if the data is invalid.
    """
    try:
        return _Decoder(arrays).value(data)
    except DAMAGE as error:
        reason = f"{type(error).__name__}: {error}"
        raise FileFormatError(
            f"The training state is damaged: {data!r:.80} ({reason})."
        ) from None


def same(one: Encoded, other: Encoded) -> bool:
    """Returns whether two encoded values are the same, bit by bit."""
    data, arrays = one
    other_data, other_arrays = other
    return data == other_data and list(map(_bits, arrays)) == list(
        map(_bits, other_arrays)
    )


def _bits(array: Array) -> tuple[Any, ...]:
    return array.dtype.str, array.shape, array.tobytes()


def _shown(value: Any) -> str:
    """Returns a short description; Python refuses to write out a very long int."""
    try:
        return f"{value!r:.200}"
    except ValueError:
        return "a very long int"


def _is_plain(value: Any, levels: int = MAX_DEPTH) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biuf" and value.dtype.itemsize <= 8
    if type(value) is dict:
        if not all(map(_is_key, value)):
            return False
        items = list(value.values())
    elif type(value) in (list, tuple):
        items = value
    elif type(value) is int:
        return value.bit_length() < MAX_INT_BITS
    else:
        return value is None or type(value) in (bool, float, str)
    return levels > 0 and all(_is_plain(item, levels - 1) for item in items)


def _is_key(value: Any) -> bool:
    """Returns whether a value may be a key of a dict."""
    if type(value) is int:
        return _fits_int64(value)
    return value is None or type(value) in (bool, float, str)


def _encode(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, arrays)
    if type(value) is tuple:
        return {"tuple": _encode(list(value), arrays)}
    if type(value) is dict:
        pairs = [[_encode(part, arrays) for part in item] for item in value.items()]
        return {"dict": pairs}
    if type(value) is list:
        return _encode_list(value, arrays)
    if type(value) is float:
        return {"float": struct.pack(">d", value).hex()}
    if type(value) is int and not _fits_int64(value):
        return {"int": hex(value)}
    return value


def _long_int(text: str) -> int:
    digits = len(text)
    if 4 * (digits - len("-0x")) > MAX_INT_BITS:
        raise ValueError(f"an int has {digits:,} digits, over {MAX_INT_BITS:,} bits")
    return int(text, 16)


def _encode_array(value: Any, arrays: list[Array]) -> dict[str, int]:
    kind = "array" if isinstance(value, np.ndarray) else "scalar"
    if value.dtype.kind == "b":
        return {f"{kind}_of_bools": _numbered(np.asarray(value, "u1"), arrays)}
    return {kind: _numbered(np.asarray(value), arrays)}


def _encode_list(value: list[Any], arrays: list[Array]) -> Any:
    kinds = {type(item) for item in value}
    if kinds == {float}:
        return {"floats": _numbered(np.array(value, "f8"), arrays)}
    if kinds == {np.float64}:
        return {"scalars": _numbered(np.array(value), arrays)}
    if kinds == {int} and all(map(_fits_int64, value)):
        return {"ints": _numbered(np.array(value, "i8"), arrays)}
    return [_encode(item, arrays) for item in value]


def _fits_int64(value: int) -> bool:
    return abs(value) < 2**63


def _numbered(array: Array, arrays: list[Array]) -> int:
    arrays.append(array)
    return len(arrays) - 1


class _Decoder:
    """Decodes data. It takes each array once, so short data can't become long."""

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = dict(enumerate(arrays))
        self._items = 0

    def value(self, data: Any) -> Any:
        """Returns a part of the data."""
        if isinstance(data, list):
            return [self.value(item) for item in data]
        if not isinstance(data, dict):
            return data
        ((kind, content),) = data.items()
        if kind == "tuple":
            return tuple(self.value(content))
        if kind == "dict":
            return {self._key(key): self.value(value) for key, value in content}
        if kind in _NUMBERS:
            return _NUMBERS[kind](content)
        array = self._arrays.pop(content)
        if kind in _LISTS:
            self._count(array.size)
        return _ARRAYS[kind](array)

    def _count(self, items: int) -> None:
        self._items += items
        if self._items > MAX_ITEMS:
            raise ValueError(f"its lists have more than {MAX_ITEMS:,} numbers")

    def _key(self, data: Any) -> Any:
        """Returns a key. Many tuples or long integers could have been chosen to have
        one hash, which makes a dict slow."""
        key = self.value(data)
        if not _is_key(key):
            raise ValueError(f"the key {_shown(key)} isn't a text or a number")
        return key


_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "float": lambda text: struct.unpack(">d", bytes.fromhex(text))[0],
    "int": _long_int,
}
_LISTS = ("floats", "scalars", "ints")
"""Arrays that become lists, of which each number takes up to 40 bytes."""
_ARRAYS: dict[str, Callable[[Array], Any]] = {
    "floats": lambda array: array.astype("f8").tolist(),
    "scalars": lambda array: list(array.astype("f8")),
    "ints": lambda array: array.astype("i8").tolist(),
    "array": lambda array: array.copy(),
    "array_of_bools": lambda array: array.astype(bool),
    "scalar": lambda array: array[()],
    "scalar_of_bools": lambda array: np.bool_(array[()]),
}
