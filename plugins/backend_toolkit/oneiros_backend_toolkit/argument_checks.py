"""Checks of arguments of `K`'s functions, where engines differ in the values that they
accept or silently truncate them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.backend.contract import Backend, functions

INTEGER_KINDS = "iu"
"""NumPy's kinds of integers."""
LEFT_OUT = object()
"""Represents an argument that a call doesn't pass."""


class UnsuitedError(ValueError):
    """Says that a function doesn't accept the value of an argument.

    # Arguments
        argument: str, its name.
    """

    def __init__(self, argument: str) -> None:
        super().__init__()
        self.argument = argument


@dataclass(frozen=True)
class Rule:
    """The rule for an argument of a function.

    # Properties
        argument: str, its name.
        suits: function of a backend and a value that returns whether the value is
            valid.
    """

    argument: str
    suits: Callable[[Any, Any], bool]


def _is_variable(backend: Any, value: Any) -> bool:
    return bool(backend.is_variable(value))


def _counts(backend: Backend, value: Any) -> bool:
    """Returns whether a value is an integer, or may become one when it is computed."""
    if backend.owns(value):
        return True
    number = np.asarray(value)
    return number.ndim == 0 and number.dtype.kind in INTEGER_KINDS


def _leads_on(backend: Backend, value: Any) -> bool:
    """Returns whether a value isn't a number 0."""
    return backend.owns(value) or not np.array_equal(value, 0)


def _holds_several(backend: Backend, value: Any) -> bool:
    """Returns whether a value isn't one tensor alone."""
    return not backend.owns(value)


RULES = {
    "arange": Rule("step", _leads_on),
    "moving_average_update": Rule("variable", _is_variable),
    "one_hot": Rule("nb_classes", _counts),
    "repeat": Rule("n", _counts),
    "repeat_elements": Rule("rep", _counts),
    "stack": Rule("x", _holds_several),
    "update": Rule("x", _is_variable),
    "update_add": Rule("x", _is_variable),
    "update_sub": Rule("x", _is_variable),
}
"""Rules by function of `K`."""


def checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `function` with a check that raises UnsuitedError if an argument breaks
    its rule.

    # Arguments
        name: str, one of `RULES`.
        function: the method of a backend.
    """
    rule = RULES[name]
    place = _arguments_of(name).index(rule.argument)

    @functools.wraps(function)
    def run(self: Backend, *args: Any, **kwargs: Any) -> Any:
        value = (
            args[place] if place < len(args) else kwargs.get(rule.argument, LEFT_OUT)
        )
        if value is not LEFT_OUT and not rule.suits(self, value):
            raise UnsuitedError(rule.argument)
        return function(self, *args, **kwargs)

    return run


def _arguments_of(name: str) -> list[str]:
    """Returns the names of a function's arguments."""
    _, *names = inspect.signature(functions()[name]).parameters
    return names
