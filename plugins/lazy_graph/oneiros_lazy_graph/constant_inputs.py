"""Constant inputs: sample weights that nobody gave are ones, and compile as a constant.

Such an input is an array with a single number in memory, as `np.broadcast_to` makes it.
It is known by that: values aren't looked at otherwise, since a batch of labels that
happen to be ones must not be compiled for.

Without it a step of `fit` takes 9 to 11 % more on the small network (case d of the
comparison) on TensorFlow, and `train_on_batch` 3 to 4 % more on JAX: processor time,
medians and minima of interleaved turns of two processes on a shared machine, in one of
which all weights were full arrays, as
`benchmarks/mechanisms.py constant_inputs` measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def ones(shape: Shape, dtype: Any) -> Array:
    """Returns an array of ones with a single number in memory."""
    return np.broadcast_to(np.ones((), dtype), shape)


def is_constant(array: Any) -> bool:
    """Tells whether an array is like those of `ones`."""
    if not isinstance(array, np.ndarray) or not array.ndim or not array.size:
        return False
    has_single_number = not any(array.strides)
    return has_single_number and bool(array.flat[0] == 1)


def split(arrays: Sequence[Any]) -> tuple[tuple[int, ...], list[Any]]:
    """Returns the places of the constant inputs, and the other arrays."""
    places = tuple(i for i, array in enumerate(arrays) if is_constant(array))
    others = [array for i, array in enumerate(arrays) if i not in places]
    return places, others


def joined(
    others: Sequence[Any],
    shapes: Mapping[int, Shape],
    dtypes: Sequence[Any],
) -> list[Any]:
    """Returns all inputs in their order: the reverse of `split`.

    # Arguments
        others: the arrays that are no constants.
        shapes: the constants' shapes by their places.
        dtypes: the types of all inputs.
    """
    arrays = list(others)
    for place, shape in sorted(shapes.items()):
        arrays.insert(place, ones(shape, dtypes[place]))
    return arrays
