"""The common type of an operation's operands, the same on every backend, according to
the rule in `oneiros.backend.contract`."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.explained import Explained
from oneiros_backend_toolkit.tensors import Tensor

DType = np.dtype[Any]

INTEGERS = "iu"
DISCRETE = "biu"
"""NumPy's kinds of types that aren't floats."""
SOME_FLOAT = 0.5
"""A constant float among operands converts integers to floats, and keeps the type of
floats."""


def common_type(
    tensors: Iterable[DType],
    constants: Iterable[DType],
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
    tensor_types = [np.dtype(dtype) for dtype in tensors]
    constant_kinds = {dtype.kind for dtype in constants}
    floats = [dtype for dtype in tensor_types if dtype.kind not in DISCRETE]
    if floats:
        return max(floats, key=_width)
    if constant_kinds.difference(DISCRETE):
        return np.dtype(default)
    integers = [dtype for dtype in tensor_types if dtype.kind in INTEGERS]
    if integers:
        return _common_integer_type(integers)
    if arithmetic or constant_kinds.intersection(INTEGERS):
        return np.dtype(np.int32)
    return np.dtype(bool)


def _width(dtype: DType) -> tuple[bool, int]:
    """Returns a key that compares the widths of float types; complex types are wider
    than real ones."""
    return dtype.kind == "c", dtype.itemsize


def _common_integer_type(integers: Sequence[DType]) -> DType:
    """Returns the integer type that can represent all of these; int64 if there is
    none."""
    dtype: DType = reduce(np.promote_types, integers)
    return dtype if dtype.kind in INTEGERS else np.dtype(np.int64)


def adapted(constant, dtype: DType) -> np.ndarray[Any, Any]:
    """Converts a number or an array to a type.

    # Raises
        ArgumentError: if it is an integer type that can't represent an integer.
    """
    array = np.asarray(constant)
    if dtype.kind in INTEGERS and array.dtype.kind in INTEGERS and array.size:
        _check_holds(dtype, array)
    return array.astype(dtype)


def _check_holds(dtype: DType, integers: np.ndarray[Any, Any]) -> None:
    bounds = np.iinfo(dtype)
    least = int(integers.min())
    greatest = int(integers.max())
    if bounds.min <= least and greatest <= bounds.max:
        return
    too_far = least if least < bounds.min else greatest
    raise ArgumentError(
        f"A tensor of {dtype.name} was combined with {too_far}, which doesn't fit: "
        f"its type ranges from {bounds.min} to {bounds.max}. Convert it first with "
        "K.cast(x, 'int32') or 'float32'."
    )


def check_has_bits(dtype: DType) -> None:
    """Checks that a type supports `&`, `|`, `^` and `~`."""
    if dtype.kind not in DISCRETE:
        raise ArgumentError(
            f"&, |, ^ and ~ need integers or booleans; received {dtype.name}. "
            "K.not_equal(x, 0) converts numbers to booleans."
        )


def widest_bounds(dtype: DType) -> tuple[Any, Any]:
    """Returns the least and the greatest value of a type; infinities for floats."""
    if dtype.kind in INTEGERS:
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -np.inf, np.inf


def clipping_bounds(low, high, dtype: DType) -> tuple[Any, Any]:
    """Returns bounds for clipping values of a type.

    None means no bound, and so does a number outside the range of the type.
    """
    least, greatest = widest_bounds(dtype)
    if low is None or (is_int(low) and low < least):
        low = least
    if high is None or (is_int(high) and high > greatest):
        high = greatest
    return low, high


class Types(Explained):
    """A backend that casts operands to their common type."""

    def common_type(self, values: Sequence[Tensor], arithmetic: bool = True) -> DType:
        """Returns the common type of operands."""
        tensor_types: list[DType] = []
        constant_types: list[DType] = []
        for x in values:
            types = tensor_types if self.owns(x) else constant_types
            types.append(self._type_of(x))
        return common_type(tensor_types, constant_types, floatx(), arithmetic)

    def alike(self, *values, arithmetic: bool = True) -> list[Tensor]:
        """Converts operands to tensors and arrays of their common type."""
        dtype = self.common_type(values, arithmetic)
        return [self._as_type(x, dtype) for x in values]

    def as_floats(self, *values):
        """Converts operands for a fractional result: integers and booleans become
        floats of the common type, floats stay unchanged."""
        dtype = self.common_type([*values, SOME_FLOAT])
        converted = []
        for x in values:
            if self._type_of(x).kind in DISCRETE:
                x = self._as_type(x, dtype)
            converted.append(x)
        return converted

    def _type_of(self, x):
        if self.owns(x):
            return np.dtype(self.dtype(x))
        return np.asarray(x).dtype

    def floats_alike(self, *values) -> list[Tensor]:
        """Converts operands to tensors and arrays of their common float type."""
        dtype = self.common_type([*values, SOME_FLOAT])
        return [self._as_type(x, dtype) for x in values]

    def _as_type(self, x, dtype: DType):
        if not self.owns(x):
            return adapted(x, dtype)
        if self.dtype(x) == dtype.name:
            return x
        return self.cast(x, dtype.name)
