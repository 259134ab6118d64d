"""Code that needs a tensor's value before a function runs: Python's and NumPy's.

NumPy passes `array * x` to the same method as `np.multiply(array, x)`; both return a
tensor. For what NumPy would compute immediately, the error names the equivalent in `K`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from oneiros.backend.contract import functions

TRUTH = (
    "is neither true nor false yet. K.switch(condition, a, b) chooses later; K.eval(x) "
    "computes a value now if x depends on no input."
)
ITERATION = (
    "can't be iterated over: it holds no values yet. Index it, as in x[:, i]; K.sum, "
    "K.max and K.min reduce it, and K.map_fn(fn, x) applies a function to each part."
)
LENGTH = (
    "has no known length. K.int_shape(x)[0] is its length, or None if that is open; "
    "K.shape(x)[0] is the length as a tensor."
)
NUMBER = (
    "isn't a number yet. K.eval(x) computes its value if x depends on no input; "
    "functions of K, such as K.exp(x), compute with it."
)
WHOLE_NUMBER = (
    "isn't an int yet. K.int_shape(x) has the known sizes; K.eval(x) computes its "
    "value if x depends on no input; K.gather(values, x) selects from a tensor."
)
ROUNDING = "holds no values yet. K.round(x) is rounded, as a tensor."
VALUE = (
    "has no numpy() in Keras 1. K.get_value(x) returns a variable's value; K.eval(x) "
    "computes that of a tensor that depends on no input."
)
MEMBERSHIP = "holds no values yet. K.any(K.equal(x, value)) is the answer, as a tensor."
OTHER_NAMES = {
    "absolute": "abs",
    "repeat": "repeat_elements",
    "take": "gather",
    "where": "switch",
}
"""What functions of NumPy are called in `K`, where the names differ."""
OPERATORS = {
    "add": "add",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "divide": "truediv",
    "floor_divide": "floordiv",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "matmul": "matmul",
    "multiply": "mul",
    "power": "pow",
    "remainder": "mod",
    "subtract": "sub",
}
"""The methods, without underscores, that compute NumPy's functions."""
REFLECTED = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}
"""What stands for them if the tensor is the second operand, where that isn't `r…`."""


class NoValueError(TypeError, AttributeError):
    """Says that a tensor has no value yet; `hasattr` returns False."""


def unanswerable(answer: str) -> property:
    """Returns a special method that raises an error and is invisible to `hasattr`.

    Packages use `hasattr(x, "__len__")` to distinguish lists from tensors before they
    call it.

    # Arguments
        answer: str, the error's text about the tensor.
    """

    def refuse(tensor) -> NoReturn:
        raise NoValueError(f"{tensor} {answer}")

    return property(refuse)


METHODS = {
    "__complex__": unanswerable(NUMBER),
    "__contains__": unanswerable(MEMBERSHIP),
    "__float__": unanswerable(NUMBER),
    "__index__": unanswerable(WHOLE_NUMBER),
    "__int__": unanswerable(WHOLE_NUMBER),
    "__round__": unanswerable(ROUNDING),
    "numpy": unanswerable(VALUE),
}
"""Methods that need a value, by name."""


def compute_elements(
    x,
    ufunc,
    method: str,
    inputs: Sequence[Any],
    options: Mapping[str, Any],
    engine_function: Callable[[str], Any] = lambda name: None,
):
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
    if method != "__call__":
        raise refused_function(f"np.{name}.{method}", name, x)
    if options:
        raise refused_function(f"np.{name} with options", name, x)
    first = inputs[0]
    is_array = isinstance(first, (np.ndarray, np.generic))
    if is_array and name in ("equal", "not_equal"):
        return name == "not_equal"  # as for any two different objects
    if name in OPERATORS:
        operator = OPERATORS[name]
        if hasattr(first, "__array_ufunc__") and not is_array:
            return getattr(first, f"__{operator}__")(inputs[1])
        reflected = REFLECTED.get(operator, f"r{operator}")
        return getattr(inputs[1], f"__{reflected}__")(first)
    function = engine_function(name)
    if function is None:
        raise refused_function(f"np.{name}", name, x)
    return function(*inputs)


def compute_whole(x, function):
    """Computes a NumPy function of whole arrays, if it doesn't need values.

    # Raises
        TypeError: if it needs values. It names the equivalent in `K`.
    """
    name = function.__name__
    if name in ("ndim", "shape"):
        return getattr(x, name)
    module = function.__module__.replace("numpy", "np", 1)
    raise refused_function(f"{module}.{name}", name, x)


def refused_function(shown: str, name: str, x) -> TypeError:
    """Returns the error for a NumPy function that needs the values of a tensor.

    # Arguments
        shown: str, what the user wrote, such as `"np.mean"`.
        name: str, the function's name.
        x: the tensor.
    """
    name = OTHER_NAMES.get(name, name)
    advice = "Write it with functions of K, or K.apply(fn, x) with one of the engine"
    if name in functions():
        advice = f"Use K.{name}"
    return TypeError(
        f"{shown} needs values, and {x} has no value until it is computed. {advice}. "
        "K.eval(x) computes a value now if x depends on no input."
    )
