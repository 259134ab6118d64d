"""NumPy's functions on PyTensor's variables: `np.sqrt(x)` is a tensor.

Without this, NumPy would take a variable for an array of one object, and compute with
that.
"""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.variable import _tensor_py_operators

OPERATORS = {
    "add": ("__add__", "__radd__"),
    "bitwise_and": ("__and__", "__rand__"),
    "bitwise_or": ("__or__", "__ror__"),
    "bitwise_xor": ("__xor__", "__rxor__"),
    "divide": ("__truediv__", "__rtruediv__"),
    "floor_divide": ("__floordiv__", "__rfloordiv__"),
    "greater": ("__gt__", "__lt__"),
    "greater_equal": ("__ge__", "__le__"),
    "less": ("__lt__", "__gt__"),
    "less_equal": ("__le__", "__ge__"),
    "matmul": ("__matmul__", "__rmatmul__"),
    "multiply": ("__mul__", "__rmul__"),
    "power": ("__pow__", "__rpow__"),
    "remainder": ("__mod__", "__rmod__"),
    "subtract": ("__sub__", "__rsub__"),
}
"""Methods that compute a function: of the first operand, and of the second one."""
RENAMED = {
    "absolute": pt.abs,
    "amax": pt.max,
    "amin": pt.min,
    "negative": pt.neg,
    "rint": pt.round,
    "where": pt.switch,
}
"""PyTensor's functions that have other names."""
OF_WHOLE_ARRAYS = {
    *("amax", "amin", "argmax", "argmin", "clip", "concatenate", "cumprod", "cumsum"),
    *("dot", "max", "mean", "min", "ones_like", "outer", "prod", "repeat", "reshape"),
    *("squeeze", "stack", "std", "sum", "tensordot", "tile", "transpose", "var"),
    *("where", "zeros_like"),
}
"""Functions that don't work element by element, and whose arguments PyTensor takes."""
SAME_OBJECT = {"equal": False, "not_equal": True}
"""What `==` gives of an array and a variable, as of any two different objects."""


def install() -> None:
    """Has PyTensor's variables take NumPy's functions."""
    _tensor_py_operators.__array_ufunc__ = _compute
    _tensor_py_operators.__array_function__ = _compute_of_whole


def _compute_of_whole(
    x: Any, function: Any, types: Any, args: Any, kwargs: dict[str, Any]
) -> Any:
    """Computes a function of whole arrays, of which `x` is one."""
    name = function.__name__
    if name not in OF_WHOLE_ARRAYS:
        return function._implementation(*args, **kwargs)
    return _named(name)(*args, **kwargs)


def _named(name: str) -> Any:
    """Returns PyTensor's function for one of NumPy's, None if it has none."""
    return RENAMED.get(name) or getattr(pt, name, None)


def _compute(
    x: Any,
    ufunc: Any,
    method: str,
    *inputs: Any,
    **options: Any,
) -> Any:
    """Computes one of NumPy's functions, of which `x` is an input."""
    name = ufunc.__name__
    if method != "__call__" or options:
        raise _unknown(f"np.{name} with options", x)
    if name in SAME_OBJECT:
        return SAME_OBJECT[name]
    if name in OPERATORS:
        return _operated(name, *inputs)
    function = _named(name)
    if function is None:
        raise _unknown(f"np.{name}", x)
    return function(*inputs)


def _operated(name: str, first: Any, second: Any) -> Any:
    method, reflected = OPERATORS[name]
    if isinstance(first, Variable):
        return getattr(first, method)(second)
    return getattr(second, reflected)(first)


def _unknown(function_name: str, x: Any) -> TypeError:
    return TypeError(
        f"{function_name} works on values, and {x} has none until a function runs. Use "
        "a function of K or of pytensor.tensor, or K.eval(x)."
    )
