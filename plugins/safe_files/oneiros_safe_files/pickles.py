"""Reads pickled data sets: containers, numbers, texts and NumPy arrays. It calls
nothing that they name.

It maps the names in a pickle to a few functions of this module, and refuses all others.
Old data sets of Keras are pickles; models never are.
"""

from __future__ import annotations

import functools
import io
import pickle
import pickletools
import re
from collections.abc import Sized
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import is_refusal, open_counted
from oneiros_safe_files.gzip_data import read_unfolded
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.pickle_stack import (
    MAX_ODD_KEYS,
    PUTS,
    PickleStack,
    is_odd_key,
)

_FORBIDDEN = {
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
}
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})
_AT_ONCE = 1024
_VALUE = rb"(?:I-?\d{1,20}\n|K.|M.{2}|J.{4}|[SV][^\n]*\n)"
_APPENDED = _VALUE + b"a"
"""Operations that create numbers and texts, and operations that also append them to a
list. They make up most of a data set, and are harmless."""
_VALUE_BYTES = 40
"""Memory for a number and its place in a list."""
_APPENDS = b"e"
_INSTEAD = "Ask its author to save arrays of numbers, e.g. with `numpy.savez`."


def read_pickle(path: Path, budget: Budget, encoding: str = "bytes") -> Any:
    """Reads the pickle at `path`, even if it is compressed with gzip.

    # Arguments
        path: the file.
        budget: the limits for reading it.
        encoding: str, the encoding of texts from Python 2; `"bytes"` keeps them as
            bytes.
    """
    with open_counted(path, budget) as (file, meter):
        try:
            return load_pickle(read_unfolded(file, meter), meter, encoding)
        except OneirosError:
            raise
        except Exception as error:  # a damaged pickle fails in every way that there is
            if isinstance(error, OSError) and is_refusal(error):
                raise
            raise FileFormatError(
                f"{path} is damaged or truncated, or isn't pickled data "
                f"({type(error).__name__}: {error!s:.200}). Restore it from a copy."
            ) from error


def load_pickle(data: bytes, meter: Meter, encoding: str = "bytes") -> Any:
    """Returns the contents of pickled bytes; damaged data raises errors of any kind."""
    _check_operations(data, meter)
    return _plain(_Unpickler(data, meter, encoding).load(), {})


def _check_operations(data: bytes, meter: Meter) -> None:
    """Refuses operations that plain data doesn't need, before any of them runs."""
    stream = io.BytesIO(data)
    stack = PickleStack(len(data))
    values = _PlainValues(data, meter)
    operations = 0
    name = ""
    while name != "STOP":
        position = values.pass_over(stream.tell(), stack)
        stream.seek(position)
        meter.spend_operation(f"byte {position}")
        operations += 1
        operation, argument, _ = next(pickletools.genops(stream))
        name = operation.name
        if name in _FORBIDDEN:
            raise meter.refuse(
                f"byte {position}", f"the pickle builds objects ({name})", _INSTEAD
            )
        if name == "DUP":
            raise meter.refuse(
                f"byte {position}", "the pickle doubles what it holds (DUP)", _INSTEAD
            )
        if name in PUTS and int(argument or 0) > operations + values.count:
            raise meter.refuse(
                f"byte {position}", f"the pickle numbers a part {argument}", _INSTEAD
            )
        if not stack.follow(operation, argument):
            raise meter.refuse(
                f"byte {position}",
                "the pickle nests tuples in tuples, or has tuples or long integers "
                "as keys",
                _INSTEAD,
            )
    if stream.tell() != len(data):
        raise FileFormatError(
            f"{meter.path} is damaged: data follows the end of the pickle."
        )


class _Series:
    """The pattern of operations that follow one another."""

    def __init__(self, operation: bytes) -> None:
        self._several = re.compile(b"(?:%b){0,%d}+" % (operation, _AT_ONCE), re.DOTALL)
        self._each = re.compile(operation + b"()", re.DOTALL)

    def find(self, data: bytes, position: int) -> tuple[int, int]:
        """Returns the end of up to 1,024 operations, and their number."""
        match = self._several.match(data, position)
        end = match.end() if match else position
        return end, len(self._each.findall(data, position, end))


_VALUES = _Series(_VALUE)
_APPENDED_VALUES = _Series(_APPENDED)


class _PlainValues:
    """Counts numbers and texts as memory of the caller's lists.

    # Arguments
        data: the pickle.
        meter: Meter, for the file.
    """

    def __init__(self, data: bytes, meter: Meter) -> None:
        self._data = data
        self._meter = meter
        self.count = 0

    def pass_over(self, position: int, stack: PickleStack) -> int:
        """Returns the position after a series of numbers and texts."""
        start, _ = self._pass_series(_APPENDED_VALUES, position)
        end, count = self._pass_series(_VALUES, start)
        if self._data[end : end + 1] != _APPENDS:  # which takes all of them
            stack.push_plain(count)
        return end

    def _pass_series(self, series: _Series, position: int) -> tuple[int, int]:
        """Returns the position after a series of any length, and its length."""
        total = 0
        found = _AT_ONCE
        while found == _AT_ONCE:
            position, found = series.find(self._data, position)
            self._meter.spend_array(f"byte {position}", found * _VALUE_BYTES)
            total += found
        self.count += total
        return position, total


