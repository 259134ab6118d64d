"""The type that the operands of an operation have in common, on every backend: the rule
that `oneiros.backend.contract` states, computed."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.explained import Explained

T = Any
DType = np.dtype[Any]

INTEGERS = "iu"
DISCRETE = "biu"
"""Kinds of types, as NumPy abbreviates them, that aren't of floats."""
SOME_FLOAT = 0.5
"""A constant float among operands makes floats of integers, and leaves floats as they
are."""


def common_type(
    tensors: Iterable[DType],
    constants: Iterable[DType],
    default: str,
    arithmetic: bool = True,
) -> DType:
    """Returns the type that operands have in common.

    # Arguments
        tensors: types of the tensors among them.
        constants: types of the numbers and arrays among them.
        default: name of the default float type.
        arithmetic: whether something is computed of them, so that booleans count as
            integers.
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
    """Returns what the wider of two types of floats has more of; complex types are
    wider than real ones."""
    return dtype.kind == "c", dtype.itemsize


def _common_integer_type(integers: Sequence[DType]) -> DType:
    """Returns the integer type that holds all of these; int64 where none does."""
    dtype: DType = reduce(np.promote_types, integers)
    return dtype if dtype.kind in INTEGERS else np.dtype(np.int64)


def adapted(constant: Any, dtype: DType) -> np.ndarray[Any, Any]:
    """Returns a number or an array as one of a type.

    # Raises
        ArgumentError: if that is an integer type, which can't hold an integer.
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
        f"A tensor of {dtype.name} met the number {too_far}, which that type doesn't "
        f"hold: it goes from {bounds.min} to {bounds.max}. Convert the tensor first: "
        "K.cast(x, 'int32'), or 'float32'."
    )


def check_has_bits(dtype: DType) -> None:
    """Checks that `&`, `|`, `^` and `~` can be computed on a type."""
    if dtype.kind not in DISCRETE:
        raise ArgumentError(
            f"&, |, ^ and ~ take integers and booleans; they received {dtype.name}. "
            "K.not_equal(x, 0) makes booleans of numbers."
        )


def widest_bounds(dtype: DType) -> tuple[Any, Any]:
    """Returns the least and the greatest value of a type; infinities for floats."""
    if dtype.kind in INTEGERS:
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -np.inf, np.inf


def clipping_bounds(low: Any, high: Any, dtype: DType) -> tuple[Any, Any]:
    """Returns bounds to clip values of a type by.

    None means no bound, and so does a number beyond what the type holds.
    """
    least, greatest = widest_bounds(dtype)
    if low is None or (is_int(low) and low < least):
        low = least
    if high is None or (is_int(high) and high > greatest):
        high = greatest
    return low, high


class Types(Explained):
    """A backend that casts operands to the type that they have in common."""

    def common_type(self, values: Sequence[T], arithmetic: bool = True) -> DType:
        """Returns the type that operands have in common."""
        tensor_types = [np.dtype(self.dtype(x)) for x in values if self.owns(x)]
        constant_types = [np.asarray(x).dtype for x in values if not self.owns(x)]
        return common_type(tensor_types, constant_types, floatx(), arithmetic)

    def alike(self, *values: T, arithmetic: bool = True) -> list[T]:
        """Returns operands as tensors and arrays of the type that they have in
        common."""
        dtype = self.common_type(values, arithmetic)
        return [self._as_type(x, dtype) for x in values]

    def as_floats(self, *values: T) -> list[T]:
        """Returns operands of what is a fraction by its nature: integers and booleans
        as floats of the type that all have in common, floats as they are."""
        dtype = self.common_type([*values, SOME_FLOAT])
        return [self._as_type(x, dtype) if self._is_discrete(x) else x for x in values]

    def floats_alike(self, *values: T) -> list[T]:
        """Returns operands as tensors and arrays of the float type that they have in
        common."""
        dtype = self.common_type([*values, SOME_FLOAT])
        return [self._as_type(x, dtype) for x in values]

    def _is_discrete(self, x) -> bool:
        dtype = self.dtype(x) if self.owns(x) else np.asarray(x).dtype
        return np.dtype(dtype).kind in DISCRETE

    def _as_type(self, x, dtype: DType) -> T:
        if not self.owns(x):
            return adapted(x, dtype)
        if self.dtype(x) == dtype.name:
            return x
        return self.cast(x, dtype.name)
