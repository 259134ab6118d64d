"""Answers to code that asks a tensor for its value before a function runs."""

from __future__ import annotations

from typing import Any, NoReturn

TRUTH = (
    "is neither true nor false yet. K.switch(condition, a, b) chooses later; K.eval(x) "
    "computes a value now, where x depends on no input."
)
ITERATION = (
    "can't be iterated over: it holds no values yet. Index it, as in x[:, i]; K.sum, "
    "K.max and K.min go over it, and K.map_fn(fn, x) applies a function to each part."
)
LENGTH = (
    "has no known length. K.int_shape(x)[0] is its length, or None if that is open; "
    "K.shape(x)[0] is it as a tensor."
)
NUMBER = (
    "is no number yet. K.eval(x) computes its value, where x depends on no input; "
    "functions of K, such as K.exp(x), compute with it."
)
WHOLE_NUMBER = (
    "is no int yet. K.int_shape(x) holds sizes that are known; K.eval(x) computes its "
    "value, where x depends on no input; K.gather(values, x) takes from a tensor."
)
ROUNDING = "holds no values yet. K.round(x) is rounded, as a tensor."
MEMBERSHIP = "holds no values yet. K.any(K.equal(x, value)) tells, as a tensor."


class NoValueError(TypeError, AttributeError):
    """A tensor has no value yet: Python's function raises, and `hasattr` is False."""


class Unanswerable:
    """A special method of tensors that raises, and that `hasattr` doesn't see.

    Packages ask `hasattr(x, "__len__")` to tell lists from tensors before they call it.

    # Arguments
        answer: str, what the error says of the tensor.

    # Example
        ```python
        from oneiros_backend_toolkit.early_questions import LENGTH, Unanswerable

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
}
"""Special methods that need a value, by their names."""
