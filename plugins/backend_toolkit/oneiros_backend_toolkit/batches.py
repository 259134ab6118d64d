"""Batches from whole data sets in NumPy arrays.

A loop compiled for an exact number of steps would have to be compiled again for more
steps. With such loops, training on 3, 6, 12 and then 24 batches of case d of
`benchmarks/compare.py` takes 2.4 times as long on JAX (`benchmarks/mechanisms.py
longer_loops`).
"""

import math
from collections.abc import Sequence

import numpy as np
from oneiros.typing import Array

ALIGNMENT = 64
"""Memory alignment that XLA and TensorFlow need, in bytes."""
LEAST_STEPS = 32
"""Minimum number of steps for which a loop over small data on the device is
compiled."""
MOST_NUMBERS = 2**18
"""Maximum number of values in the batches of that many steps, because gathering batches
of unused steps is wasted work."""


def aligned_copy(array: Array, dtype=None) -> Array:
    """Returns a copy of an array with a type, aligned as XLA and TensorFlow need it."""
    copy_dtype = np.dtype(dtype or array.dtype)
    byte_count = array.size * copy_dtype.itemsize
    memory = np.empty(byte_count + ALIGNMENT, np.uint8)
    start = -_address(memory) % ALIGNMENT
    end = start + byte_count
    flat = memory[start:end].view(copy_dtype)
    copy: Array = flat.reshape(array.shape)
    np.copyto(copy, array, casting="unsafe")
    return copy


def aligned(array: Array) -> Array:
    """Returns the array itself if engines can compute on its memory, or else a copy."""
    offset = _address(array) % ALIGNMENT
    if array.flags.c_contiguous and offset == 0:
        return array
    return aligned_copy(array)


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def are_on_host(arrays) -> bool:
    """Returns whether data is in NumPy arrays, as after `Function.borrow`."""
    return any(isinstance(array, np.ndarray) for array in arrays)


def compiled_steps(steps: int, batch: int, arrays) -> int:
    """Returns the number of steps for which to compile a loop, so that a slightly
    longer loop can reuse it.

    # Arguments
        steps: the actual number of steps.
        batch: rows per batch.
        arrays: the data. Batches of NumPy arrays are views, but only for the actual
            steps.
    """
    if are_on_host(arrays):
        return steps
    numbers_in_row = 0
    for array in arrays:
        row_shape = array.shape[1:]
        numbers_in_row += math.prod(row_shape)
    numbers_in_batch = max(batch * numbers_in_row, 1)
    affordable = MOST_NUMBERS // numbers_in_batch
    wanted = min(LEAST_STEPS, affordable)
    return max(steps, wanted)


def padded_index(index: Array, steps: int) -> Array:
    """Pads an index to a number of steps; the added steps name the first row."""
    if len(index) == steps:
        return index
    shape = (steps, *index.shape[1:])
    longer = np.zeros(shape, index.dtype)
    longer[: len(index)] = index
    return longer


def batches_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows of each array for an index of shape (steps, batch), as views if
    possible."""
    rows = _as_slice(index.ravel())
    batches = []
    for array in arrays:
        row_shape = array.shape[1:]
        chosen = array[rows]
        batches.append(chosen.reshape(*index.shape, *row_shape))
    return batches


def rows_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows of each array for an index with one axis, as views if
    possible."""
    one_step = index[None]
    return [batches[0] for batches in batches_of(one_step, arrays)]


def _as_slice(rows: Array):
    """Returns consecutive rows as a slice, for which NumPy returns a view; other rows
    unchanged."""
    if not rows.size or (np.diff(rows) != 1).any():
        return rows
    return slice(rows[0], rows[-1] + 1)
