"""Stands for the few names in pickles of NumPy arrays, which are never called."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Protocol

import numpy as np


class Counts(Protocol):
    """What counts the memory for that which a pickle makes."""

    def count_copy(self, nbytes: int) -> None:
        """Counts a copy before it is made."""

    def checked_keys(self, keys: list[Any]) -> list[Any]:
        """Counts the members of a set, and returns them."""


class Arguments:
    """A tuple that holds stand-ins.

    # Arguments
        items: list, its items.
    """

    def __init__(self, items: list[Any]) -> None:
        self.items = items


class DType:
    """A type of NumPy: first its code, then its byte order."""

    def __init__(self, counts: Counts, code: Any, *_: Any) -> None:
        code = code.decode("ascii") if isinstance(code, bytes) else code
        self.dtype = np.dtype(code if isinstance(code, str) else "V")
        if self.dtype.kind not in "biufcSUO":
            raise ValueError(f"the type {code!r:.40} isn't a type of numbers or texts")

    def build(self, state: list[Any]) -> DType:
        """Sets the byte order."""
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        self.dtype = np.dtype(f"{order}{self.dtype.str[1:]}")
        return self


class EmptyArray:
    """An array before it has its contents.

    # Properties
        array: the array, or None before it is built.
    """

    def __init__(self, counts: Counts, *_: Any) -> None:
        self._counts = counts
        self.array: Any = None

    def build(self, state: list[Any]) -> Any:
        """Returns the array."""
        _, shape, kind, fortran, data = state
        self.array = _array(self._counts, data, kind, shape, "F" if fortran else "C")
        return self.array


def _array(counts: Counts, data: Any, kind: Any, shape: Any, order: Any) -> Any:
    """Returns an array: of the bytes of numbers and texts, or of a list of objects."""
    if not isinstance(kind, DType) or min(shape, default=0) < 0:
        raise ValueError("an array's shape or type is invalid")
    counts.count_copy(len(data))
    if kind.dtype.hasobject:
        return _array_of_objects(counts, data, shape)
    data = data.encode("latin-1") if isinstance(data, str) else data
    if prod(shape) * kind.dtype.itemsize != len(data):
        raise ValueError("an array's shape and bytes don't agree")
    values = np.empty(0, kind.dtype)
    if data:
        values = np.frombuffer(bytearray(data), kind.dtype)
    return values.reshape(shape, order="F" if order == "F" else "C")


def _array_of_objects(counts: Counts, data: Any, shape: Any) -> Any:
    if not isinstance(data, list) or tuple(shape) != (len(data),):
        raise ValueError("an array of objects isn't a list")
    counts.count_copy(len(data) * np.dtype(object).itemsize)
    return np.fromiter(data, dtype=object, count=len(data))


def _scalar(counts: Counts, kind: Any, data: Any) -> Any:
    return _array(counts, data, kind, (1,), "C")[0].item()


def _set(counts: Counts, items: Any) -> set[Any]:
    return set(counts.checked_keys(list(items)))


def _encode(counts: Counts, text: str, encoding: str) -> bytes:
    counts.count_copy(len(text))
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes are encoded as {encoding!r:.40}")
    return text.encode("latin-1")


def _no_bytes(counts: Counts) -> bytes:
    return b""


class Name:
    """A name in a module.

    # Arguments
        path: str, the module and the name, with a dot between them.

    # Raises
        KeyError: if data doesn't need it.
    """

    def __init__(self, path: str) -> None:
        if path.startswith("numpy._core."):  # what NumPy 2 calls numpy.core
            path = path.replace("_core", "core", 1)
        self._function = _FUNCTIONS[path]

    def call(self, counts: Counts, arguments: list[Any]) -> Any:
        """Returns what the name makes of arguments."""
        return self._function(counts, *arguments)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy.dtype": DType,
    "numpy.ndarray": EmptyArray,
    "numpy.core.multiarray._reconstruct": EmptyArray,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _array,
    "_codecs.encode": _encode,
    "__builtin__.bytes": _no_bytes,
    "builtins.set": _set,
    "__builtin__.set": _set,
}
STANDINS = frozenset({Arguments, DType, EmptyArray, Name})
"""What may only be used to make something else."""
