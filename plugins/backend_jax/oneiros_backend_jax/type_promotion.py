"""Type promotion for numbers, arrays and tensors in an operation.

Values that are known while a function is traced, such as sizes, stay NumPy arrays: JAX
would make them unknown, and unknown values can't become a shape.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_backend_toolkit.lazy_graph.pinning import floatx
from oneiros_backend_toolkit.types import DISCRETE, adapted, check_has_bits, common_type
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.symbolic_sizes import (
    computed_sizes,
    holds_symbolic_sizes,
    is_symbolic,
)

CONCRETE = (np.ndarray, np.generic, bool, int, float)
NUMERIC_KINDS = "biufc"
"""NumPy's kinds of booleans, integers, floats and complex numbers."""
INDEX_TYPES = (np.int32, np.int64)


def is_tensor(x: Any) -> bool:
    """Returns whether `x` is, or holds, a tensor of JAX."""
    if isinstance(x, (list, tuple)):
        return any(map(is_tensor, x))
    return isinstance(x, jax.Array)


def is_known(x: Any) -> bool:
    """Returns whether `x` is known while a function is traced.

    Integers, booleans, arrays of them, and sizes are known.
    """
    if is_symbolic(x) or holds_symbolic_sizes(x):
        return True
    return isinstance(x, CONCRETE) and np.asarray(x).dtype.kind in DISCRETE


def space(*values: Any) -> Any:
    """Returns the namespace to compute with.

    It is NumPy if all values are known integers, otherwise `jax.numpy`.
    """
    return np if all(map(is_known, values)) else jnp


def is_float(x: Any) -> bool:
    """Returns whether a tensor or array is one of floats or complex numbers."""
    return bool(jnp.issubdtype(x.dtype, jnp.inexact))


def tensor(x: Any) -> Any:
    """Returns `x` as a tensor, or as an array of known integers.

    Floats of Python and NumPy get the default float type.
    """
    if isinstance(x, jax.Array):
        return x
    if isinstance(x, (list, tuple)) and is_tensor(x):
        return jnp.stack(paired(*x, arithmetic=False))
    array = np.asarray(x)
    if holds_symbolic_sizes(array):
        return array
    if array.dtype.kind in DISCRETE:
        is_python_int = isinstance(x, int) and not isinstance(x, bool)
        return array.astype(np.int32) if is_python_int else array
    if array.dtype.kind not in NUMERIC_KINDS:
        raise TypeError(f"{x!r:.60} isn't a tensor, array or number")
    return jnp.asarray(array, floatx() if array.dtype.kind == "f" else None)


def floats(x: Any) -> Any:
    """Returns `x` as a tensor of floats.

    Integers and booleans get the default float type.
    """
    x = computed_sizes(tensor(x))
    return x if is_float(x) else jnp.asarray(x, floatx())


def countable(x: Any) -> Any:
    """Returns `x` as a tensor of numbers: truth values count as 0 and 1."""
    x = tensor(x)
    return x.astype(np.int32) if x.dtype == bool else x


def truth(x: Any) -> Any:
    """Returns `x` as a tensor of truth values."""
    return tensor(x).astype(bool)


def paired(*values: Any, arithmetic: bool = True) -> list[Any]:
    """Returns tensors of the type that values have in common, by the contract's rule.

    # Arguments
        *values: tensors, arrays and numbers.
        arithmetic: whether the values are computed with, so that booleans count as
            integers.
    """
    arrays = [_array(x) for x in values]
    if any(map(holds_symbolic_sizes, arrays)):
        if all(map(is_known, arrays)):
            return arrays
        arrays = list(map(computed_sizes, arrays))
    tensors = [x.dtype for x in arrays if isinstance(x, jax.Array)]
    constants = [x.dtype for x in arrays if not isinstance(x, jax.Array)]
    if any(dtype.kind not in NUMERIC_KINDS for dtype in constants):
        raise TypeError(f"{values[0]!r:.60} is no tensor, array or number")
    dtype = common_type(tensors, constants, floatx(), arithmetic)
    if dtype.kind in DISCRETE:
        return [_as_integers(x, dtype) for x in arrays]
    return [jnp.asarray(x, dtype) for x in arrays]


def _as_integers(x: Any, dtype: np.dtype[Any]) -> Any:
    return x.astype(dtype) if isinstance(x, jax.Array) else adapted(x, dtype)


def indices_of(x: Any) -> Any:
    """Returns `x` as integers that hold any place of an axis."""
    x = tensor(x)
    return x if x.dtype in INDEX_TYPES else x.astype(np.int32)


def bits(*values: Any) -> list[Any]:
    """Returns integers or booleans as tensors of the type that they have in common."""
    tensors = paired(*values, arithmetic=False)
    check_has_bits(tensors[0].dtype)
    return tensors


def _array(x: Any) -> Any:
    if isinstance(x, jax.Array):
        return x
    is_listed = isinstance(x, (list, tuple)) and is_tensor(x)
    return tensor(x) if is_listed else np.asarray(x)
