"""How numbers, arrays and tensors of different types meet in one operation."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros_lazy_graph.pinning import floatx

from oneiros_backend_tensorflow.quiet import tf


def tensor(x: Any) -> Any:
    """Returns `x` as a tensor; numbers and arrays of floats get the default float
    type."""
    if _holds_tensor(x):
        return tf.convert_to_tensor(x)
    kind = np.asarray(x).dtype.kind
    if kind not in "biufc":
        raise TypeError(f"{x!r:.60} is no tensor, array or number")
    return tf.convert_to_tensor(x, floatx() if kind == "f" else None)


def _holds_tensor(x: Any) -> bool:
    return (
        any(map(_holds_tensor, x))
        if isinstance(x, (list, tuple))
        else bool(tf.is_tensor(x))
    )


def floats(x: Any) -> Any:
    """Returns `x` as a tensor of floats; integers and booleans get the default float
    type."""
    x = tensor(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else tf.cast(x, floatx())


def paired(*values: Any) -> list[Any]:
    """Returns tensors of one type: floats win over integers and booleans, tensors over
    plain numbers."""
    values = tuple(
        tf.convert_to_tensor(x) if _holds_tensor(x) else np.asarray(x) for x in values
    )
    dtype = _common(values)
    return [
        tf.cast(x if tf.is_tensor(x) else x.astype(dtype.as_numpy_dtype), dtype)
        for x in values
    ]


def _common(values: tuple[Any, ...]) -> Any:
    typed = [tf.as_dtype(x.dtype) for x in values if tf.is_tensor(x)]
    plain = [x.dtype for x in values if not tf.is_tensor(x)]
    floating = [dtype for dtype in typed if dtype.is_floating or dtype.is_complex]
    if floating:
        return max(floating, key=lambda dtype: dtype.size)
    if any(dtype.kind == "f" for dtype in plain):
        return tf.as_dtype(floatx())
    integers = [dtype for dtype in typed if dtype.is_integer]
    if integers:
        return max(integers, key=lambda dtype: dtype.size)
    return tf.bool if all(dtype.kind == "b" for dtype in plain) else tf.int32
