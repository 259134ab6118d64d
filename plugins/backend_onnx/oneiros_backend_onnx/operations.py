"""The functions of `K` as nodes of ONNX.

The contract explains them, and the backend records them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.operands import (
    axes_of,
    axis_of,
    batch_dot_axes,
    check_softmax_rank,
    order_of,
)
from oneiros_backend_toolkit.types import SOME_FLOAT, clipping_bounds
from onnx import numpy_helper

from oneiros_backend_onnx.graphs import emit, emit_shaped, graph_in_work
from oneiros_backend_onnx.normalization import normalized_by_node
from oneiros_backend_onnx.shapes import (
    as_scalar,
    expanded,
    reshaped,
    reversed_along,
    shape_of,
    size_of,
    sizes_of,
    static,
)
from oneiros_backend_onnx.tensors import Size, Tensor
from oneiros_backend_onnx.transposition import pointwise, transposed
from oneiros_backend_onnx.type_promotion import (
    CHOSEN_AS,
    CONCRETE,
    cast,
    computed,
    constant,
    countable,
    floats,
    indices_of,
    integers,
    paired,
    shape_tensor,
    stacked,
    tensor,
    truth,
)

T = Any

LETTERS = "abcdefghijklmnopqrstuvwxy"
"""Names of axes in the equations of Einsum; z is the axis that is summed over."""

_ON_SIZES: dict[str, Callable[[int, int], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Max": max,
    "Min": min,
    "Equal": operator.eq,
    "Less": operator.lt,
    "LessOrEqual": operator.le,
    "Greater": operator.gt,
    "GreaterOrEqual": operator.ge,
}
"""Functions of two sizes that are known, by operator."""


def _on_floats(op: str) -> T:
    """Makes a function of a tensor of floats one of `K`."""

    def function(x: T) -> T:
        return pointwise(op, floats(x))

    return staticmethod(function)


def _on_number(op: str) -> T:
    """Makes a function of a tensor of numbers one of `K`."""

    def function(x: T) -> T:
        return computed(op, countable(x))

    return staticmethod(function)


def on_pair(op: str) -> Callable[[T, T], T]:
    """Returns a function of two tensors, known sizes stay known."""

    def function(x: T, y: T) -> T:
        if type(x) is int and type(y) is int and op in _ON_SIZES:
            return _ON_SIZES[op](x, y)
        return computed(op, *paired(x, y))

    return function


def _comparison(op: str) -> T:
    return staticmethod(on_pair(op))


def _unequal(x: T, y: T) -> T:
    if type(x) is int and type(y) is int:
        return x != y
    return pointwise("Not", computed("Equal", *paired(x, y)))


def _axes(name: str, axis: T, x: Tensor) -> Tensor | None:
    return None if axis is None else integers(*axes_of(name, axis, x.ndim))


def _reduction(name: str, op: str, convert: Callable[[T], Tensor]) -> T:
    """Makes a reduction one of `K`."""

    def function(x: T, axis: T = None, keepdims: T = False) -> T:
        x = convert(x)
        axes = _axes(name, axis, x)
        if axes is not None and not axes.shape[0]:
            return x
        return emit(op, x, axes, keepdims=int(bool(keepdims)))

    return staticmethod(function)


def _of_integers(name: str, op: str, convert: Callable[[T], Tensor]) -> T:
    """Makes a reduction, of short integers or truth values too, one of `K`."""
    reduce = _reduction(name, op, tensor)

    def function(x: T, axis: T = None, keepdims: T = False) -> T:
        x = convert(x)
        if x.dtype.kind == "f":
            return reduce(x, axis, keepdims)
        longer = np.int64 if x.dtype.itemsize > 4 else np.int32
        return cast(reduce(cast(x, longer), axis, keepdims), x.dtype)

    return staticmethod(function)


_count = _reduction("any", "ReduceSum", tensor)


def _any(x: T, axis: T = None, keepdims: T = False) -> T:
    count = _count(cast(truth(x), np.int32), axis, keepdims)
    return cast(count, bool)


def _all(x: T, axis: T = None, keepdims: T = False) -> T:
    is_false = emit("Not", truth(x))
    return emit("Not", _any(is_false, axis, keepdims))


def _place(name: str, op: str) -> T:
    def function(x: T, axis: T = -1) -> T:
        x = countable(x)
        return emit(op, x, axis=axis_of(name, axis, x.ndim), keepdims=0)

    return staticmethod(function)


def _as_tensor(x: T) -> Tensor:
    return tensor(x)


def _check_equal(size: Size, other: Size) -> None:
    """Checks sizes over which a product is summed, which ONNX doesn't."""
    if None not in (size, other) and size != other:
        raise ValueError(f"the sizes {size} and {other} differ")


