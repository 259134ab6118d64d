"""Reads NumPy's files, `.npy` and `.npz`: arrays of numbers and texts, never pickled
objects. Lists are read as plain data if the caller asks for them."""

from __future__ import annotations

import ast
import re
import warnings
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy_format
from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.clock import check_time
from oneiros_safe_files.file_access import open_counted
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.pickles import load_pickle
from oneiros_safe_files.zip_archive import ZipArchive, open_zip

MAX_ITEMS = 1 << 48
MAX_AXES = 32
_BLOCK = 1 << 20
MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}
"""How many bytes say how long the header is, by version."""
_FIELDS = {"descr", "fortran_order", "shape"}
_MARK_OF_PYTHON_2 = re.compile(r"(?<=\d)L(?=[,)])")
"""What Python 2 wrote behind integers."""
_LONGEST_HEADER = 10_000
_ERRORS_OF_HEADERS = (
    IndexError,
    KeyError,
    MemoryError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What headers raise that aren't ones."""
_INSTEAD = "Ask its author to save arrays of numbers."
Array = np.ndarray[Any, Any]


def read_npy(path: Path, budget: Budget) -> Array:
    """Reads the array in the file at `path`."""
    with open_counted(path, budget) as (file, meter):
        meter.spend_array("/", meter.size)
        return _read(file, meter, "/", meter.size)


def read_npz(path: Path, budget: Budget, objects: bool = False) -> dict[str, Array]:
    """Reads all arrays in the archive at `path`; returns them by name.

    # Arguments
        path: the file.
        budget: the limits for reading it.
        objects: bool, whether to read arrays of lists, too, as plain data like in any
            pickle.
    """
    with open_zip(path, budget) as archive:
        return {
            name.removesuffix(".npy"): _read_member(archive, name, objects)
            for name in archive.members
        }


def _read_member(archive: ZipArchive, name: str, objects: bool) -> Array:
    with archive.open(name) as (file, size):
        return _read(file, archive.meter, name, size, objects)


def _read(
    file: IO[bytes], meter: Meter, where: str, size: int, objects: bool = False
) -> Array:
    try:
        shape, fortran, dtype = _read_header(file)
    except _ERRORS_OF_HEADERS as error:
        raise FileFormatError(
            f"{meter.path}, at '{where}', is damaged or not an array "
            f"({type(error).__name__}: {error!s:.200})."
        ) from None
    if objects and dtype.kind == "O":
        return _read_objects(file, meter, where)
    if dtype.hasobject or dtype.kind not in "biufcSU" or dtype.subdtype is not None:
        raise meter.refuse(
            where, f"the array holds {dtype!s:.60}, not numbers or texts", _INSTEAD
        )
    nbytes = size - file.tell()
    is_stored = prod(shape) * dtype.itemsize == nbytes
    is_small = len(shape) <= MAX_AXES and prod(filter(None, shape)) < MAX_ITEMS
    if not dtype.itemsize or not is_stored or not is_small:
        raise FileFormatError(
            f"{meter.path}, at '{where}', is damaged: it stores {nbytes:,} bytes, but "
            f"its header claims the shape {shape!s:.80} of {dtype}."
        )
    content = bytearray()
    while block := file.read(_BLOCK):
        check_time()
        content += block
    if len(content) != nbytes:
        raise FileFormatError(f"{meter.path} is damaged: '{where}' ends early.")
    values = np.empty(0, dtype)
    if nbytes:
        values = np.frombuffer(content, dtype)
    if not dtype.isnative:
        values = values.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return values.reshape(shape, order="F" if fortran else "C")


def _read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Returns the shape, whether columns come first, and the type."""
    width = _LENGTH_BYTES[npy_format.read_magic(file)]
    length = int.from_bytes(file.read(width), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header has {length:,} bytes")
    text = _MARK_OF_PYTHON_2.sub("", file.read(length).decode("latin-1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python and NumPy, about old writings
        fields = ast.literal_eval(text.strip())
        if not isinstance(fields, dict) or set(fields) != _FIELDS:
            raise ValueError(f"its header is {text:.80}")
        dtype = npy_format.descr_to_dtype(fields["descr"])
    shape = fields["shape"]
    fortran = fields["fortran_order"]
    if not isinstance(fortran, bool) or not _is_shape(shape):
        raise ValueError("its shape or its order isn't one")
    return shape, fortran, dtype


def _is_shape(value: Any) -> bool:
    if not isinstance(value, tuple):
        return False
    return all(type(size) is int and 0 <= size < MAX_ITEMS for size in value)


def _read_objects(file: IO[bytes], meter: Meter, where: str) -> Array:
    try:
        array = load_pickle(file, meter)
    except OneirosError:
        raise
    except Exception as error:  # a damaged pickle fails in every way that there is
        raise FileFormatError(
            f"{meter.path}, at '{where}', is damaged ({error!s:.200})."
        ) from error
    if not isinstance(array, np.ndarray):
        raise FileFormatError(f"{meter.path}, at '{where}', is damaged: not an array.")
    return array
