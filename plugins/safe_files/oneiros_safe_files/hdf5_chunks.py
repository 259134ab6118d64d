"""Decodes the stored blocks ("chunks") of compressed arrays, because HDF5 itself
doesn't limit the decompressed size."""

from __future__ import annotations

import itertools
import zlib
from math import prod
from typing import Any

import h5py
import numpy as np
from oneiros.errors import FileFormatError

from oneiros_safe_files.meter import Meter

_FILTERS = {
    h5py.h5z.FILTER_DEFLATE,
    h5py.h5z.FILTER_SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32,
}
_CHECKSUM_BYTES = 4
_COPIES = 2
"""Number of copies of a block in memory during decoding: before and after a filter."""
_OVERHEAD_BYTES = 1024


def chunk_count(dataset: Any) -> int:
    """Returns how many chunks cover the whole array."""
    return prod(
        -(-size // chunk)
        for size, chunk in zip(dataset.shape, dataset.chunks, strict=True)
    )


def check_filters(dataset: Any, meter: Meter, where: str) -> None:
    """Refuses filters other than gzip, shuffle and checksums, because HDF5 would load a
    library for them."""
    for name in sorted(_filters(dataset) - _FILTERS):
        raise meter.refuse(
            where,
            f"the array is stored with the HDF5 filter {name}",
            "Run `h5repack -f NONE` on it, and load the result.",
        )


def read_chunks(dataset: Any, meter: Meter, where: str) -> np.ndarray[Any, Any]:
    """Returns the array, in the file's byte order.

    # Raises
        UnsafeFileError: if decoding needs more memory than the budget.
    """
    chunks = dataset.chunks
    dtype = dataset.dtype
    meter.check_memory(where, _COPIES * prod(chunks) * dtype.itemsize)
    values = np.empty(dataset.shape, dtype)
    grid = (
        range(0, size, chunk) for size, chunk in zip(dataset.shape, chunks, strict=True)
    )
    for offset in itertools.product(*grid):
        block = np.frombuffer(
            _read_chunk(dataset, offset, meter, where), dtype
        ).reshape(chunks)
        target = values[
            tuple(
                slice(start, start + chunk)
                for start, chunk in zip(offset, chunks, strict=True)
            )
        ]
        target[...] = block[tuple(slice(0, size) for size in target.shape)]
    return values


def _filters(dataset: Any) -> set[int]:
    return set(_pipeline(dataset))


def _pipeline(dataset: Any) -> list[int]:
    layout = dataset.id.get_create_plist()
    return [layout.get_filter(index)[0] for index in range(layout.get_nfilters())]


def _read_chunk(
    dataset: Any, offset: tuple[int, ...], meter: Meter, where: str
) -> bytes:
    itemsize = dataset.dtype.itemsize
    nbytes = prod(dataset.chunks) * itemsize
    stored = dataset.id.get_chunk_info_by_coord(offset)
    if stored.byte_offset is None or stored.size > min(
        nbytes + nbytes // 100 + _OVERHEAD_BYTES, meter.size
    ):
        raise meter.refuse(
            where,
            f"the block at {offset} is missing or too long",
            "Save the model again with the program that wrote it.",
        )
    skipped, data = dataset.id.read_direct_chunk(offset)
    for position, name in reversed(list(enumerate(_pipeline(dataset)))):
        if skipped & (1 << position):
            continue
        if name == h5py.h5z.FILTER_FLETCHER32:
            data = data[:-_CHECKSUM_BYTES]
        elif name == h5py.h5z.FILTER_DEFLATE:
            data = _inflate(data, nbytes + _CHECKSUM_BYTES)
        else:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
    if len(data) != nbytes:
        raise FileFormatError(
            f"{meter.path} is damaged: a block of '{where}' has {len(data)} bytes, not "
            f"{nbytes}."
        )
    return bytes(data)


def _inflate(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"a gzip block can't be decompressed: {error}") from error