def _filled(value: int) -> T:
    """Makes a function of `K` that returns a number in the shape of a tensor."""

    def function(x: T, dtype: T = None, name: T = None) -> T:
        x = tensor(x)
        number = numpy_helper.from_array(np.array([value], dtype or x.dtype))
        target = shape_tensor(shape_of(x).items)
        result = emit_shaped("ConstantOfShape", x.shape, target, value=number)
        result.is_zero = value == 0
        return result

    return staticmethod(function)


def _positive_part(x: Tensor) -> Tensor:
    if x.dtype.kind == "f":
        return pointwise("Relu", x)
    return computed("Max", *paired(x, 0))


def _bounded(x: Tensor, max_value: T) -> T:
    return x if max_value is None else Operations.clip(x, 0, max_value)


class Operations:
    """Functions that add nodes, by their names in the contract."""

    # Tensors

    @staticmethod
    def shape(x: T) -> T:
        return shape_of(tensor(x))

    @staticmethod
    def to_dense(tensor: T) -> T:
        return _as_tensor(tensor)

    @staticmethod
    def stop_gradient(variables: T) -> T:
        return tensor(variables)

    zeros_like = _filled(0)
    ones_like = _filled(1)

    @staticmethod
    def arange(start: T, stop: T = None, step: T = 1, dtype: T = "int32") -> T:
        if stop is None:
            stop = start
            start = 0
        if not any(isinstance(n, Tensor) for n in (start, stop, step)):
            return constant(np.arange(start, stop, step).astype(dtype))
        return cast(emit("Range", *map(as_scalar, (start, stop, step))), dtype)

    # Linear algebra and lookup

    @staticmethod
    def dot(x: T, y: T) -> T:
        x, y = paired(x, y)
        if 0 in (x.ndim, y.ndim):
            raise ValueError("a number has no axis to sum over")
        if y.ndim <= 2 or x.ndim < 2:
            return computed("MatMul", x, y)
        _check_equal(x.shape[-1], y.shape[-2])
        left = LETTERS[: x.ndim - 1]
        right = LETTERS[x.ndim - 1 : x.ndim + y.ndim - 2]
        first, last = right[:-1], right[-1]
        equation = f"{left}z,{first}z{last}->{left}{right}"
        return computed("Einsum", x, y, equation=equation)

    @staticmethod
    def batch_dot(x: T, y: T, axes: T = None) -> T:
        x, y = paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
        _check_equal(x.shape[x_axis], y.shape[y_axis])
        _check_equal(x.shape[0], y.shape[0])
        left = LETTERS[1 : x.ndim - 1]
        right = LETTERS[x.ndim - 1 : x.ndim + y.ndim - 3]
        of_x = f"a{left[: x_axis - 1]}z{left[x_axis - 1 :]}"
        of_y = f"a{right[: y_axis - 1]}z{right[y_axis - 1 :]}"
        equation = f"{of_x},{of_y}->a{left}{right}"
        result = computed("Einsum", x, y, equation=equation)
        return result if result.ndim > 1 else Operations.expand_dims(result, 1)

    @staticmethod
    def transpose(x: T) -> T:
        x = tensor(x)
        return transposed(x, range(x.ndim)[::-1])

    @staticmethod
    def gather(reference: T, indices: T) -> T:
        reference = tensor(reference)
        indices = indices_of(indices)
        last = on_pair("Sub")(size_of(reference, 0), 1)
        lowest = constant(0, indices.dtype)
        inside = emit("Clip", indices, lowest, as_scalar(last, indices.dtype))
        rows = emit("Gather", reference, inside, axis=0)
        if reference.dtype.kind != "f" or not graph_in_work().fills:
            return rows
        is_inside = emit("Equal", indices, inside)
        for _ in range(reference.ndim - 1):
            is_inside = Operations.expand_dims(is_inside)
        return emit("Where", is_inside, rows, constant(np.nan, reference.dtype))

    @staticmethod
    def in_top_k(predictions: T, targets: T, k: T) -> T:
        scores = floats(predictions)
        targets = cast(tensor(targets), np.int64)
        classes = as_scalar(size_of(scores, 1))
        last = emit("Sub", classes, constant(1, np.int64))
        places = emit("Clip", targets, constant(0, np.int64), last)
        is_class = emit("Equal", places, targets)
        column = Operations.expand_dims(places)
        own_score = emit("GatherElements", scores, column, axis=1)
        better = cast(emit("Greater", scores, own_score), np.int32)
        count = emit("ReduceSum", better, integers(1), keepdims=0)
        own_score = emit("Squeeze", own_score, integers(1))
        is_finite = emit("Less", emit("Abs", own_score), constant(np.inf, scores.dtype))
        is_among = emit("Less", count, constant(int(k), np.int32))
        return emit("And", emit("And", is_class, is_finite), is_among)

    # Element by element

    abs = _on_number("Abs")
    sign = _on_number("Sign")
    exp = _on_floats("Exp")
    log = _on_floats("Log")
    sin = _on_floats("Sin")
    cos = _on_floats("Cos")
    sigmoid = _on_floats("Sigmoid")
    tanh = _on_floats("Tanh")
    softplus = _on_floats("Softplus")
    maximum = _comparison("Max")
    minimum = _comparison("Min")
    equal = _comparison("Equal")
    not_equal = staticmethod(_unequal)
    greater = _comparison("Greater")
    greater_equal = _comparison("GreaterOrEqual")
    lesser = _comparison("Less")
    lesser_equal = _comparison("LessOrEqual")

    @staticmethod
    def round(x: T) -> T:
        x = countable(x)
        return emit("Round", x) if x.dtype.kind == "f" else x

    @staticmethod
    def pow(x: T, a: T) -> T:
        if is_int(a) and a == 2:
            x = countable(x)
            return computed("Mul", x, x)
        return computed("Pow", *paired(x, a))

    @staticmethod
    def sqrt(x: T) -> T:
        return pointwise("Sqrt", pointwise("Relu", floats(x)))

    @staticmethod
    def clip(x: T, min_value: T, max_value: T) -> T:
        bounds = [bound for bound in (min_value, max_value) if bound is not None]
        x, *_ = paired(x, *bounds)
        low, high = clipping_bounds(min_value, max_value, x.dtype)
        x, low, high = paired(x, low, high)
        if low.ndim or high.ndim:
            return computed("Max", computed("Min", x, high), low)
        if low.value is None or high.value is None or low.value > high.value:
            return computed("Max", computed("Min", x, high), low)
        low_bound = None if low.value == -np.inf else low
        high_bound = None if high.value == np.inf else high
        return computed("Clip", x, low_bound, high_bound)

    @staticmethod
    def cast(x: T, dtype: T) -> T:
        return cast(tensor(x), dtype)

    @staticmethod
    def switch(condition: T, then_expression: T, else_expression: T) -> T:
        chosen, other = paired(then_expression, else_expression, arithmetic=False)
        dtype = chosen.dtype
        computed_as = CHOSEN_AS.get(dtype.name, dtype)
        branches = [cast(x, computed_as) for x in (chosen, other)]
        return cast(emit("Where", truth(condition), *branches), dtype)

    @staticmethod
    def softmax(x: T) -> T:
        x = floats(x)
        check_softmax_rank(x.shape)
        return emit("Softmax", x, axis=-1)

    @staticmethod
    def relu(x: T, alpha: T = 0.0, max_value: T = None) -> T:
        is_number = isinstance(alpha, CONCRETE) and not np.ndim(alpha)
        if is_number and not alpha:
            return _bounded(_positive_part(countable(x)), max_value)
        x, slope = paired(x, alpha)
        if is_number and max_value is None and x.dtype == np.float32:
            return pointwise("LeakyRelu", x, alpha=float(alpha))
        positive = _bounded(_positive_part(x), max_value)
        if x.dtype.kind == "u":
            return positive
        negative = _positive_part(computed("Neg", x))
        return computed("Sub", positive, computed("Mul", slope, negative))

    @staticmethod
    def batch_normalization(
        x: T, mean: T, var: T, beta: T, gamma: T, epsilon: T = 0.001
    ) -> T:
        x, mean, var, beta, gamma, _ = paired(x, mean, var, beta, gamma, SOME_FLOAT)
        node = normalized_by_node(x, mean, var, beta, gamma, epsilon)
        if node is not None:
            return node
        spread = Operations.sqrt(on_pair("Add")(var, epsilon))
        scale = pointwise("Div", *paired(gamma, spread))
        centred = on_pair("Sub")(x, mean)
        return on_pair("Add")(on_pair("Mul")(centred, scale), beta)

    # Reductions

    max = _of_integers("max", "ReduceMax", tensor)
    min = _of_integers("min", "ReduceMin", tensor)
    sum = _of_integers("sum", "ReduceSum", countable)
    prod = _of_integers("prod", "ReduceProd", countable)
    mean = _reduction("mean", "ReduceMean", floats)
    any = staticmethod(_any)
    all = staticmethod(_all)
    argmax = _place("argmax", "ArgMax")
    argmin = _place("argmin", "ArgMin")

    # Shapes

    @staticmethod
    def reshape(x: T, shape: T) -> T:
        return reshaped(tensor(x), sizes_of(shape))

    @staticmethod
    def permute_dimensions(x: T, pattern: T) -> T:
        x = tensor(x)
        return transposed(x, order_of(pattern, x.ndim))

    @staticmethod
    def concatenate(tensors: T, axis: T = -1) -> T:
        tensors = paired(*tensors, arithmetic=False)
        axis = axis_of("concatenate", axis, tensors[0].ndim)
        return emit("Concat", *tensors, axis=axis)

    @staticmethod
    def stack(x: T) -> T:
        return stacked(paired(*x, arithmetic=False))

    @staticmethod
    def repeat_elements(x: T, rep: T, axis: T) -> T:
        x = tensor(x)
        axis = axis_of("repeat_elements", axis, x.ndim)
        times = int(rep)
        sizes = list(shape_of(x).items)
        apart = emit("Unsqueeze", x, integers(axis + 1))
        wide = expanded(apart, [1] * (axis + 1) + [times] + [1] * (x.ndim - axis - 1))
        sizes[axis] = on_pair("Mul")(sizes[axis], times)
        return reshaped(wide, sizes)

    @staticmethod
    def tile(x: T, n: T) -> T:
        x = tensor(x)
        times = [1] * (x.ndim - 1) + [int(n)] if is_int(n) else sizes_of(n)
        pairs = zip(x.shape, static(times), strict=True)
        sizes = [None if None in pair else pair[0] * pair[1] for pair in pairs]
        return emit_shaped("Tile", sizes, x, shape_tensor(times))

    @staticmethod
    def expand_dims(x: T, dim: T = -1) -> T:
        x = tensor(x)
        return emit("Unsqueeze", x, integers(axis_of("expand_dims", dim, x.ndim, 1)))

    @staticmethod
    def squeeze(x: T, axis: T) -> T:
        x = tensor(x)
        return emit("Squeeze", x, integers(*axes_of("squeeze", axis, x.ndim)))

    @staticmethod
    def reverse(x: T, axes: T) -> T:
        x = tensor(x)
        return reversed_along(x, axes_of("reverse", axes, x.ndim))

    @staticmethod
    def one_hot(indices: T, nb_classes: T) -> T:
        column = Operations.expand_dims(cast(tensor(indices), np.int64))
        classes = constant(np.arange(int(nb_classes)), np.int64)
        return cast(emit("Equal", column, classes), floatx())
