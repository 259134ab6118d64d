"""Plain data as JSON and arrays, bit by bit: None, booleans, numbers, strings, arrays,
and lists, tuples and dicts of them. What isn't JSON is a dict with one key, which says
what it is; arrays are numbered.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, FileFormatError

Array = np.ndarray[Any, Any]
Encoded = tuple[Any, list[Array]]
DEEPEST = 50
"""How far data may be nested."""


def plain_attributes(obj: Any) -> dict[str, Any]:
    """Returns the attributes of an object that are plain data, apart from `params`."""
    return {
        key: value
        for key, value in vars(obj).items()
        if key != "params" and _is_plain(value)
    }


def encoded(value: Any) -> Encoded:
    """Returns plain data as JSON and arrays.

    # Raises
        ArgumentError: if it isn't plain.
    """
    if not _is_plain(value):
        raise ArgumentError(
            f"Plain data was expected: None, booleans, numbers, strings, arrays, and lists, tuples and dicts "
            f"of them; received {value!r:.200}."
        )
    arrays: list[Array] = []
    return _encode(value, arrays), arrays


def decoded(data: Any, arrays: list[Array]) -> Any:
    """Returns the plain data of which `encoded` made this.

    # Raises
        FileFormatError: if it made nothing of the kind.
    """
    try:
        return _decode(data, arrays)
    except (
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
        ValueError,
        struct.error,
    ) as error:
        raise FileFormatError(
            f"The state of a training is damaged: {data!r:.80} ({type(error).__name__}: {error})."
        ) from None


def same(one: Encoded, other: Encoded) -> bool:
    """Tells whether two encoded values are the same, bit by bit."""
    pairs = zip(one[1], other[1], strict=False)
    return (
        one[0] == other[0]
        and len(one[1]) == len(other[1])
        and all(_bits(a) == _bits(b) for a, b in pairs)
    )


def _bits(array: Array) -> tuple[Any, ...]:
    return array.dtype.str, array.shape, array.tobytes()


def _is_plain(value: Any, room: int = DEEPEST) -> bool:
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biuf" and value.dtype.itemsize <= 8
    if type(value) is dict:
        items = [*value, *value.values()]
    elif type(value) in (list, tuple):
        items = value
    else:
        return value is None or type(value) in (bool, int, float, str)
    return room > 0 and all(_is_plain(item, room - 1) for item in items)


def _encode(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        logical = value.dtype.kind == "b"
        return {
            kind + "_of_bools" * logical: _numbered(
                np.asarray(value, "u1" if logical else None), arrays
            )
        }
    if type(value) is tuple:
        return {"tuple": _encode(list(value), arrays)}
    if type(value) is dict:
        return {
            "dict": [[_encode(part, arrays) for part in item] for item in value.items()]
        }
    if type(value) is list:
        return _encode_list(value, arrays)
    if type(value) is float:
        return {"float": struct.pack(">d", value).hex()}
    return {"int": hex(value)} if type(value) is int and abs(value) >= 2**63 else value


def _encode_list(value: list[Any], arrays: list[Array]) -> Any:
    kinds = {type(item) for item in value}
    if kinds == {float}:
        return {"floats": _numbered(np.array(value, "f8"), arrays)}
    if kinds == {int} and max(map(abs, value)) < 2**63:
        return {"ints": _numbered(np.array(value, "i8"), arrays)}
    return [_encode(item, arrays) for item in value]


def _numbered(array: Array, arrays: list[Array]) -> int:
    arrays.append(array)
    return len(arrays) - 1


def _decode(data: Any, arrays: list[Array]) -> Any:
    if isinstance(data, list):
        return [_decode(item, arrays) for item in data]
    if not isinstance(data, dict):
        return data
    ((kind, value),) = data.items()
    return _DECODERS[kind](value, arrays)


_DECODERS: dict[str, Any] = {
    "tuple": lambda value, arrays: tuple(_decode(value, arrays)),
    "dict": lambda value, arrays: {
        _decode(k, arrays): _decode(v, arrays) for k, v in value
    },
    "float": lambda value, arrays: struct.unpack(">d", bytes.fromhex(value))[0],
    "int": lambda value, arrays: int(value, 16),
    "floats": lambda value, arrays: arrays[value].astype("f8").tolist(),
    "ints": lambda value, arrays: arrays[value].astype("i8").tolist(),
    "array": lambda value, arrays: arrays[value].copy(),
    "array_of_bools": lambda value, arrays: arrays[value].astype(bool),
    "scalar": lambda value, arrays: arrays[value][()],
    "scalar_of_bools": lambda value, arrays: np.bool_(arrays[value][()]),
}
