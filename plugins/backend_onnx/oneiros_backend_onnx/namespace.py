"""Operators of ONNX by NumPy's names, as `ArrayFunctions` calls them."""

from collections.abc import Callable, Sequence
from functools import partial
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
    sizes_of,
    static,
)
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import pointwise, transposed

OPERATORS = {
    "abs": "Abs",
    "add": "Add",
    "cos": "Cos",
    "divide": "Div",
    "equal": "Equal",
    "exp": "Exp",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "log": "Log",
    "matmul": "MatMul",
    "maximum": "Max",
    "minimum": "Min",
    "multiply": "Mul",
    "power": "Pow",
    "sigmoid": "Sigmoid",
    "sign": "Sign",
    "sin": "Sin",
    "softplus": "Softplus",
    "sqrt": "Sqrt",
    "subtract": "Sub",
    "tanh": "Tanh",
}
"""Those that compute with numbers, by NumPy's names."""
CHOSEN_AS = SMALL_INTEGERS | {"bool": "uint8", "float16": "float32"}
"""Types between which ONNX Runtime can't choose, and others that hold their values."""
Axes = tuple[int, ...] | None


def _on_bits(op: str) -> Callable[..., Tensor]:
    """Returns an operator on truth values or integers."""

    def function(*tensors):
        is_bool = tensors[0].dtype == bool
        return emit(op if is_bool else f"Bitwise{op}", *tensors)

    return staticmethod(function)


def _reduced(op: str, x, axis: Axes, keepdims: bool):
    if axis == ():
        return x
    axes = None if axis is None else integers(*axis)
    return emit(op, x, axes, keepdims=int(keepdims))


def _reduction(op: str) -> Callable[..., Tensor]:
    """Returns a reduction, of short integers and truth values too."""

    def function(x, axis: Axes, keepdims: bool):
        if x.dtype.kind != "f":
            x = cast(x, np.int64 if x.dtype.itemsize > 4 else np.int32)
        return _reduced(op, x, axis, keepdims)

    return staticmethod(function)


def _place(op: str) -> Callable[..., Tensor]:
    def function(x, axis: int):
        return emit(op, x, axis=axis, keepdims=0)

    return staticmethod(function)


def _filled(value: int) -> Callable[..., Tensor]:
    """Returns a function that fills the shape of a tensor with a number."""

    def function(x, dtype):
        number = numpy_helper.from_array(np.array([value], dtype))
        result = emit_shaped("ConstantOfShape", x.shape, shape_of(x), value=number)
        result.is_zero = value == 0
        return result

    return staticmethod(function)


class Namespace:
    """Functions of tensors; those that aren't here are operators."""

    argmax = _place("ArgMax")
    argmin = _place("ArgMin")
    bitwise_and = _on_bits("And")
    bitwise_or = _on_bits("Or")
    bitwise_xor = _on_bits("Xor")
    invert = _on_bits("Not")
    max = _reduction("ReduceMax")
    mean = _reduction("ReduceMean")
    min = _reduction("ReduceMin")
    ones_like = _filled(1)
    prod = _reduction("ReduceProd")
    sum = _reduction("ReduceSum")
    zeros_like = _filled(0)

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        return partial(computed, OPERATORS[name])

    def any(self, x, axis: Axes, keepdims: bool):
        count = _reduced("ReduceSum", cast(x, np.int32), axis, keepdims)
        return cast(count, bool)

    def all(self, x, axis: Axes, keepdims: bool):
        is_any_false = self.any(emit("Not", x), axis, keepdims)
        return emit("Not", is_any_false)

    def arange(self, start, stop, step):
        return emit("Range", *map(as_scalar, (start, stop, step)))

    def concatenate(self, tensors: Sequence[Tensor], axis: int):
        return emit("Concat", *tensors, axis=axis)

    def expand_dims(self, x, axis: int):
        return emit("Unsqueeze", x, integers(axis))

    def flip(self, x, axes: Sequence[int]):
        return reversed_along(x, axes)

    def floor_divide(self, x, y):
        if x.dtype.kind == "f":
            return emit("Floor", emit("Div", x, y))
        multiple = computed("Sub", x, self.remainder(x, y))
        return computed("Div", multiple, y)

    def remainder(self, x, y):
        if x.dtype.kind != "f":
            return computed("Mod", x, y)
        whole = self.floor_divide(x, y)
        return emit("Sub", x, emit("Mul", y, whole))

    def negative(self, x):
        if x.dtype.kind == "u":
            return computed("Sub", constant(0, x.dtype), x)
        return computed("Neg", x)

    def not_equal(self, x, y):
        return pointwise("Not", computed("Equal", x, y))

    def relu(self, x):
        if x.dtype.kind == "f":
            return pointwise("Relu", x)
        return computed("Max", x, constant(0, x.dtype))

    def repeat(self, x, times: int, axis: int):
        sizes = sizes_of(shape_of(x))
        apart = emit("Unsqueeze", x, integers(axis + 1))
        repeats = [1] * apart.ndim
        repeats[axis + 1] = times
        wide = expanded(apart, repeats)
        sizes[axis] = sizes[axis] * times
        return reshaped(wide, sizes)

    def round(self, x):
        return emit("Round", x) if x.dtype.kind == "f" else x

    def softmax(self, x):
        return emit("Softmax", x, axis=-1)

    def squeeze(self, x, axes: Sequence[int]):
        return emit("Squeeze", x, integers(*axes))

    def tile(self, x, times: Sequence[Any]):
        pairs = zip(x.shape, static(times), strict=True)
        sizes = [None if m is None or n is None else m * n for m, n in pairs]
        return emit_shaped("Tile", sizes, x, shape_tensor(times))

    def transpose(self, x, order: Sequence[int] | None = None):
        return transposed(x, range(x.ndim)[::-1] if order is None else order)

    def where(self, condition, chosen, other):
        dtype = chosen.dtype
        computed_as = CHOSEN_AS.get(dtype.name, dtype)
        branches = [cast(x, computed_as) for x in (chosen, other)]
        return cast(emit("Where", condition, *branches), dtype)