class _Unpickler(pickle.Unpickler):
    """Maps the few names in pickles of NumPy arrays."""

    def __init__(self, data: bytes, meter: Meter, encoding: str) -> None:
        super().__init__(io.BytesIO(data), fix_imports=False, encoding=encoding)
        self._meter = meter
        self._size = len(data)
        self._copies: dict[str, _Copies] = {}

    def find_class(self, module: str, name: str) -> Any:
        path = f"{module}.{name}"
        if path.startswith("numpy._core."):  # what NumPy 2 calls numpy.core
            path = path.replace("_core", "core", 1)
        if path in _COPYING:
            copies = self._copies.setdefault(path, _Copies(self._meter, self._size))
            return _Callable(functools.partial(_COPYING[path], copies))
        if path in _FUNCTIONS:
            return _FUNCTIONS[path]
        raise self._meter.refuse(
            "/", f"the pickle refers to {module}.{name:.80}", _INSTEAD
        )

    def persistent_load(self, pid: Any) -> NoReturn:
        raise self._meter.refuse(
            "/", "the pickle refers to something outside", _INSTEAD
        )


class _Copies:
    """Counts what a function copies from a pickle.

    Copies up to the length of the pickle are free, since each part is copied once;
    repeated copies count against the budget.
    """

    def __init__(self, meter: Meter, size: int) -> None:
        self._meter = meter
        self._free = size

    def count(self, value: Sized) -> None:
        """Counts a copy of a value before it is made."""
        self._free -= len(value)
        if self._free < 0:
            self._meter.spend_array("/", -self._free)
            self._free = 0


class _DType:
    """A pickled NumPy type: first its code, then its byte order."""

    def __init__(self, code: Any, *_: Any) -> None:
        code = code.decode("ascii") if isinstance(code, bytes) else code
        self.dtype = np.dtype(code if isinstance(code, str) else "V")
        if self.dtype.kind not in "biufcSUO":
            raise ValueError(f"the type {code!r:.40} isn't a type of numbers or texts")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        self.dtype = np.dtype(f"{order}{self.dtype.str[1:]}")


class _Array:
    """A pickled NumPy array: first empty, then its contents."""

    def __init__(self, copies: _Copies, *_: Any) -> None:
        self.value = np.empty(0)
        self._copies = copies

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, data = state
        self.fill(data, kind, shape, "F" if fortran else "C")

    def fill(self, data: Any, kind: Any, shape: Any, order: str) -> None:
        """Sets the contents: the bytes of numbers and texts, or a list of objects."""
        if not isinstance(kind, _DType) or min(shape, default=0) < 0:
            raise ValueError("an array's shape or type is invalid")
        self._copies.count(data)
        if kind.dtype.hasobject:
            self._fill_with_objects(data, shape)
            return
        data = data.encode("latin-1") if isinstance(data, str) else bytes(data)
        if prod(shape) * kind.dtype.itemsize != len(data):
            raise ValueError("an array's shape and bytes don't agree")
        values = np.empty(0, kind.dtype)
        if data:
            values = np.frombuffer(bytearray(data), kind.dtype)
        self.value = values.reshape(shape, order="F" if order == "F" else "C")

    def _fill_with_objects(self, data: Any, shape: Any) -> None:
        if not isinstance(data, list) or tuple(shape) != (len(data),):
            raise ValueError("an array of objects isn't a list")
        self.value = np.fromiter(data, dtype=object, count=len(data))


def _from_buffer(
    copies: _Copies, data: Any, kind: Any, shape: Any, order: Any
) -> _Array:
    array = _Array(copies)
    array.fill(data, kind, shape, order)
    return array


def _scalar(copies: _Copies, kind: Any, data: Any) -> Any:
    return _from_buffer(copies, data, kind, (1,), "C").value[0].item()


def _set(copies: _Copies, items: Any) -> set[Any]:
    copies.count(items)
    odd = sum(map(is_odd_key, items))
    if odd > MAX_ODD_KEYS:
        raise ValueError(f"a set has {odd} tuples and long integers")
    return set(items)


def _encode(copies: _Copies, text: str, encoding: str) -> bytes:
    copies.count(text)
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes are encoded as {encoding!r:.40}")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


class _Callable:
    """The replacement of a name. A pickle can call it but not change it."""

    __slots__ = ("_function",)

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("the pickle changes an object that it refers to")


_FUNCTIONS = {
    "numpy.dtype": _Callable(_DType),
    "__builtin__.bytes": _Callable(_no_bytes),
}
_COPYING: dict[str, Any] = {
    "numpy.ndarray": _Array,
    "numpy.core.multiarray._reconstruct": _Array,
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _from_buffer,
    "_codecs.encode": _encode,
    "builtins.set": _set,
    "__builtin__.set": _set,
}
"""Functions that copy their arguments; they receive a `_Copies` first."""


def _plain(value: Any, containers: dict[int, Any]) -> Any:
    """Returns the data with real arrays instead of their pickled form.

    # Arguments
        value: the unpickled data.
        containers: dict from a container's id to its converted form, or None for
            containers around this value; it is updated.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, _Array) and not value.value.dtype.hasobject:
        return value.value
    if id(value) in containers:
        if containers[id(value)] is None:
            raise ValueError("a container contains itself")
        return containers[id(value)]
    containers[id(value)] = None
    container: Any
    if isinstance(value, dict):
        container = {
            _plain(key, containers): _plain(item, containers)
            for key, item in value.items()
        }
    elif isinstance(value, _Array):
        items = [_plain(item, containers) for item in value.value]
        container = np.fromiter(items, dtype=object, count=len(items))
    elif isinstance(value, (list, tuple, set, frozenset)):
        container = value
        if not _PLAIN.issuperset(map(type, value)):
            container = type(value)(_plain(item, containers) for item in value)
    else:
        raise ValueError(f"it contains {type(value).__name__}, not plain data")
    containers[id(value)] = container
    return container
