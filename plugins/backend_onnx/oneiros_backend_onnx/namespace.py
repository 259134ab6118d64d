"""Operators of ONNX by NumPy's names, as `ArrayFunctions` calls them."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import numpy_helper

from oneiros_backend_onnx.graphs import emit, emit_shaped
from oneiros_backend_onnx.promotion import (
    SMALL_INTEGERS,
    cast,
    computed,
    constant,
    integers,
    shape_tensor,
)
from oneiros_backend_onnx.shapes import (
    as_scalar,
    expanded,
    reshaped,
    reversed_along,
    shape_of,
    static,
)
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import pointwise, transposed

CHOSEN_AS = SMALL_INTEGERS | {"bool": "uint8", "float16": "float32"}
"""Types between which ONNX Runtime can't choose, and others that hold their values."""
Axes = tuple[int, ...] | None


def _pointwise(op: str) -> Callable[..., Tensor]:
    """Returns an operator on floats."""

    def function(*tensors: Tensor) -> Tensor:
        return pointwise(op, *tensors)

    return staticmethod(function)


def _computed(op: str) -> Callable[..., Tensor]:
    """Returns an operator on numbers, of small types too."""

    def function(*tensors: Tensor) -> Tensor:
        return computed(op, *tensors)

    return staticmethod(function)


def _on_bits(op: str) -> Callable[..., Tensor]:
    """Returns an operator on truth values or integers."""

    def function(*tensors: Tensor) -> Tensor:
        is_bool = tensors[0].dtype == bool
        return emit(op if is_bool else f"Bitwise{op}", *tensors)

    return staticmethod(function)


def _reduced(op: str, x: Tensor, axis: Axes, keepdims: bool) -> Tensor:
    if axis == ():
        return x
    axes = None if axis is None else integers(*axis)
    return emit(op, x, axes, keepdims=int(keepdims))


def _reduction(op: str) -> Callable[..., Tensor]:
    """Returns a reduction, of short integers and truth values too."""

    def function(x: Tensor, axis: Axes, keepdims: bool) -> Tensor:
        if x.dtype.kind != "f":
            x = cast(x, np.int64 if x.dtype.itemsize > 4 else np.int32)
        return _reduced(op, x, axis, keepdims)

    return staticmethod(function)


def _place(op: str) -> Callable[..., Tensor]:
    def function(x: Tensor, axis: int) -> Tensor:
        return emit(op, x, axis=axis, keepdims=0)

    return staticmethod(function)


def _filled(value: int) -> Callable[..., Tensor]:
    """Returns a function that fills the shape of a tensor with a number."""

    def function(x: Tensor, dtype) -> Tensor:
        number = numpy_helper.from_array(np.array([value], dtype))
        target = shape_tensor(shape_of(x).items)
        result = emit_shaped("ConstantOfShape", x.shape, target, value=number)
        result.is_zero = value == 0
        return result

    return staticmethod(function)


