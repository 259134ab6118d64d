"""The type that the operands of an operation have in common, on every backend: the rule
that `oneiros.backend.contract` states, computed."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from oneiros.backend.common import floatx
from oneiros.backend.contract import Backend

T = Any
DType = np.dtype[Any]

INTEGERS = "iu"
DISCRETE = "biu"
"""Kinds of types, as NumPy abbreviates them, that aren't of floats."""


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
    types = [np.dtype(dtype) for dtype in tensors]
    plain = list(constants)
    floats = [dtype for dtype in types if dtype.kind not in DISCRETE]
    if floats:
        return max(floats, key=lambda dtype: (dtype.kind == "c", dtype.itemsize))
    if any(dtype.kind not in DISCRETE for dtype in plain):
        return np.dtype(default)
    integers = [dtype for dtype in types if dtype.kind in INTEGERS]
    if integers:
        return _wider(integers)
    if arithmetic or any(dtype.kind in INTEGERS for dtype in plain):
        return np.dtype(np.int32)
    return np.dtype(bool)


def widest_bounds(dtype: DType) -> tuple[Any, Any]:
    """Returns the least and the greatest value of a type; infinities for floats."""
    if dtype.kind in INTEGERS:
        return np.iinfo(dtype).min, np.iinfo(dtype).max
    return -np.inf, np.inf


def clipping_bounds(low: Any, high: Any, dtype: DType) -> tuple[Any, Any]:
    """Returns bounds to clip values of a type by, where None means no bound."""
    least, greatest = widest_bounds(dtype)
    return least if low is None else low, greatest if high is None else high


def _wider(integers: Sequence[DType]) -> DType:
    """Returns the integer type that holds all of these, as far as there is one."""
    dtype: DType = reduce(np.promote_types, integers)
    return dtype if dtype.kind in INTEGERS else np.dtype(np.int64)


class Types(Backend):
    """A backend that casts operands to the type that they have in common."""

    def common_type(self, values: Sequence[T], arithmetic: bool = True) -> DType:
        """Returns the type that operands have in common."""
        tensors = [np.dtype(self.dtype(x)) for x in values if self.owns(x)]
        constants = [np.asarray(x).dtype for x in values if not self.owns(x)]
        return common_type(tensors, constants, floatx(), arithmetic)

    def alike(self, *values: T, arithmetic: bool = True) -> list[T]:
        """Returns operands as tensors and arrays of the type that they have in
        common."""
        dtype = self.common_type(values, arithmetic)
        return [self._as_type(x, dtype) for x in values]

    def _as_type(self, x, dtype: DType) -> T:
        if not self.owns(x):
            return np.asarray(x, dtype)
        return x if self.dtype(x) == dtype.name else self.cast(x, dtype.name)
