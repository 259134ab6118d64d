"""The functions of `K` as nodes of ONNX."""

import numpy as np
from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions
from oneiros_backend_toolkit.types import SOME_FLOAT

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.namespace import Namespace
from oneiros_backend_onnx.normalization import normalized_by_node
from oneiros_backend_onnx.promotion import OnnxPromotion, computed, constant
from oneiros_backend_onnx.shapes import as_scalar, reshaped, shape_of, size_of, sizes_of
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import pointwise


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

    def summable(self, x, axis: int, y, other: int):
        if 0 in (x.ndim, y.ndim):
            raise ValueError("a number has no axis to sum over")
        size = x.shape[axis]
        other_size = y.shape[other]
        if None not in (size, other_size) and size != other_size:
            raise ValueError(f"the sizes {size} and {other_size} differ")
        return x, y

    def gather(self, reference, indices):
        reference = self.tensor(reference)
        indices = self.places(indices)
        size = size_of(reference, 0)
        lowest = constant(0, indices.dtype)
        highest = as_scalar(size - 1, indices.dtype)
        inside = emit("Clip", indices, lowest, highest)
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


def _is_number(x):
    """Returns whether a tensor is a constant without axes."""
    if x.value is None:
        return False
    return x.ndim == 0


FUNCTIONS = OnnxFunctions()
"""They have no state: one object is enough."""
Tensor.operators.update(FUNCTIONS.operators)