class Namespace:
    """Functions of tensors."""

    abs = _computed("Abs")
    add = _computed("Add")
    argmax = _place("ArgMax")
    argmin = _place("ArgMin")
    bitwise_and = _on_bits("And")
    bitwise_or = _on_bits("Or")
    bitwise_xor = _on_bits("Xor")
    cos = _pointwise("Cos")
    divide = _pointwise("Div")
    equal = _computed("Equal")
    exp = _pointwise("Exp")
    greater = _computed("Greater")
    greater_equal = _computed("GreaterOrEqual")
    invert = _on_bits("Not")
    less = _computed("Less")
    less_equal = _computed("LessOrEqual")
    log = _pointwise("Log")
    matmul = _computed("MatMul")
    max = _reduction("ReduceMax")
    maximum = _computed("Max")
    mean = _reduction("ReduceMean")
    min = _reduction("ReduceMin")
    minimum = _computed("Min")
    multiply = _computed("Mul")
    ones_like = _filled(1)
    power = _computed("Pow")
    prod = _reduction("ReduceProd")
    sigmoid = _pointwise("Sigmoid")
    sign = _computed("Sign")
    sin = _pointwise("Sin")
    softplus = _pointwise("Softplus")
    subtract = _computed("Sub")
    sum = _reduction("ReduceSum")
    tanh = _pointwise("Tanh")
    zeros_like = _filled(0)

    @staticmethod
    def any(x: Tensor, axis: Axes, keepdims: bool) -> Tensor:
        count = _reduced("ReduceSum", cast(x, np.int32), axis, keepdims)
        return cast(count, bool)

    @staticmethod
    def all(x: Tensor, axis: Axes, keepdims: bool) -> Tensor:
        return emit("Not", Namespace.any(emit("Not", x), axis, keepdims))

    @staticmethod
    def arange(start: Tensor, stop: Tensor, step: Tensor) -> Tensor:
        return emit("Range", *map(as_scalar, (start, stop, step)))

    @staticmethod
    def concatenate(tensors: Sequence[Tensor], axis: int) -> Tensor:
        return emit("Concat", *tensors, axis=axis)

    @staticmethod
    def expand_dims(x: Tensor, axis: int) -> Tensor:
        return emit("Unsqueeze", x, integers(axis))

    @staticmethod
    def flip(x: Tensor, axes: Sequence[int]) -> Tensor:
        return reversed_along(x, axes)

    @staticmethod
    def floor_divide(x: Tensor, y: Tensor) -> Tensor:
        if x.dtype.kind == "f":
            return emit("Floor", emit("Div", x, y))
        return computed("Div", computed("Sub", x, computed("Mod", x, y)), y)

    @staticmethod
    def mod(x: Tensor, y: Tensor) -> Tensor:
        if x.dtype.kind != "f":
            return computed("Mod", x, y)
        whole = emit("Floor", emit("Div", x, y))
        return emit("Sub", x, emit("Mul", y, whole))

    @staticmethod
    def negative(x: Tensor) -> Tensor:
        if x.dtype.kind == "u":
            return computed("Sub", constant(0, x.dtype), x)
        return computed("Neg", x)

    @staticmethod
    def not_equal(x: Tensor, y: Tensor) -> Tensor:
        return pointwise("Not", computed("Equal", x, y))

    @staticmethod
    def relu(x: Tensor) -> Tensor:
        if x.dtype.kind == "f":
            return pointwise("Relu", x)
        return computed("Max", x, constant(0, x.dtype))

    @staticmethod
    def repeat(x: Tensor, times: int, axis: int) -> Tensor:
        sizes = list(shape_of(x).items)
        apart = emit("Unsqueeze", x, integers(axis + 1))
        wide = expanded(apart, [1] * (axis + 1) + [times] + [1] * (x.ndim - axis - 1))
        sizes[axis] = sizes[axis] * times
        return reshaped(wide, sizes)

    @staticmethod
    def round(x: Tensor) -> Tensor:
        return emit("Round", x) if x.dtype.kind == "f" else x

    @staticmethod
    def softmax(x: Tensor) -> Tensor:
        return emit("Softmax", x, axis=-1)

    @staticmethod
    def sqrt(x: Tensor) -> Tensor:
        return pointwise("Sqrt", x)

    @staticmethod
    def squeeze(x: Tensor, axes: Sequence[int]) -> Tensor:
        return emit("Squeeze", x, integers(*axes))

    @staticmethod
    def tile(x: Tensor, times: Sequence[Any]) -> Tensor:
        pairs = zip(x.shape, static(times), strict=True)
        sizes = [None if m is None or n is None else m * n for m, n in pairs]
        return emit_shaped("Tile", sizes, x, shape_tensor(times))

    @staticmethod
    def transpose(x: Tensor, order: Sequence[int] | None = None) -> Tensor:
        return transposed(x, range(x.ndim)[::-1] if order is None else order)

    @staticmethod
    def where(condition: Tensor, chosen: Tensor, other: Tensor) -> Tensor:
        dtype = chosen.dtype
        computed_as = CHOSEN_AS.get(dtype.name, dtype)
        branches = [cast(x, computed_as) for x in (chosen, other)]
        return cast(emit("Where", condition, *branches), dtype)
