"""Reads NumPy's archives, `.npz`: arrays of numbers and texts, never pickled
objects. Lists are read as plain data if the caller asks for them."""

import warnings
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy_format
from oneiros.errors import FileFormatError
from oneiros.typing import Array

from oneiros_safe_files.archives import open_zip
from oneiros_safe_files.budget import DATA, Budget, Quota, check_time
from oneiros_safe_files.pickles import load_pickle

_BLOCK = 1 << 20
_HEADERS: dict[Any, Any] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}
_LONGEST_HEADER = 2_000
_INSTEAD = "Ask its author to save arrays of numbers."


def read_npz(
    path: Path, budget: Budget = DATA, objects: bool = False
) -> dict[str, Array]:
    """Reads all arrays in the archive at `path`; returns them by name.

    # Arguments
        path: the file.
        budget: the limits for reading it.
        objects: bool, whether to read arrays of lists, too, as plain data like in any
            pickle.
    """
    arrays = {}
    with open_zip(path, budget) as archive:
        for name in archive.members:
            with archive.open(name) as (file, size):
                archive.quota.where = name
                array = _read(file, archive.quota, size, objects)
            arrays[name.removesuffix(".npy")] = array
    return arrays


def _read(file: IO[bytes], quota: Quota, size: int, objects: bool) -> Array:
    damage = f"{quota.path}, at '{quota.where}', is damaged"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            read_header = _HEADERS[npy_format.read_magic(file)]
            shape, fortran, dtype = read_header(file, _LONGEST_HEADER)
    except Exception as error:  # what isn't a header fails in many ways
        raise FileFormatError(
            f"{damage} or not an array ({type(error).__name__}: {error!s:.200})."
        ) from None
    if objects and dtype.kind == "O":
        array = load_pickle(file.read(), quota.path)
        if not isinstance(array, np.ndarray):
            raise FileFormatError(f"{damage}: it isn't an array.")
        return array
    if dtype.hasobject or dtype.kind not in "biufcSU" or dtype.subdtype is not None:
        reason = f"the array holds {dtype!s:.60}, not numbers or texts"
        raise quota.refuse(reason, _INSTEAD)
    nbytes = size - file.tell()
    is_stored = prod(shape) * dtype.itemsize == nbytes
    if not dtype.itemsize or not is_stored or min(shape, default=0) < 0:
        raise FileFormatError(
            f"{damage}: it stores {nbytes:,} bytes, but its header claims the shape "
            f"{shape!s:.80} of {dtype}."
        )
    content = bytearray()
    while block := file.read(_BLOCK):
        check_time()
        content += block
    try:
        values = np.ndarray(shape, dtype, content, order="F" if fortran else "C")
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"{damage}: {error!s:.200}.") from None
    return values.astype(dtype.newbyteorder("="), copy=False)
