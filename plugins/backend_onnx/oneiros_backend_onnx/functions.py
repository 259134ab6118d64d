"""The functions of `K` as nodes of ONNX."""

import numpy as np
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.operands import batch_dot_axes, batch_dot_equation
from oneiros_backend_toolkit.types import SOME_FLOAT

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.namespace import Namespace
from oneiros_backend_onnx.normalization import normalized_by_node
from oneiros_backend_onnx.promotion import OnnxPromotion, computed, constant
from oneiros_backend_onnx.shapes import as_scalar, reshaped, shape_of, size_of, sizes_of
from oneiros_backend_onnx.tensors import Size, Tensor
from oneiros_backend_onnx.transposition import pointwise

LETTERS = "abcdefghijklmnopqrstuvwx"
"""Names of axes in the equations of Einsum; z is the axis that is summed over, y the
last one."""


def _check_equal(size: Size, other: Size) -> None:
    """Checks sizes over which a product is summed, which ONNX doesn't."""
    if None not in (size, other) and size != other:
        raise ValueError(f"the sizes {size} and {other} differ")


class OnnxFunctions(OnnxPromotion, ArrayFunctions):
    """Functions that add nodes, by their names in the contract."""

    namespace = Namespace()
    activations = namespace

    # Operators: known sizes stay known

    def elementwise(self, name: str, x, y):
        if type(x) is int and type(y) is int:
            compute = getattr(np, name)
            return compute(x, y).item()
        return super().elementwise(name, x, y)

    def negative(self, x):
        if type(x) is int:
            return -x
        return super().negative(x)

    def indexed(self, x, index):
        return indexed(x, index)

    # Shapes

    def sizes(self, shape):
        return sizes_of(shape)

    def shape(self, x):
        x = self.tensor(x)
        return shape_of(x)

    def reshape(self, x, shape):
        x = self.tensor(x)
        sizes = sizes_of(shape)
        return reshaped(x, sizes)

    # Values

    def stop_gradient(self, variables):
        return self.tensor(variables)

    def clipped(self, x, low, high):
        are_numbers = _is_number(low) and _is_number(high)
        if not are_numbers or low.value > high.value:
            return super().clipped(x, low, high)
        return computed("Clip", x, low, high)

    def relu(self, x, alpha=0.0, max_value=None):
        x = self.countable(x)
        is_number = isinstance(alpha, (int, float, np.number))
        is_leaky = is_number and alpha and max_value is None
        if is_leaky and x.dtype == np.float32:
            slope = float(alpha)
            return pointwise("LeakyRelu", x, alpha=slope)
        return super().relu(x, alpha, max_value)

    def batch_normalization(self, x, mean, var, beta, gamma, epsilon=0.001):
        operands = self.paired(x, mean, var, beta, gamma, SOME_FLOAT)
        x, mean, var, beta, gamma, _ = operands
        node = normalized_by_node(x, mean, var, beta, gamma, epsilon)
        if node is not None:
            return node
        deviation = self.sqrt(var + epsilon)
        scale = self.divided(gamma, deviation)
        centred = x - mean
        return centred * scale + beta

    # Linear algebra and lookup

    def dot(self, x, y):
        x, y = self.paired(x, y)
        if 0 in (x.ndim, y.ndim):
            raise ValueError("a number has no axis to sum over")
        if y.ndim <= 2 or x.ndim < 2:
            return computed("MatMul", x, y)
        _check_equal(x.shape[-1], y.shape[-2])
        count = x.ndim - 1
        left = LETTERS[:count]
        right = LETTERS[count:]
        first = right[: y.ndim - 2]
        equation = f"{left}z,{first}zy->{left}{first}y"
        return computed("Einsum", x, y, equation=equation)

    def batch_dot(self, x, y, axes=None):
        x, y = self.paired(x, y)
        x_axis, y_axis = batch_dot_axes(x.shape, y.shape, axes)
        _check_equal(x.shape[x_axis], y.shape[y_axis])
        _check_equal(x.shape[0], y.shape[0])
        equation = batch_dot_equation(x.ndim, x_axis, y.ndim, y_axis)
        result = computed("Einsum", x, y, equation=equation)
        if result.ndim > 1:
            return result
        return self.expand_dims(result, 1)

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        size = size_of(reference, 0)
        inside = _inside(indices, size)
        rows = emit("Gather", reference, inside, axis=0)
        if reference.dtype.kind != "f":
            return rows
        if not graph_in_work().fills:
            return rows
        is_inside = emit("Equal", indices, inside)
        for _ in range(reference.ndim - 1):
            is_inside = self.expand_dims(is_inside)
        missing = constant(np.nan, reference.dtype)
        return emit("Where", is_inside, rows, missing)

    def in_top_k(self, predictions, targets, k):
        scores = self.floats(predictions)
        targets = self.cast(targets, np.int64)
        count = size_of(scores, 1)
        places = _inside(targets, count)
        column = self.expand_dims(places)
        own_score = emit("GatherElements", scores, column, axis=1)
        is_better = self.cast(scores > own_score, np.int32)
        nb_better = self.sum(is_better, 1)
        is_finite = abs(own_score) < np.inf
        is_valid = self.squeeze(is_finite, 1)
        is_class = self.equal(places, targets)
        is_known = is_class & is_valid
        return is_known & (nb_better < int(k))


def _is_number(x):
    """Returns whether a tensor is a constant without axes."""
    if x.value is None:
        return False
    return x.ndim == 0


def _inside(places, size):
    """Returns the nearest of the places that an axis has."""
    lowest = constant(0, places.dtype)
    highest = as_scalar(size - 1, places.dtype)
    return emit("Clip", places, lowest, highest)


FUNCTIONS = OnnxFunctions()
"""They have no state: one object is enough."""
Tensor.operators.update(FUNCTIONS.operators)
