"""NumPy's functions on PyTensor's variables: `np.sqrt(x)` is a tensor.

Without this, NumPy would take a variable for an array of one object, and compute with
that.
"""

import pytensor.tensor as pt
from oneiros_backend_toolkit.missing_values import (
    compute_elements,
    compute_whole,
    refused_function,
)
from pytensor.tensor.variable import _tensor_py_operators

RENAMED = {
    "absolute": pt.abs,
    "amax": pt.max,
    "amin": pt.min,
    "negative": pt.neg,
    "rint": pt.round,
    "where": pt.switch,
}
"""PyTensor's functions with other names."""
OF_WHOLE_ARRAYS = {
    *("amax", "amin", "argmax", "argmin", "clip", "concatenate", "cumprod"),
    *("cumsum", "dot", "matmul", "max", "mean", "min", "ones_like", "outer", "prod"),
    *("repeat", "reshape", "squeeze", "stack", "std", "sum", "tensordot", "tile"),
    *("transpose", "var", "where", "zeros_like"),
}
"""Functions that aren't elementwise, with arguments that PyTensor accepts."""


def install() -> None:
    """Has PyTensor's variables take NumPy's functions."""
    _tensor_py_operators.__array_ufunc__ = _compute
    _tensor_py_operators.__array_function__ = _compute_of_whole


def _compute_of_whole(x, function, types, args, options):
    """Computes a function of whole arrays, of which `x` is one."""
    name = function.__name__
    if name not in OF_WHOLE_ARRAYS:
        return compute_whole(x, function)
    try:
        return _named(name)(*args, **options)
    except TypeError:
        raise refused_function(f"np.{name} with such arguments", name, x) from None


def _compute(x, ufunc, method: str, *inputs, **options):
    """Computes one of NumPy's functions, of which `x` is an input."""
    return compute_elements(x, ufunc, method, inputs, options, _named)


def _named(name: str):
    """Returns PyTensor's function for one of NumPy's, None if it has none."""
    if name in RENAMED:
        return RENAMED[name]
    return getattr(pt, name, None)
