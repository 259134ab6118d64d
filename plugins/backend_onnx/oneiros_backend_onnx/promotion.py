"""Tensors from numbers, arrays and shapes, of the types that operations need."""

from collections.abc import Sequence

import numpy as np
from oneiros.typing import Array
from oneiros_backend_toolkit.lazy_graph.promotion import Promotion
from onnx import helper

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import pointwise

SMALL_INTEGERS = {
    "int8": "int32",
    "int16": "int32",
    "uint8": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
}
"""Types that ONNX Runtime doesn't compute with, and others that hold their values."""

IN_SINGLE_PRECISION = (
    "AveragePool",
    "Conv",
    "ConvTranspose",
    "Erf",
    "GRU",
    "LSTM",
    "RNN",
)
"""Operators that ONNX Runtime (1.32 is the newest that was tried) lacks for floats of
64 bits."""
PRODUCTS = ("Einsum", "MatMul")
"""Operators on numbers that don't work element by element."""


def constant(x, dtype=None):
    """Returns numbers as a constant of the graph."""
    array = np.asarray(x, dtype)
    return graph_in_work().constant(array)


def integers(*values: int):
    """Returns integers as a vector, as ONNX takes axes and sizes."""
    return constant(values, np.int64)


def shape_tensor(items: Sequence[int | Tensor]):
    """Returns sizes as a vector of integers."""
    known = [n for n in items if isinstance(n, int)]
    if len(known) == len(items):
        return integers(*known)
    parts = list(map(as_vector, items))
    if len(parts) == 1:
        return parts[0]
    return emit("Concat", *parts, axis=0)


def as_vector(size: int | Tensor):
    """Returns a size as a vector of one integer."""
    if isinstance(size, int):
        return integers(size)
    if size.size_of is not None:
        x, axis = size.size_of
        end = axis + 1
        return emit("Shape", x, start=axis, end=end)
    number = cast(size, np.int64)
    return emit("Reshape", number, integers(1))


def cast(x, dtype):
    """Returns a tensor of another type."""
    dtype = np.dtype(dtype)
    if x.dtype == dtype:
        return x
    code = helper.np_dtype_to_tensor_dtype(dtype)
    return emit("Cast", x, to=code)


class OnnxPromotion(Promotion):
    """Type promotion of tensors and shapes of a graph."""

    number_kinds = "biuf"
    index_types = ("int64", "int32")

    def is_tensor(self, x) -> bool:
        return isinstance(x, Tensor)

    def dtype_of(self, x):
        return x.dtype

    def constant(self, array: Array):
        return constant(array)

    def as_type(self, x, dtype):
        return cast(x, dtype)

    def stacked(self, tensors: Sequence[Tensor]):
        axis = integers(0)
        rows = [emit("Unsqueeze", x, axis) for x in tensors]
        return emit("Concat", *rows, axis=0)


_promotion = OnnxPromotion()
tensor = _promotion.tensor
truth = _promotion.truth
floats = _promotion.floats
paired = _promotion.paired
as_places = _promotion.places


def in_single_precision(op: str, *inputs, **attributes):
    """Computes with floats of any type, by one of the operators `IN_SINGLE_PRECISION`,
    which ONNX Runtime only has for those of 32 bits."""
    dtype = inputs[0].dtype
    floats = [cast(x, np.float32) for x in inputs]
    result = emit(op, *floats, **attributes)
    return cast(result, dtype)


def computed(op: str, *inputs: Tensor, **attributes):
    """Computes with numbers of one type, which the result has.

    ONNX Runtime can't do it for short integers, so these become longer ones meanwhile.
    """
    add = pointwise
    if op in PRODUCTS:
        add = emit
    dtype = inputs[0].dtype
    longer = SMALL_INTEGERS.get(dtype.name)
    if longer is None:
        return add(op, *inputs, **attributes)
    converted = [cast(x, longer) for x in inputs]
    result = add(op, *converted, **attributes)
    if result.dtype == bool:
        return result
    return cast(result, dtype)
