"""The common type of an operation's operands, the same on every backend, according to
the rule in `oneiros.backend.contract`."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError
from oneiros.typing import Array, Tensors

from oneiros_backend_toolkit.explained import Explained

DType = np.dtype

INTEGERS = "iu"
DISCRETE = "biu"
"""NumPy's kinds of types that aren't floats."""
SOME_FLOAT = 0.5
"""A constant float among operands converts integers to floats, and keeps the type of
floats."""


def common_type(
    tensors: Sequence[DType],
    constants: Sequence[DType],
    default: str,
    arithmetic: bool = True,
) -> DType:
    """Returns the common type of operands.

    # Arguments
        tensors: types of the tensors.
        constants: types of the numbers and arrays.
        default: name of the default float type.
        arithmetic: whether booleans count as integers, as in arithmetic.
    """
    constant_kinds = {dtype.kind for dtype in constants}
    floats = [dtype for dtype in tensors if dtype.kind not in DISCRETE]
    if floats:
        return max(floats, key=_width)
    if constant_kinds.difference(DISCRETE):
        return np.dtype(default)
    integers = [dtype for dtype in tensors if dtype.kind in INTEGERS]
    if integers:
        widest: DType = reduce(np.promote_types, integers)
        if widest.kind in INTEGERS:
            return widest
        # No type of integers can represent both int64 and uint64
        return np.dtype(np.int64)
    if arithmetic or constant_kinds.intersection(INTEGERS):
        return np.dtype(np.int32)
    return np.dtype(bool)


def _width(dtype: DType) -> tuple[bool, int]:
    """Returns a key that compares the widths of float types; complex types are wider
    than real ones."""
    return dtype.kind == "c", dtype.itemsize


def adapted(constant, dtype: DType) -> Array:
    """Converts a number or an array to a type.

    # Raises
        ArgumentError: if it is an integer type that can't represent an integer.
    """
    array = np.asarray(constant)
    if dtype.kind not in INTEGERS or array.dtype.kind not in INTEGERS:
        return array.astype(dtype)
    bounds = np.iinfo(dtype)
    too_far = array[(array < bounds.min) | (array > bounds.max)]
    if too_far.size:
        raise ArgumentError(
            f"A tensor of {dtype.name} was combined with {too_far[0]}, which doesn't "
            f"fit: its type ranges from {bounds.min} to {bounds.max}. Convert it first "
            "with K.cast(x, 'int32') or 'float32'."
        )
    return array.astype(dtype)


def clipping_bounds(low, high, dtype: DType) -> tuple[Any, Any]:
    """Returns bounds for clipping values of a type.

    None means no bound, and so does a number outside the range of the type.
    """
    least: Any = -np.inf
    greatest: Any = np.inf
    if dtype.kind in INTEGERS:
        least = np.iinfo(dtype).min
        greatest = np.iinfo(dtype).max
    if low is None or (is_int(low) and low < least):
        low = least
    if high is None or (is_int(high) and high > greatest):
        high = greatest
    return low, high


class Types(Explained):
    """A backend that casts operands to their common type."""

    def alike(self, *values, arithmetic: bool = True) -> Tensors:
        """Converts operands to tensors and arrays of their common type."""
        tensor_types: list[DType] = []
        constant_types: list[DType] = []
        for x in values:
            if self.owns(x):
                tensor_types.append(np.dtype(self.dtype(x)))
            else:
                constant_types.append(np.asarray(x).dtype)
        dtype = common_type(tensor_types, constant_types, floatx(), arithmetic)
        return [self._as_type(x, dtype) for x in values]

    def floats_alike(self, *values) -> Tensors:
        """Converts operands to tensors and arrays of their common float type."""
        *floats, _ = self.alike(*values, SOME_FLOAT)
        return floats

    def _as_type(self, x, dtype: DType):
        if not self.owns(x):
            return adapted(x, dtype)
        if self.dtype(x) == dtype.name:
            return x
        return self.cast(x, dtype.name)
