"""NumPy's functions on tensors: the operators that work, and advice for the others.

A tensor has no value before a function runs, but NumPy's functions compute immediately.
So the error names the equivalent in `K`. The operators are exceptions: NumPy passes
`array * x` to the same method as `np.multiply(array, x)`, and both return a tensor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from oneiros.backend.contract import functions

OTHER_NAMES = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    "around": "round",
    "average": "mean",
    "einsum": "batch_dot",
    "flip": "reverse",
    "less": "lesser",
    "less_equal": "lesser_equal",
    "pad": "spatial_2d_padding",
    "power": "pow",
    "repeat": "repeat_elements",
    "rint": "round",
    "take": "gather",
    "tensordot": "dot",
    "where": "switch",
}
"""What functions of NumPy are called in `K`, where the names differ."""
REDUCTIONS = {
    "add": "sum",
    "logical_and": "all",
    "logical_or": "any",
    "maximum": "max",
    "minimum": "min",
    "multiply": "prod",
}
"""The functions of `K` for `np.add.reduce` and similar methods."""
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
"""Methods that compute a function, for the first and for the second operand."""
SAME_OBJECT = {"equal": False, "not_equal": True}
"""The result of `==` for an array and a tensor, as for any two different objects."""
ASKING_NO_VALUES = {
    *("flip", "fliplr", "flipud", "imag", "iscomplexobj", "isrealobj", "moveaxis"),
    *("ndim", "nonzero", "real", "rollaxis", "rot90", "shape", "size"),
    *("diff", "swapaxes"),
}
"""Functions that only use features that tensors may have, too: attributes, methods,
items."""


def compute_elements(
    x: Any,
    ufunc: Any,
    method: str,
    inputs: Sequence[Any],
    options: Mapping[str, Any],
    engine_function: Callable[[str], Callable[..., Any] | None],
) -> Any:
    """Computes an elementwise NumPy function, if tensors support it.

    # Arguments
        x: the tensor that NumPy calls, one of the inputs.
        ufunc, method, inputs, options: the arguments of `__array_ufunc__`.
        engine_function: function that returns the engine's function with a name, or
            None.

    # Returns
        A tensor, or a bool for `array == x`.

    # Raises
        TypeError: if there is no such function for tensors. It names the equivalent in
            `K`.
    """
    name = ufunc.__name__
    shown = f"np.{name}" if hasattr(np, name) else name
    if method == "reduce":
        raise refused_function(f"{shown}.reduce", REDUCTIONS.get(name, ""), x)
    if method != "__call__" or options:
        raise refused_function(f"{shown} with options", name, x)
    first = inputs[0]
    if name in SAME_OBJECT and isinstance(first, (np.ndarray, np.generic)):
        return SAME_OBJECT[name]
    if name in OPERATORS:
        own_method, reflected = OPERATORS[name]
        if _is_tensor(first, x):
            return getattr(first, own_method)(inputs[1])
        return getattr(inputs[1], reflected)(first)
    function = engine_function(name)
    if function is None:
        raise refused_function(shown, name, x)
    return function(*inputs)


def compute_whole(
    x: Any, function: Any, args: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Computes a NumPy function of whole arrays, if it doesn't need values.

    # Arguments
        x: the tensor that NumPy calls, one of the arguments.
        function, args, options: the arguments of `__array_function__`.

    # Raises
        TypeError: if it needs values. It names the equivalent in `K`.
    """
    name = function.__name__
    refused = refused_function(_shown(function), name, x)
    if name not in ASKING_NO_VALUES:
        raise refused
    try:
        return function._implementation(*args, **options)
    except (AttributeError, TypeError):
        raise refused from None


def refused_function(shown: str, name: str, x: Any) -> TypeError:
    """Returns the error for a NumPy function that needs the values of a tensor.

    # Arguments
        shown: str, what the user wrote, such as `"np.mean"`.
        name: str, the function's name, or what it is called in `K`.
        x: the tensor.
    """
    name = OTHER_NAMES.get(name, name)
    advice = "Write it with functions of K, or K.apply(fn, x) with one of the engine"
    if function := functions().get(name):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        needed = [each.name for each in parameters if each.default is each.empty]
        advice = f"Write K.{name}({', '.join(needed)})"
    return TypeError(
        f"{shown} needs values, and {x} has no value until it is computed. {advice}. "
        "K.eval(x) computes a value now if x depends on no input."
    )


def _shown(function: Any) -> str:
    """Returns a function's name as users write it, such as `"np.linalg.norm"`."""
    module = function.__module__.replace("numpy", "np", 1)
    return f"{module}.{function.__name__}"


def _is_tensor(operand: Any, x: Any) -> bool:
    """Returns whether an operand is a tensor of the same kind as `x`."""
    method = getattr(type(operand), "__array_ufunc__", None)
    return method is type(x).__array_ufunc__
