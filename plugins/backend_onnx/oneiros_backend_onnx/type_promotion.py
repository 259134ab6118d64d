"""Tensors from numbers, arrays and shapes, of the types that operations need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.types import DISCRETE, adapted, check_has_bits, common_type
from onnx import helper

from oneiros_backend_onnx.graphs import emit, graph_in_work
from oneiros_backend_onnx.tensors import Operand, Sizes, Tensor
from oneiros_backend_onnx.transposition import pointwise

CONCRETE = (np.ndarray, np.generic, bool, int, float)
NUMERIC_KINDS = "biuf"
"""NumPy's kinds of booleans, integers and floats."""
SMALL_INTEGERS = {"int8": "int32", "int16": "int32", "uint8": "int32"} | {
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
}
"""Types that ONNX Runtime doesn't compute with, and others that hold their values."""


IN_SINGLE_PRECISION = ("AveragePool", "Conv", "ConvTranspose", "GRU", "LSTM", "RNN")
"""Operators that ONNX Runtime (1.32 is the newest that was tried) lacks for floats of
64 bits."""
PRODUCTS = ("Einsum", "MatMul")
"""Operators on numbers that don't work element by element."""
CHOSEN_AS = SMALL_INTEGERS | {"bool": "uint8", "float16": "float32"}
"""Types between which ONNX Runtime can't choose, and others that hold their values."""


def constant(x: Any, dtype: Any = None) -> Tensor:
    """Returns numbers as a constant of the graph."""
    return graph_in_work().constant(np.asarray(x, dtype))


def integers(*values: int) -> Tensor:
    """Returns integers as a vector, as ONNX takes axes and sizes."""
    return constant(values, np.int64)


def tensor(x: Any) -> Tensor:
    """Returns `x` as a tensor.

    Floats of Python and NumPy get the default float type.
    """
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Sizes):
        return shape_tensor(x.items)
    if isinstance(x, (list, tuple)) and any(isinstance(part, Operand) for part in x):
        return stacked(paired(*x, arithmetic=False))
    array = np.asarray(x)
    if array.dtype.kind not in NUMERIC_KINDS:
        raise TypeError(f"{x!r:.60} isn't a tensor, array or number")
    if array.dtype.kind == "f":
        return constant(array, floatx())
    is_python_int = is_int(x) and not hasattr(x, "dtype")
    return constant(array, np.int32 if is_python_int else None)


def shape_tensor(items: Sequence[int | Tensor]) -> Tensor:
    """Returns sizes as a vector of integers."""
    if all(isinstance(n, int) for n in items):
        return integers(*(n for n in items if isinstance(n, int)))
    parts = [integers(n) if isinstance(n, int) else as_vector(n) for n in items]
    return parts[0] if len(parts) == 1 else emit("Concat", *parts, axis=0)


def as_vector(size: Tensor) -> Tensor:
    """Returns a scalar as a vector of one integer."""
    if size.size_of is not None:
        x, axis = size.size_of
        return emit("Shape", x, start=axis, end=axis + 1)
    return emit("Reshape", cast(size, np.int64), integers(1))


def stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Returns tensors of one type along a new first axis."""
    parts = [emit("Unsqueeze", x, integers(0)) for x in tensors]
    return emit("Concat", *parts, axis=0)


def cast(x: Tensor, dtype: Any) -> Tensor:
    """Returns a tensor of another type."""
    if x.dtype == np.dtype(dtype):
        return x
    return emit("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def floats(x: Any) -> Tensor:
    """Returns `x` as a tensor of floats.

    Integers and booleans get the default float type.
    """
    x = tensor(x)
    return x if x.dtype.kind == "f" else cast(x, floatx())


def countable(x: Any) -> Tensor:
    """Returns `x` as a tensor of numbers: truth values count as 0 and 1."""
    x = tensor(x)
    return cast(x, np.int32) if x.dtype == bool else x


def truth(x: Any) -> Tensor:
    """Returns `x` as a tensor of truth values."""
    return cast(tensor(x), bool)


def indices_of(x: Any) -> Tensor:
    """Returns `x` as integers that ONNX takes for places."""
    x = tensor(x)
    return x if x.dtype in (np.int32, np.int64) else cast(x, np.int64)


def paired(*values: Any, arithmetic: bool = True) -> list[Tensor]:
    """Returns tensors of the type that values have in common, by the contract's rule.

    # Arguments
        *values: tensors, arrays and numbers.
        arithmetic: whether something is computed of them, so that booleans count as
            integers.
    """
    operands = [_operand(x) for x in values]
    constants = [x.dtype for x in operands if not isinstance(x, Tensor)]
    if any(dtype.kind not in NUMERIC_KINDS for dtype in constants):
        raise TypeError(f"{values[0]!r:.60} is no tensor, array or number")
    types = [x.dtype for x in operands if isinstance(x, Tensor)]
    dtype = common_type(types, constants, floatx(), arithmetic)
    return [
        cast(x, dtype) if isinstance(x, Tensor) else constant(_adapted(x, dtype))
        for x in operands
    ]


def _operand(x: Any) -> Any:
    is_listed = isinstance(x, (list, tuple)) and any(isinstance(n, Operand) for n in x)
    return tensor(x) if is_listed or isinstance(x, Operand) else np.asarray(x)


def _adapted(array: Any, dtype: np.dtype[Any]) -> Any:
    return adapted(array, dtype) if dtype.kind in DISCRETE else array.astype(dtype)


def bits(*values: Any) -> list[Tensor]:
    """Returns integers or booleans as tensors of the type that they have in common."""
    tensors = paired(*values, arithmetic=False)
    check_has_bits(tensors[0].dtype)
    return tensors


def in_single_precision(op: str, *inputs: Tensor, **attributes: Any) -> Tensor:
    """Computes with floats of any type, by one of the operators `IN_SINGLE_PRECISION`,
    which ONNX Runtime only has for those of 32 bits."""
    dtype = inputs[0].dtype
    result = emit(op, *(cast(x, np.float32) for x in inputs), **attributes)
    return cast(result, dtype)


def computed(op: str, x: Tensor, *others: Tensor | None, **attributes: Any) -> Tensor:
    """Computes with numbers of one type, which the result has.

    ONNX Runtime can't do it for short integers, so these become longer ones meanwhile.
    """
    add = emit if op in PRODUCTS else pointwise
    dtype = x.dtype
    longer = SMALL_INTEGERS.get(dtype.name)
    if longer is None:
        return add(op, x, *others, **attributes)
    converted = [y if y is None else cast(y, longer) for y in (x, *others)]
    result = add(op, *converted, **attributes)
    return result if result.dtype == bool else cast(result, dtype)
