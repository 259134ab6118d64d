"""Type promotion for numbers, arrays and tensors in an operation."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.types import adapted, check_has_bits, common_type

from oneiros_backend_tensorflow.tensorflow_import import tf

NUMERIC_KINDS = "biufc"
"""NumPy's kinds of booleans, integers, floats and complex numbers."""

INDEX_TYPES = (tf.int32, tf.int64)


def tensor(x: Any) -> Any:
    """Returns `x` as a tensor.

    Numbers and arrays of floats get the default float type.
    """
    if _holds_tensor(x):
        return tf.convert_to_tensor(x)
    kind = np.asarray(x).dtype.kind
    if kind not in NUMERIC_KINDS:
        raise TypeError(f"{x!r:.60} isn't a tensor, array or number")
    return tf.convert_to_tensor(x, floatx() if kind == "f" else None)


def cast(x: Any, dtype: Any) -> Any:
    """Returns `x` as a tensor of a type.

    # Raises
        TypeError: if an argument isn't a tensor, array or number, which TensorFlow
            would take.
    """
    if not _holds_tensor(x) and np.asarray(x).dtype.kind not in NUMERIC_KINDS:
        raise TypeError(f"{x!r:.60} isn't a tensor, array or number")
    return tf.cast(x, dtype)


def floats(x: Any) -> Any:
    """Returns `x` as a tensor of floats.

    Integers and booleans get the default float type.
    """
    x = tensor(x)
    return x if _is_inexact(x.dtype) else tf.cast(x, floatx())


def countable(x: Any) -> Any:
    """Returns `x` as a tensor of numbers: truth values count as 0 and 1."""
    x = tensor(x)
    return tf.cast(x, tf.int32) if x.dtype == tf.bool else x


def truth(x: Any) -> Any:
    """Returns `x` as a tensor of truth values."""
    return tf.cast(tensor(x), tf.bool)


def paired(*values: Any, arithmetic: bool = True) -> list[Any]:
    """Returns tensors of the type that values have in common, by the contract's rule.

    # Arguments
        *values: tensors, arrays and numbers.
        arithmetic: whether something is computed of them, so that booleans count as
            integers.
    """
    converted: list[Any] = [
        tf.convert_to_tensor(x) if _holds_tensor(x) else np.asarray(x) for x in values
    ]
    tensor_types = [x.dtype.as_numpy_dtype for x in converted if tf.is_tensor(x)]
    constant_types = [x.dtype for x in converted if not tf.is_tensor(x)]
    if any(dtype.kind not in NUMERIC_KINDS for dtype in constant_types):
        raise TypeError("one of them isn't a tensor, array or number")
    dtype = common_type(tensor_types, constant_types, floatx(), arithmetic)
    return [
        tf.cast(x if tf.is_tensor(x) else adapted(x, dtype), dtype) for x in converted
    ]


def indices_of(x: Any) -> Any:
    """Returns `x` as a tensor of integers of a type that TensorFlow takes for
    indices."""
    x = tensor(x)
    return x if x.dtype in INDEX_TYPES else tf.cast(x, tf.int32)


def bits(*values: Any) -> list[Any]:
    """Returns integers or booleans as tensors of the type that they have in common."""
    tensors = paired(*values, arithmetic=False)
    check_has_bits(np.dtype(tensors[0].dtype.as_numpy_dtype))
    return tensors


def _is_inexact(dtype: Any) -> bool:
    return bool(dtype.is_floating or dtype.is_complex)


def _holds_tensor(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_holds_tensor, x))
    return bool(tf.is_tensor(x))
