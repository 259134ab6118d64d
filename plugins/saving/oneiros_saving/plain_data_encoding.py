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
from oneiros.typing import Array

Encoded = tuple[Any, list[Array]]
MAX_DEPTH = 50
"""The maximum nesting depth of data."""
MAX_INT_BITS = 4_000
"""The maximum size of an int. Python shows none of more than 4,300 digits."""
MAX_ITEMS = 2_000_000
"""The maximum number of numbers in all its lists together."""

DAMAGE = (AttributeError, LookupError, TypeError, ValueError, struct.error)
"""The errors that decoding raises for invalid data."""


def plain_attributes(obj) -> dict[str, Any]:
    """Returns the attributes of an object that are plain data, except `params`."""
    attributes = dict(vars(obj))
    attributes.pop("params", None)
    return {key: value for key, value in attributes.items() if _is_plain(value)}


def _is_plain(value) -> bool:
    try:
        _encode(value, [])
    except (TypeError, ValueError):
        return False
    return True


def encoded(value) -> Encoded:
    """Returns plain data as JSON and arrays.

    # Raises
        ArgumentError: if it isn't plain data.
    """
    arrays: list[Array] = []
    try:
        return _encode(value, arrays), arrays
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"Expected plain data: None, booleans, numbers (ints of at most "
            f"{MAX_INT_BITS:,} bits), strings, arrays, and lists, tuples and dicts of "
            f"them, at most {MAX_DEPTH} inside each other; received {error}."
        ) from None


def decoded(data, arrays: list[Array]):
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


def _encode(value, arrays: list[Array], levels: int = MAX_DEPTH):
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value, arrays)
    kind = type(value)
    if kind is float:
        return {"float": struct.pack(">d", value).hex()}
    if kind is int:
        return value if _fits_int64(value) else {"int": hex(_checked_int(value))}
    if value is None or kind in (bool, str):
        return value
    if kind not in (tuple, list, dict) or not levels:
        raise TypeError(object.__repr__(value))  # its own may fail, or take long
    if kind is tuple:
        return {"tuple": _encode(list(value), arrays, levels)}
    if kind is list:
        return _encode_list(value, arrays, levels)
    pairs = []
    for key, item in value.items():
        if not _is_key(key):
            raise TypeError(f"a {type(key).__name__} as a key")
        pairs.append([_encode(part, arrays, levels - 1) for part in (key, item)])
    return {"dict": pairs}


def _is_key(value) -> bool:
    """Returns whether a value may be a key of a dict."""
    if type(value) is int:
        return _fits_int64(value)
    return value is None or type(value) in (bool, float, str)


def _fits_int64(value: int) -> bool:
    return abs(value) < 2**63


def _checked_int(value: int) -> int:
    bits = value.bit_length()
    if bits >= MAX_INT_BITS:
        raise ValueError(f"an int of {bits:,} bits")
    return value


def _encode_array(value, arrays: list[Array]) -> dict[str, int]:
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise TypeError(f"an array of {value.dtype}")
    kind = "array" if isinstance(value, np.ndarray) else "scalar"
    if value.dtype.kind == "b":
        return {f"{kind}_of_bools": _numbered(np.asarray(value, "u1"), arrays)}
    return {kind: _numbered(np.asarray(value), arrays)}


def _encode_list(value: list[Any], arrays: list[Array], levels: int):
    kinds = {type(item) for item in value}
    if kinds == {float}:
        return {"floats": _numbered(np.array(value, "f8"), arrays)}
    if kinds == {np.float64}:
        return {"scalars": _numbered(np.array(value), arrays)}
    if kinds == {int} and all(map(_fits_int64, value)):
        return {"ints": _numbered(np.array(value, "i8"), arrays)}
    return [_encode(item, arrays, levels - 1) for item in value]


def _numbered(array: Array, arrays: list[Array]) -> int:
    arrays.append(array)
    return len(arrays) - 1


class _Decoder:
    """Decodes data. It takes each array once, so short data can't become long."""

    def __init__(self, arrays: list[Array]):
        self._arrays = dict(enumerate(arrays))
        self._items = 0

    def value(self, data):
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
        if kind == "float":
            return struct.unpack(">d", bytes.fromhex(content))[0]
        if kind == "int":
            return _checked_int(int(content, 16))
        array = self._arrays.pop(content)
        if kind in _LISTS:
            self._items += array.size
        if self._items > MAX_ITEMS:
            raise ValueError(f"its lists have more than {MAX_ITEMS:,} numbers")
        return _ARRAYS[kind](array)

    def _key(self, data):
        """Returns a key. Many tuples or long integers could have been chosen to have
        one hash, which makes a dict slow."""
        key = self.value(data)
        if not _is_key(key):
            raise ValueError(f"a {type(key).__name__} is no key")
        return key


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
