"""NumPy's functions on tensors: the operators that work, and advice for the others.

A tensor has no value before a function runs, but NumPy's functions compute immediately.
So the error names the equivalent in `K`. The operators are exceptions: NumPy passes
`array * x` to the same method as `np.multiply(array, x)`, and both return a tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

IN_K = {
    "absolute": "K.abs(x)",
    "add": "x + y",
    "all": "K.all(x)",
    "allclose": "K.all(K.lesser(K.abs(x - y), tolerance))",
    "amax": "K.max(x)",
    "amin": "K.min(x)",
    "any": "K.any(x)",
    "append": "K.concatenate([x, y])",
    "argmax": "K.argmax(x)",
    "argmin": "K.argmin(x)",
    "around": "K.round(x)",
    "array_equal": "K.all(K.equal(x, y))",
    "average": "K.mean(x)",
    "cbrt": "K.pow(x, 1 / 3)",
    "clip": "K.clip(x, min_value, max_value)",
    "column_stack": "K.concatenate([x, y], axis=1)",
    "concatenate": "K.concatenate([x, y])",
    "cos": "K.cos(x)",
    "divide": "x / y",
    "dot": "K.dot(x, y)",
    "dstack": "K.concatenate([x, y], axis=2)",
    "einsum": "K.batch_dot(x, y, axes)",
    "equal": "K.equal(x, y)",
    "exp": "K.exp(x)",
    "exp2": "K.exp(x * np.log(2))",
    "expand_dims": "K.expand_dims(x, axis)",
    "expit": "K.sigmoid(x)",
    "expm1": "K.exp(x) - 1",
    "fabs": "K.abs(x)",
    "flip": "K.reverse(x, axes)",
    "float_power": "K.pow(x, a)",
    "floor_divide": "x // y",
    "fmax": "K.maximum(x, y)",
    "fmin": "K.minimum(x, y)",
    "full_like": "value * K.ones_like(x)",
    "greater": "K.greater(x, y)",
    "greater_equal": "K.greater_equal(x, y)",
    "hstack": "K.concatenate([x, y], axis=1)",
    "hypot": "K.sqrt(K.square(x) + K.square(y))",
    "inner": "K.dot(x, K.transpose(y))",
    "isclose": "K.lesser(K.abs(x - y), tolerance)",
    "isnan": "K.not_equal(x, x)",
    "less": "K.lesser(x, y)",
    "less_equal": "K.lesser_equal(x, y)",
    "log": "K.log(x)",
    "log10": "K.log(x) / np.log(10)",
    "log1p": "K.log(1 + x)",
    "log2": "K.log(x) / np.log(2)",
    "logaddexp": "K.log(K.exp(x) + K.exp(y))",
    "logical_and": "x & y",
    "logical_not": "~x",
    "logical_or": "x | y",
    "logical_xor": "x ^ y",
    "matmul": "K.dot(x, y)",
    "max": "K.max(x)",
    "maximum": "K.maximum(x, y)",
    "mean": "K.mean(x)",
    "min": "K.min(x)",
    "minimum": "K.minimum(x, y)",
    "moveaxis": "K.permute_dimensions(x, pattern)",
    "multiply": "x * y",
    "negative": "-x",
    "norm": "K.sqrt(K.sum(K.square(x)))",
    "not_equal": "K.not_equal(x, y)",
    "ones_like": "K.ones_like(x)",
    "pad": "K.spatial_2d_padding(x)",
    "power": "K.pow(x, a)",
    "prod": "K.prod(x)",
    "ravel": "K.flatten(x)",
    "reciprocal": "1 / x",
    "remainder": "x % y",
    "repeat": "K.repeat_elements(x, rep, axis)",
    "reshape": "K.reshape(x, shape)",
    "rint": "K.round(x)",
    "rollaxis": "K.permute_dimensions(x, pattern)",
    "round": "K.round(x)",
    "shape": "K.shape(x)",
    "sign": "K.sign(x)",
    "sin": "K.sin(x)",
    "size": "K.prod(K.shape(x))",
    "sqrt": "K.sqrt(x)",
    "square": "K.square(x)",
    "squeeze": "K.squeeze(x, axis)",
    "stack": "K.stack([x, y])",
    "std": "K.std(x)",
    "subtract": "x - y",
    "sum": "K.sum(x)",
    "swapaxes": "K.permute_dimensions(x, pattern)",
    "take": "K.gather(x, indices)",
    "tan": "K.sin(x) / K.cos(x)",
    "tanh": "K.tanh(x)",
    "tensordot": "K.dot(x, y)",
    "tile": "K.tile(x, n)",
    "transpose": "K.transpose(x)",
    "var": "K.var(x)",
    "vstack": "K.concatenate([x, y], axis=0)",
    "where": "K.switch(condition, x, y)",
    "zeros_like": "K.zeros_like(x)",
}
"""Replacements of NumPy's functions, by their `__name__`."""
REDUCTIONS = {
    "add": "K.sum(x)",
    "logical_and": "K.all(x)",
    "logical_or": "K.any(x)",
    "maximum": "K.max(x)",
    "minimum": "K.min(x)",
    "multiply": "K.prod(x)",
}
"""Replacements of `np.add.reduce` and similar methods, by function name."""
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
    functions: Callable[[str], Callable[..., Any] | None],
) -> Any:
    """Computes an elementwise NumPy function, if tensors support it.

    # Arguments
        x: the tensor that NumPy calls, one of the inputs.
        ufunc, method, inputs, options: the arguments of `__array_ufunc__`.
        functions: function that returns the engine's function with a name, or None.

    # Returns
        A tensor, or a bool for `array == x`.

    # Raises
        TypeError: if there is no such function for tensors. It names the equivalent in
            `K`.
    """
    name = ufunc.__name__
    shown = f"np.{name}" if hasattr(np, name) else name
    if method == "reduce":
        raise refused_function(f"{shown}.reduce", REDUCTIONS.get(name), x)
    if method != "__call__" or options:
        raise refused_function(f"{shown} with options", IN_K.get(name), x)
    first = inputs[0]
    if name in SAME_OBJECT and isinstance(first, (np.ndarray, np.generic)):
        return SAME_OBJECT[name]
    if name in OPERATORS:
        own_method, reflected = OPERATORS[name]
        if _is_tensor(first, x):
            return getattr(first, own_method)(inputs[1])
        return getattr(inputs[1], reflected)(first)
    function = functions(name)
    if function is None:
        raise refused_function(shown, IN_K.get(name), x)
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
    refused = refused_function(_shown(function), IN_K.get(name), x)
    if name not in ASKING_NO_VALUES:
        raise refused
    try:
        return function._implementation(*args, **options)
    except (AttributeError, TypeError):
        raise refused from None


def refused_function(name: str, line: str | None, x: Any) -> TypeError:
    """Returns the error for a NumPy function that needs the values of a tensor.

    # Arguments
        name: str, the name that the user wrote, such as `"np.mean"`.
        line: str, the replacement; None if `K` has none.
        x: the tensor.
    """
    if line is None:
        advice = (
            "Write it with functions of K, or K.apply(fn, x) with one of the engine"
        )
    else:
        advice = f"Write {line}"
    return TypeError(
        f"{name} needs values, and {x} has no value until it is computed. {advice}. "
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
