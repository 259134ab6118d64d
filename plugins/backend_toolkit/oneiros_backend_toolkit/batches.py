"""Batches out of whole data sets in NumPy arrays.

Loops that were compiled for exactly the steps there are would be compiled again for
more: trainings of 3, 6, 12 and 24 batches of case d of `benchmarks/compare.py`, one
after the other, take 2.4 times as long then on JAX
(`benchmarks/mechanisms.py longer_loops`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
ALIGNMENT = 64
"""Bytes, of what XLA and TensorFlow compute on."""
LEAST_STEPS = 32
"""Steps that any loop over small data on the device is compiled for, at least."""
MOST_NUMBERS = 2**18
"""Numbers in the batches of that many steps, at most: batches of steps that aren't run
are gathered in vain."""


def aligned_copy(array: Array, dtype: Any = None) -> Array:
    """Returns a copy of an array, of a type, that begins where XLA and TensorFlow want
    it."""
    copy_dtype = np.dtype(dtype or array.dtype)
    byte_count = array.size * copy_dtype.itemsize
    memory = np.empty(byte_count + ALIGNMENT, np.uint8)
    start = -_address(memory) % ALIGNMENT
    flat = memory[start : start + byte_count].view(copy_dtype)
    copy: Array = flat.reshape(array.shape)
    np.copyto(copy, array, casting="unsafe")
    return copy


def aligned(array: Array) -> Array:
    """Returns the array itself if engines can compute on its memory, else a copy."""
    if array.flags.c_contiguous and _address(array) % ALIGNMENT == 0:
        return array
    return aligned_copy(array)


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def are_on_host(arrays: Sequence[Any]) -> bool:
    """Returns whether data is in NumPy arrays, as `Function.borrow` leaves it."""
    return any(isinstance(array, np.ndarray) for array in arrays)


def compiled_steps(steps: int, batch: int, arrays: Sequence[Any]) -> int:
    """Returns how many steps to compile a loop for, so that one of some more needs no
    other.

    # Arguments
        steps: how many there are.
        batch: rows in a batch.
        arrays: the data. Of NumPy's arrays batches are views, but not of more steps
            than there are.
    """
    if are_on_host(arrays):
        return steps
    return max(_rounded_up(steps), _least_steps(batch, arrays))


def _rounded_up(steps: int) -> int:
    """Returns the next number whose binary digits after the first three are zeros."""
    grain = 1 << max(0, steps.bit_length() - 3)
    return math.ceil(steps / grain) * grain


def _least_steps(batch: int, arrays: Sequence[Any]) -> int:
    numbers_in_row = sum(math.prod(array.shape[1:]) for array in arrays)
    numbers_in_batch = max(batch * numbers_in_row, 1)
    return int(min(LEAST_STEPS, MOST_NUMBERS // numbers_in_batch))


def padded_index(index: Array, steps: int) -> Array:
    """Returns an index of so many steps; what is added names the first row."""
    if len(index) == steps:
        return index
    longer = np.zeros((steps, *index.shape[1:]), index.dtype)
    longer[: len(index)] = index
    return longer


def batches_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows that an index of shape (steps, batch) names, of each array;
    views, if they can be."""
    rows = _as_slice(index.ravel())
    return [array[rows].reshape(*index.shape, *array.shape[1:]) for array in arrays]


def rows_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows that an index of one axis names, of each array; views, if they
    can be."""
    return [batches[0] for batches in batches_of(index[None], arrays)]


def _as_slice(rows: Array) -> Any:
    """Returns consecutive rows as a slice, of which NumPy gives a view; others as they
    are."""
    if rows.size and _are_consecutive(rows):
        return slice(rows[0], rows[-1] + 1)
    return rows


def _are_consecutive(rows: Array) -> bool:
    if rows[-1] - rows[0] != len(rows) - 1:
        return False
    return bool((rows[1:] > rows[:-1]).all())
