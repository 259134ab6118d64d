"""The functions of `K` as nodes of ONNX."""

# mypy: allow-untyped-defs, allow-incomplete-defs

import numpy as np
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.operands import batch_dot_axes, batch_dot_equation
from oneiros_backend_toolkit.types import SOME_FLOAT

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.namespace import Namespace
from oneiros_backend_onnx.normalization import normalized_by_node
from oneiros_backend_onnx.promotion import (
    OnnxPromotion,
    cast,
    computed,
    constant,
    integers,
)
from oneiros_backend_onnx.shapes import as_scalar, reshaped, shape_of, size_of, sizes_of
from oneiros_backend_onnx.tensors import Operand, Size, Tensor
from oneiros_backend_onnx.transposition import pointwise

LETTERS = "abcdefghijklmnopqrstuvwxy"
"""Names of axes in the equations of Einsum; z is the axis that is summed over."""


def _check_equal(size: Size, other: Size) -> None:
    """Checks sizes over which a product is summed, which ONNX doesn't."""
    if None not in (size, other) and size != other:
        raise ValueError(f"the sizes {size} and {other} differ")


class OnnxFunctions(OnnxPromotion, ArrayFunctions):
    """Functions that add nodes, by their names in the contract."""

    namespace = Namespace
    activations = Namespace

    # Operators: known sizes stay known

    def elementwise(self, name: str, x, y):
        if type(x) is int and type(y) is int:
            return getattr(np, name)(x, y).item()
        return super().elementwise(name, x, y)

    def negative(self, x):
        return -x if type(x) is int else super().negative(x)

    def indexed(self, x, index):
        return indexed(x, index)

    # Shapes

    def sizes(self, shape):
        return sizes_of(shape)

    def shape(self, x):
        return shape_of(self.tensor(x))

    def reshape(self, x, shape):
        return reshaped(self.tensor(x), sizes_of(shape))

    # Values

    def stop_gradient(self, variables):
        return self.tensor(variables)

    def pow(self, x, a):
        if is_int(a) and a == 2:
            x = self.countable(x)
            return computed("Mul", x, x)
        return super().pow(x, a)

    def sqrt(self, x):
        return pointwise("Sqrt", pointwise("Relu", self.floats(x)))

    def clipped(self, x: Tensor, low: Tensor, high: Tensor):
        if low.ndim or high.ndim:
            return super().clipped(x, low, high)
        if low.value is None or high.value is None or low.value > high.value:
            return super().clipped(x, low, high)
        low_bound = None if low.value == -np.inf else low
        high_bound = None if high.value == np.inf else high
        return computed("Clip", x, low_bound, high_bound)

    def relu(self, x, alpha=0.0, max_value=None):
        x = self.countable(x)
        is_number = isinstance(alpha, (int, float, np.number))
        if is_number and alpha and max_value is None and x.dtype == np.float32:
            return pointwise("LeakyRelu", x, alpha=float(alpha))
        return super().relu(x, alpha, max_value)

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        x, mean, var, beta, gamma, _ = self.paired(
            x, mean, var, beta, gamma, SOME_FLOAT
        )
        node = normalized_by_node(x, mean, var, beta, gamma, epsilon)
        if node is not None:
            return node
        scale = self.divided(gamma, self.sqrt(var + epsilon))
        return (x - mean) * scale + beta

    # Linear algebra and lookup

    def dot(self, x, y):
        x, y = self.paired(x, y)
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

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
        _check_equal(x.shape[x_axis], y.shape[y_axis])
        _check_equal(x.shape[0], y.shape[0])
        equation = batch_dot_equation(x.ndim, x_axis, y.ndim, y_axis)
        result = computed("Einsum", x, y, equation=equation)
        return result if result.ndim > 1 else self.expand_dims(result, 1)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        last = size_of(reference, 0) - 1
        lowest = constant(0, indices.dtype)
        inside = emit("Clip", indices, lowest, as_scalar(last, indices.dtype))
        rows = emit("Gather", reference, inside, axis=0)
        if reference.dtype.kind != "f" or not graph_in_work().fills:
            return rows
        is_inside = emit("Equal", indices, inside)
        for _ in range(reference.ndim - 1):
            is_inside = self.expand_dims(is_inside)
        return emit("Where", is_inside, rows, constant(np.nan, reference.dtype))

    def in_top_k(self, predictions, targets, k):
        scores = self.floats(predictions)
        targets = self.cast(targets, np.int64)
        classes = as_scalar(size_of(scores, 1))
        last = emit("Sub", classes, constant(1, np.int64))
        places = emit("Clip", targets, constant(0, np.int64), last)
        is_class = emit("Equal", places, targets)
        column = self.expand_dims(places)
        own_score = emit("GatherElements", scores, column, axis=1)
        better = cast(emit("Greater", scores, own_score), np.int32)
        count = emit("ReduceSum", better, integers(1), keepdims=0)
        own_score = emit("Squeeze", own_score, integers(1))
        is_finite = emit("Less", emit("Abs", own_score), constant(np.inf, scores.dtype))
        is_among = emit("Less", count, constant(int(k), np.int32))
        return emit("And", emit("And", is_class, is_finite), is_among)


FUNCTIONS = OnnxFunctions()
"""They have no state: one object is enough."""
Operand.operators.update(FUNCTIONS.operators)
