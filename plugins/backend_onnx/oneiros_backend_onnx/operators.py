"""The functions behind Python's operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.operations import Operations, on_pair
from oneiros_backend_onnx.tensors import Operand
from oneiros_backend_onnx.transposition import pointwise
from oneiros_backend_onnx.type_promotion import (
    bits,
    computed,
    countable,
    floats,
    paired,
)

T = Any


def _divided(x: T, y: T) -> T:
    return pointwise("Div", *map(floats, paired(x, y)))


def _floor_divided(x: T, y: T) -> T:
    if type(x) is int and type(y) is int:
        return x // y
    x, y = paired(x, y)
    if x.dtype.kind == "f":
        return emit("Floor", emit("Div", x, y))
    return computed("Div", computed("Sub", x, computed("Mod", x, y)), y)


def _remainder(x: T, y: T) -> T:
    if type(x) is int and type(y) is int:
        return x % y
    x, y = paired(x, y)
    if x.dtype.kind != "f":
        return computed("Mod", x, y)
    whole = emit("Floor", emit("Div", x, y))
    return emit("Sub", x, emit("Mul", y, whole))


def _on_bits(name: str) -> Callable[[T, T], T]:
    """Returns a function of two tensors, of truth values or of integers."""

    def function(x: T, y: T) -> T:
        x, y = bits(x, y)
        return emit(name if x.dtype == bool else f"Bitwise{name}", x, y)

    return function


def _inverted(x: T) -> T:
    (x,) = bits(x)
    return emit("Not" if x.dtype == bool else "BitwiseNot", x)


def _negative(x: T) -> T:
    if type(x) is int:
        return -x
    x = countable(x)
    if x.dtype.kind == "u":
        return computed("Sub", *paired(np.zeros((), x.dtype), x))
    return computed("Neg", x)


OPERATORS: dict[str, Callable[..., T]] = {
    "add": on_pair("Add"),
    "sub": on_pair("Sub"),
    "mul": on_pair("Mul"),
    "truediv": _divided,
    "floordiv": _floor_divided,
    "mod": _remainder,
    "pow": Operations.pow,
    "matmul": on_pair("MatMul"),
    "and": _on_bits("And"),
    "or": _on_bits("Or"),
    "xor": _on_bits("Xor"),
    "invert": _inverted,
    "neg": _negative,
    "abs": Operations.abs,
    "lt": Operations.lesser,
    "le": Operations.lesser_equal,
    "gt": Operations.greater,
    "ge": Operations.greater_equal,
    "getitem": indexed,
}
"""Functions by method name."""

Operand.operators.update(OPERATORS)
