"""Arrays of untrusted HDF5 files: checked first, read later; and errors of reading
HDF5, each with the file and the place."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.file_access import is_refusal, unreadable
from oneiros_safe_files.hdf5_format import layout
from oneiros_safe_files.hdf5_format.file import HDF5Object
from oneiros_safe_files.hdf5_format.layout import (
    SUPPORTED,
    Chunk,
    Pipeline,
    find_chunks,
    grid,
)
from oneiros_safe_files.hdf5_format.source import UNDEFINED, UnsupportedError
from oneiros_safe_files.hdf5_format.types import FLOAT, INTEGER
from oneiros_safe_files.quota import Quota

Array = np.ndarray[Any, Any]
COPY = (
    "Copy the data into one plain file, e.g. with `h5copy` or `h5repack`, and load "
    "that."
)
RESAVE = "Save the model again with the program that wrote it."
"""What to do about a file that is refused."""
_FOREIGN = (
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
_AXES_PER_STEP = 8
"""How many axes of a block's position take as long as a step."""
_OVERHEAD_BYTES = 1024
"""How much longer than its elements a compressed block may be, beside one per cent."""


@contextmanager
def reading(quota: Quota, where: str) -> Iterator[None]:
    """Converts errors to one that names the file and the place `where`.

    # Raises
        FileFormatError: if the file is damaged, or has what isn't supported.
        FileAccessError: if the system refuses to read it.
    """
    quota.where = where
    try:
        yield
    except OneirosError:
        raise
    except UnsupportedError as error:
        raise FileFormatError(
            f"{quota.path}: '{where:.300}' can't be read: {error}. Type: h5repack OLD "
            "NEW, and load NEW."
        ) from error
    except _FOREIGN as error:
        if is_refusal(error):
            raise unreadable(quota.path, error) from error
        raise FileFormatError(
            f"{quota.path} is damaged or truncated, or isn't HDF5: reading "
            f"'{where:.300}' failed ({error}). Restore it from a copy, or save the "
            "model again."
        ) from error


class StoredArray:
    """An array of an open HDF5 file with a checked type and size.

    # Properties
        shape: tuple of int.
        dtype: NumPy dtype in native byte order.
    """

    def __init__(self, dataset: HDF5Object, quota: Quota, where: str) -> None:
        self._source = dataset.file.source
        self._quota = quota
        self.where = where
        with reading(quota, where):
            self._check(dataset)

    def _check(self, dataset: HDF5Object) -> None:
        quota = self._quota
        where = self.where
        self._layout = dataset.layout
        if self._layout.kind == layout.VIRTUAL or dataset.has_external_data:
            raise quota.refuse(where, "the array's data is in another file", COPY)
        kind = dataset.datatype
        if kind.kind not in (INTEGER, FLOAT) or kind.dtype is None:
            raise quota.refuse(
                where, "the array doesn't hold plain integers or floats", RESAVE
            )
        shape = dataset.shape
        if shape is None:
            raise FileFormatError(
                f"{quota.path}: the array at '{where:.300}' has no shape. {RESAVE}"
            )
        self.shape = shape
        self._stored_dtype = kind.dtype
        self.dtype: np.dtype[Any] = kind.dtype.newbyteorder("=")
        self._nbytes = prod(shape) * self.dtype.itemsize
        if self._layout.kind == layout.CHUNKED:
            self._check_chunks(dataset)
        else:
            quota.spend_array(where, self._nbytes)
            self._check_stored()

    def _check_stored(self) -> None:
        stored = self._layout.size
        if self._layout.address == UNDEFINED:
            stored = 0
        if stored is not None and stored < self._nbytes:
            raise self._quota.refuse(
                self.where,
                f"the array claims {self._nbytes:,} bytes but stores fewer",
                RESAVE,
            )

    def _check_chunks(self, dataset: HDF5Object) -> None:
        chunks = self._layout.chunks
        if len(chunks) != len(self.shape) or not all(chunks):
            raise ValueError(f"its blocks have the impossible shape {chunks}")
        counts = (
            -(-size // chunk) for size, chunk in zip(self.shape, chunks, strict=True)
        )
        count = prod(counts)
        block = prod(chunks) * self.dtype.itemsize
        quota = self._quota
        quota.spend_array(self.where, max(count, 1) * block)
        quota.spend_steps(count)
        quota.spend_steps(count * (len(chunks) // _AXES_PER_STEP))
        filters = dataset.filters
        if filters:
            quota.check_block(self.where, block)
        for number in sorted(set(filters) - SUPPORTED):
            raise quota.refuse(
                self.where,
                f"the array is stored with the HDF5 filter {number}",
                "Run `h5repack -f NONE` on it, and load the result.",
            )
        self._pipeline = Pipeline(filters, block, self.dtype.itemsize)

    def read(self) -> Array:
        """Returns the array, in native byte order."""
        with reading(self._quota, self.where):
            if self._layout.kind == layout.CHUNKED:
                values = self._read_chunks()
            else:
                values = np.empty(self.shape, self._stored_dtype)
                self._fill(values)
            return values.astype(self.dtype, copy=False)

    def _fill(self, values: Array) -> None:
        if not values.size:
            return
        if self._layout.kind == layout.CONTIGUOUS:
            self._source.read_into(self._layout.address, values)
            return
        data = np.frombuffer(self._layout.data, self._stored_dtype, values.size)
        values[...] = data.reshape(values.shape)

    def _read_chunks(self) -> Array:
        """Returns an array that is stored in chunks."""
        values = np.empty(self.shape, self._stored_dtype)
        shape = self._layout.chunks
        itemsize = self.dtype.itemsize
        chunks = find_chunks(self._source, self._layout, self.shape, itemsize)
        for position in grid(self.shape, shape):
            block = self._decoded(chunks.get(position), position)
            ends = zip(position, shape, strict=True)
            target = values[tuple(slice(start, start + size) for start, size in ends)]
            target[...] = block[tuple(slice(0, size) for size in target.shape)]
            del block
        return values

    def _decoded(self, chunk: Chunk | None, position: tuple[int, ...]) -> Array:
        nbytes = self._pipeline.nbytes
        longest = nbytes + nbytes // 100 + _OVERHEAD_BYTES
        if chunk is None or chunk.address == UNDEFINED or chunk.size > longest:
            raise self._quota.refuse(
                self.where, f"the block at {position} is missing or too long", RESAVE
            )
        self._quota.spend_read(self.where, chunk.size)
        data = self._source.read_data(chunk.address, chunk.size)
        decoded = self._pipeline.decode(data, chunk.skipped)
        if len(decoded) != nbytes:
            raise FileFormatError(
                f"{self._quota.path} is damaged: a block of '{self.where:.300}' has "
                f"{len(decoded)} bytes, not {nbytes}."
            )
        return np.frombuffer(decoded, self._stored_dtype).reshape(self._layout.chunks)
