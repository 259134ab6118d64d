"""Reads pickled data: containers, numbers, texts and NumPy arrays, nothing else.

Old data sets of Keras are pickles; models never are. Only names from a list are looked
up, so nothing else can be called. The time and memory for a pickle aren't limited.
"""

import io
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError, UnsafeFileError

from oneiros_safe_files.archives import decompressed
from oneiros_safe_files.budget import DATA, Budget
from oneiros_safe_files.file_access import loading, open_counted, undamaged

_BLOCK = 1 << 20
_EXPECTED = "pickled data"
_KINDS = "biufcSUO"
"""The kinds of NumPy's types of numbers, texts and objects."""


def read_pickle(path: Path, budget: Budget = DATA, encoding: str = "bytes"):
    """Reads the pickle at `path`, even if it is compressed with gzip.

    # Arguments
        path: the file.
        budget: the limits for its size when it is decompressed.
        encoding: str, the encoding of texts from Python 2; `"bytes"` keeps them as
            bytes.

    # Raises
        UnsafeFileError: if it names anything that data doesn't need.
        FileFormatError: if it is damaged.
    """
    with open_counted(path, budget) as (file, quota), undamaged(path, _EXPECTED):
        data = bytearray()
        stream = decompressed(file, quota)
        while block := stream.read(_BLOCK):
            data += block
    return load_pickle(bytes(data), path, encoding)


def load_pickle(data: bytes, path: Path, encoding: str = "bytes"):
    """Returns the contents of a pickle.

    # Arguments
        data: bytes, the pickle.
        path: the file that has it, for messages.
        encoding: as for `read_pickle`.

    # Raises
        as for `read_pickle`.
    """
    source = io.BytesIO(data)
    with loading(path), undamaged(path, _EXPECTED):
        content = _plain(_DataUnpickler(source, path, encoding).load())
    if source.read(1):
        raise FileFormatError(f"{path} is damaged: data follows the end of the pickle.")
    return content


class _DataUnpickler(pickle.Unpickler):
    """Unpickles plain data and arrays."""

    def __init__(self, source: io.BytesIO, path: Path, encoding: str):
        super().__init__(source, encoding=encoding)
        self._path = path
        self._allowed = _allowed_names()

    def find_class(self, module: str, name: str):
        """Returns what stands for a name in a pickle of data."""
        path = f"{module}.{name}".replace("numpy._core.", "numpy.core.")
        if path in self._allowed:
            return self._allowed[path]
        raise UnsafeFileError(
            f"{self._path}: the pickle refers to {path!r:.120}. It may only hold "
            "numbers, texts, containers and arrays. Nothing was called. If you trust "
            "it, load it with pickle, and save the data with numpy.savez."
        )


class _Type:
    """A type of NumPy in a pickle.

    Of its state only the byte order counts: with the rest, a pickle could let NumPy
    take numbers for addresses of objects.
    """

    def __init__(self, code) -> None:
        name = code.decode("ascii") if isinstance(code, bytes) else code
        self.dtype = np.dtype(name if isinstance(name, str) else "V")
        if self.dtype.kind not in _KINDS:
            raise ValueError(f"the type {code!r:.40} isn't one of numbers or texts")

    def __setstate__(self, state) -> None:
        order: Any = state[1]
        order = order.decode("ascii") if isinstance(order, bytes) else order
        self.dtype = self.dtype.newbyteorder(order)


class _Array(np.ndarray):
    """An array in a pickle, which gets its contents from a checked state."""

    def __setstate__(self, state, /) -> None:
        version, shape, kind, is_fortran, content = state
        dtype = _dtype_of(kind)
        count = math.prod(shape)
        if dtype.hasobject and not (
            isinstance(content, list) and len(content) == count
        ):
            raise ValueError("an array's shape and objects don't agree")
        super().__setstate__((version, shape, dtype, is_fortran, content))


def _dtype_of(kind) -> np.dtype:
    if not isinstance(kind, _Type):
        raise ValueError(f"{kind!r:.40} isn't the type of an array")
    return kind.dtype


def _from_buffer(content, kind, shape, order):
    """Returns an array of a copy of bytes."""
    values = np.frombuffer(bytearray(content), _dtype_of(kind))
    return values.reshape(shape, order="F" if order == "F" else "C")


def _scalar(kind, content):
    data = content.encode("latin-1") if isinstance(content, str) else content
    (value,) = np.frombuffer(bytes(data), _dtype_of(kind))
    return value


def _encoded(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes are encoded as {encoding!r:.40}")
    return text.encode("latin-1")


def _allowed_names() -> dict[str, Callable[..., Any] | str]:
    """Returns the names that pickles of data have; each load has functions of its own,
    as a pickle may set attributes of them."""
    return {
        "numpy.dtype": lambda code, *_: _Type(code),
        "numpy.ndarray": "numpy.ndarray",
        "numpy.core.multiarray._reconstruct": lambda *_: _Array(0),
        "numpy.core.multiarray.scalar": lambda kind, data: _scalar(kind, data),
        "numpy.core.numeric._frombuffer": lambda *state: _from_buffer(*state),
        "_codecs.encode": lambda text, encoding: _encoded(text, encoding),
        "__builtin__.bytes": lambda: b"",
        "builtins.set": lambda items: set(items),
        "__builtin__.set": lambda items: set(items),
        "builtins.bytearray": lambda items: bytearray(items),
    }


def _plain(content):
    """Returns what a pickle holds, with its arrays as those of NumPy."""
    if isinstance(content, _Array):
        return content.view(np.ndarray)
    if isinstance(content, tuple):
        return tuple(map(_plain, content))
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    return content
