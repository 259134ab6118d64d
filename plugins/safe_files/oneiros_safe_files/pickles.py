"""Reads pickled data: containers, numbers, texts and NumPy arrays, nothing else.

Old data sets of Keras are pickles; models never are. Only names from a list are looked
up, so nothing else can be called. The time and memory for a pickle aren't limited.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError, OneirosError, UnsafeFileError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.decompression import decompressed
from oneiros_safe_files.file_access import is_refusal, open_counted

_BLOCK = 1 << 20
_RECONSTRUCT: Any = np.zeros(0).__reduce__()[0]
_SCALAR: Any = np.float64(0).__reduce__()[0]
_FROM_BUFFER: Any = np.zeros(1).__reduce_ex__(5)[0]
"""The functions of NumPy with which arrays and numbers are pickled."""


def read_pickle(path: Path, budget: Budget, encoding: str = "bytes") -> Any:
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
    with open_counted(path, budget) as (file, quota):
        try:
            data = bytearray()
            stream = decompressed(file, quota)
            while block := stream.read(_BLOCK):
                data += block
            return load_pickle(bytes(data), path, encoding)
        except OneirosError:
            raise
        except Exception as error:  # a damaged pickle fails in every way that there is
            if is_refusal(error):
                raise
            raise FileFormatError(
                f"{path} is damaged or truncated, or isn't pickled data "
                f"({type(error).__name__}: {error!s:.200}). Restore it from a copy."
            ) from error


def load_pickle(data: bytes, path: Path, encoding: str = "bytes") -> Any:
    """Returns the contents of a pickle; damaged data raises errors of any kind.

    # Arguments
        data: bytes, the pickle.
        path: the file that has it, for messages.
        encoding: as for `read_pickle`.
    """
    source = io.BytesIO(data)
    content = _DataUnpickler(source, path, encoding).load()
    if source.read(1):
        raise FileFormatError(f"{path} is damaged: data follows the end of the pickle.")
    return content


class _DataUnpickler(pickle.Unpickler):
    """Unpickles plain data and arrays."""

    def __init__(self, source: io.BytesIO, path: Path, encoding: str) -> None:
        super().__init__(source, encoding=encoding)
        self._path = path
        self._allowed = _allowed_names()

    def find_class(self, module: str, name: str) -> Any:
        """Returns what stands for a name in a pickle of data."""
        path = f"{module}.{name}".replace("numpy._core.", "numpy.core.")
        if path in self._allowed:
            return self._allowed[path]
        raise UnsafeFileError(
            f"{self._path}: the pickle refers to {path:.120}. It may only hold "
            "numbers, texts, containers and arrays. Nothing was called. If you trust "
            "it, load it with pickle, and save the data with numpy.savez."
        )


def _allowed_names() -> dict[str, Callable[..., Any] | str]:
    """Returns the names that pickles of data have; each load has functions of its own,
    as a pickle may set attributes of them."""

    def array(*_: Any) -> Any:
        return _RECONSTRUCT(np.ndarray, (0,), b"b")

    def dtype(code: Any, *_: Any) -> np.dtype[Any]:
        kind = np.dtype(code.decode("ascii") if isinstance(code, bytes) else code)
        if kind.kind not in "biufcSUO":
            raise ValueError(f"the type {code!r:.40} isn't one of numbers or texts")
        return np.dtype(kind, copy=True)  # whose byte order may be set

    def encoded(text: str, encoding: str) -> bytes:
        if encoding not in ("latin1", "latin-1"):
            raise ValueError(f"bytes are encoded as {encoding!r:.40}")
        return text.encode("latin-1")

    return {
        "numpy.dtype": dtype,
        "numpy.ndarray": "numpy.ndarray",
        "numpy.core.multiarray._reconstruct": array,
        "numpy.core.multiarray.scalar": lambda kind, data: _SCALAR(kind, data),
        "numpy.core.numeric._frombuffer": lambda *state: _FROM_BUFFER(*state).copy(),
        "_codecs.encode": encoded,
        "__builtin__.bytes": lambda: b"",
        "builtins.set": lambda items: set(items),
        "__builtin__.set": lambda items: set(items),
        "builtins.bytearray": lambda items: bytearray(items),
    }
