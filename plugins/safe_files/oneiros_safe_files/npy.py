"""Reads NumPy's files, `.npy` and `.npz`: arrays of numbers and texts, never pickled
objects."""

from __future__ import annotations

import io
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format
from oneiros.errors import FileFormatError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.zip_archive import open_zip

MAX_ITEMS = 1 << 48
MAGIC = b"\x93NUMPY"
_HEADERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
_INSTEAD = "Have whoever made the file save arrays of numbers."
Array = np.ndarray[Any, Any]


def read_npy(path: Path, budget: Budget) -> Array:
    """Reads the array in the file at `path`."""
    meter = Meter(path, budget, path.stat().st_size)
    with path.open("rb") as file:
        return _read(file, meter, "/", meter.size)


def read_npz(path: Path, budget: Budget) -> dict[str, Array]:
    """Reads all arrays in the archive at `path`, by name."""
    with open_zip(path, budget) as archive:
        return {
            name.removesuffix(".npy"): _read_member(
                archive.read(name), archive.meter, name
            )
            for name in archive.members
        }


def _read_member(data: bytes, meter: Meter, name: str) -> Array:
    return _read(io.BytesIO(data), meter, name, len(data))


def _read(file: BinaryIO, meter: Meter, where: str, size: int) -> Array:
    try:
        shape, fortran, dtype = _HEADERS[npy_format.read_magic(file)](file)
    except (
        ValueError,
        KeyError,
        TypeError,
        SyntaxError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        raise FileFormatError(
            f"{meter.path}, at '{where}', is damaged, or no array ({error!s:.200})."
        ) from None
    if dtype.hasobject or dtype.kind not in "biufcSU" or dtype.subdtype is not None:
        raise meter.refuse(
            where, f"the array holds {dtype!s:.60}, no plain numbers or texts", _INSTEAD
        )
    nbytes = size - file.tell()
    is_stored = prod(shape) * dtype.itemsize == nbytes
    is_small = prod(filter(None, shape)) < MAX_ITEMS
    if min(shape, default=0) < 0 or not is_stored or not is_small:
        raise FileFormatError(
            f"{meter.path}, at '{where}', is damaged: {nbytes:,} bytes are stored and "
            f"its header claims the shape {shape!s:.80} of {dtype}."
        )
    meter.spend_array(where, nbytes)
    values = np.empty(0, dtype)
    if nbytes:
        values = np.frombuffer(bytearray(file.read(nbytes)), dtype)
    values = values.reshape(shape, order="F" if fortran else "C")
    return values.astype(dtype.newbyteorder("="), copy=False)
