"""Errors for code that needs a tensor's value before a function runs."""

from __future__ import annotations

from typing import Any, NoReturn

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


class NoValueError(TypeError, AttributeError):
    """Says that a tensor has no value yet; `hasattr` returns False."""


class Unanswerable:
    """A special method of tensors that raises an error and is invisible to `hasattr`.

    Packages use `hasattr(x, "__len__")` to distinguish lists from tensors before they
    call it.

    # Arguments
        answer: str, the error's text about the tensor.

    # Example
        ```python
        from oneiros_backend_toolkit.missing_values import LENGTH, Unanswerable

        class Tensor:
            __len__ = Unanswerable(LENGTH)

        hasattr(Tensor(), "__len__")  # False
        ```
    """

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def __get__(self, tensor: Any, owner: type) -> NoReturn:
        if tensor is None:
            raise AttributeError("Tensors have no value before a function runs.")
        raise NoValueError(f"{tensor} {self.answer}")


METHODS = {
    "__complex__": Unanswerable(NUMBER),
    "__contains__": Unanswerable(MEMBERSHIP),
    "__float__": Unanswerable(NUMBER),
    "__index__": Unanswerable(WHOLE_NUMBER),
    "__int__": Unanswerable(WHOLE_NUMBER),
    "__round__": Unanswerable(ROUNDING),
    "numpy": Unanswerable(VALUE),
}
"""Methods that need a value, by name."""
