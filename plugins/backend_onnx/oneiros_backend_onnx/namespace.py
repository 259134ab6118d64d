"""Operators of ONNX by NumPy's names, as `ArrayFunctions` calls them."""

from collections.abc import Sequence
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
    size_of,
    static,
)
from oneiros_backend_onnx.tensors import Size, Tensor
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
LETTERS = "abcdefghijklmnopqrstuvwx"
"""Names of axes in the equations of Einsum; z is the axis that is summed over, y the
last one."""
CHOSEN_AS = SMALL_INTEGERS | {"bool": "uint8", "float16": "float32"}
"""Types between which ONNX Runtime can't choose, and others that hold their values."""
Axes = tuple[int, ...] | None


def _on_bits(op: str):
    """Returns an operator on truth values or integers."""

    def function(*tensors):
        first, *_ = tensors
        if first.dtype == bool:
            return emit(op, *tensors)
        return emit(f"Bitwise{op}", *tensors)

    return staticmethod(function)


def _reduced(op: str, x, axis: Axes, keepdims: bool):
    if axis == ():
        return x
    axes = None
    if axis is not None:
        axes = integers(*axis)
    return emit(op, x, axes, keepdims=int(keepdims))


def _reduction(op: str):
    """Returns a reduction, of short integers and truth values too."""

    def function(x, axis, keepdims):
        dtype = x.dtype
        if dtype.kind != "f":
            is_long = dtype.itemsize > 4
            x = cast(x, np.int64 if is_long else np.int32)
        return _reduced(op, x, axis, keepdims)

    return staticmethod(function)


def _place(op: str):
    def function(x, axis):
        return emit(op, x, axis=axis, keepdims=0)

    return staticmethod(function)


def _filled(value: int):
    """Returns a function that fills the shape of a tensor with a number."""

    def function(x, dtype):
        array = np.array([value], dtype)
        number = numpy_helper.from_array(array)
        shape = shape_of(x)
        result = emit_shaped("ConstantOfShape", x.shape, shape, value=number)
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

    def __getattr__(self, name: str):
        return partial(computed, OPERATORS[name])

    def any(self, x, axis: Axes, keepdims: bool):
        numbers = cast(x, np.int32)
        count = _reduced("ReduceSum", numbers, axis, keepdims)
        return cast(count, bool)

    def all(self, x, axis: Axes, keepdims: bool):
        is_false = emit("Not", x)
        is_any_false = self.any(is_false, axis, keepdims)
        return emit("Not", is_any_false)

    def arange(self, start, stop, step):
        scalars = map(as_scalar, (start, stop, step))
        return emit("Range", *scalars)

    def concatenate(self, tensors: Sequence[Tensor], axis: int):
        return emit("Concat", *tensors, axis=axis)

    def dot(self, x, y):
        if y.ndim <= 2 or x.ndim < 2:
            return computed("MatMul", x, y)
        count = x.ndim - 1
        left = LETTERS[:count]
        right = LETTERS[count:]
        first = right[: y.ndim - 2]
        equation = f"{left}z,{first}zy->{left}{first}y"
        return self.einsum(equation, x, y)

    def einsum(self, equation: str, x, y):
        return computed("Einsum", x, y, equation=equation)

    def erf(self, x):
        single = cast(x, np.float32)
        result = pointwise("Erf", single)
        return cast(result, x.dtype)

    def expand_dims(self, x, axis: int):
        return emit("Unsqueeze", x, integers(axis))

    def flip(self, x, axes: Sequence[int]):
        return reversed_along(x, axes)

    def floor_divide(self, x, y):
        if x.dtype.kind == "f":
            quotient = emit("Div", x, y)
            return emit("Floor", quotient)
        rest = self.remainder(x, y)
        multiple = computed("Sub", x, rest)
        return computed("Div", multiple, y)

    def remainder(self, x, y):
        if x.dtype.kind != "f":
            return computed("Mod", x, y)
        whole = self.floor_divide(x, y)
        multiple = emit("Mul", y, whole)
        return emit("Sub", x, multiple)

    def negative(self, x):
        if x.dtype.kind == "u":
            zero = constant(0, x.dtype)
            return computed("Sub", zero, x)
        return computed("Neg", x)

    def not_equal(self, x, y):
        is_equal = computed("Equal", x, y)
        return pointwise("Not", is_equal)

    def relu(self, x):
        # ONNX Runtime fuses Relu and Clip, and then refuses floats of 64 bits
        is_fused = x.dtype == np.float64
        if x.dtype.kind == "f" and not is_fused:
            return pointwise("Relu", x)
        zero = constant(0, x.dtype)
        return computed("Max", x, zero)

    def repeat(self, x, times: int, axis: int):
        sizes = [size_of(x, place) for place in range(x.ndim)]
        sizes[axis] *= times
        new_axis = axis + 1
        apart = emit("Unsqueeze", x, integers(new_axis))
        repeats = [1] * apart.ndim
        repeats[new_axis] = times
        wide = expanded(apart, repeats)
        return reshaped(wide, sizes)

    def round(self, x):
        if x.dtype.kind == "f":
            return emit("Round", x)
        return x

    def softmax(self, x):
        return emit("Softmax", x, axis=-1)

    def squeeze(self, x, axes: Sequence[int]):
        return emit("Squeeze", x, integers(*axes))

    def tile(self, x, times: Sequence[Any]):
        sizes: list[Size] = []
        for size, count in zip(x.shape, static(times), strict=True):
            is_open = size is None or count is None
            sizes.append(None if is_open else size * count)
        return emit_shaped("Tile", sizes, x, shape_tensor(times))

    def transpose(self, x, order: Sequence[int] | None = None):
        if order is None:
            order = range(x.ndim)[::-1]
        return transposed(x, order)

    def where(self, condition, chosen, other):
        dtype = chosen.dtype
        computed_as = CHOSEN_AS.get(dtype.name, dtype)
        chosen = cast(chosen, computed_as)
        other = cast(other, computed_as)
        result = emit("Where", condition, chosen, other)
        return cast(result, dtype)
