"""Batches out of whole data sets in NumPy arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
ALIGNMENT = 64
"""Bytes, of what XLA and TensorFlow compute on."""
SHORT_RUN = 32
"""Steps that any loop over small data on the device is compiled for."""
SMALL_RUN = 2**18
"""Numbers in the batches of a short run, at most: batches of steps that aren't run are
gathered in vain."""


def aligned_copy(array: Array, dtype: Any = None) -> Array:
    """Returns a copy of an array, of a type, that begins where XLA and TensorFlow want
    it."""
    kind = np.dtype(dtype or array.dtype)
    size = array.size * kind.itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -_address(memory) % ALIGNMENT
    flat = memory[start : start + size].view(kind)
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
    """Tells whether data is in NumPy arrays, as `Function.borrow` leaves it."""
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
    row = sum(math.prod(array.shape[1:]) for array in arrays)
    numbers = max(batch * row, 1)
    least: int = min(SHORT_RUN, SMALL_RUN // numbers)
    grain = 1 << max(0, steps.bit_length() - 3)
    rounded = math.ceil(steps / grain) * grain
    return max(rounded, least)


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
    flat = index.ravel()
    rows: Any = flat
    if flat.size and _is_range(flat):
        rows = slice(flat[0], flat[-1] + 1)
    return [array[rows].reshape(*index.shape, *array.shape[1:]) for array in arrays]


def rows_of(index: Array, arrays: Sequence[Array]) -> list[Array]:
    """Returns the rows that an index of one axis names, of each array; views, if they
    can be."""
    return [batches[0] for batches in batches_of(index[None], arrays)]


def _is_range(flat: Array) -> bool:
    if flat[-1] - flat[0] != len(flat) - 1:
        return False
    return bool((flat[1:] > flat[:-1]).all())
