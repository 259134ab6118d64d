"""What functions of `K` ask of an argument before an engine sees it, where engines
differ in what they let pass, or cut it off without a word."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.backend.contract import Backend, functions

INTEGER_KINDS = "iu"
"""NumPy's letters for integers."""
LEFT_OUT = object()
"""Stands for an argument that a call doesn't pass."""


class UnsuitedError(ValueError):
    """Says that a function doesn't take what it received for an argument.

    # Arguments
        argument: str, its name.
    """

    def __init__(self, argument: str) -> None:
        super().__init__()
        self.argument = argument


@dataclass(frozen=True)
class Rule:
    """What one argument of a function must be.

    # Properties
        argument: str, its name.
        suits: function of a backend and a value that tells whether it is taken.
    """

    argument: str
    suits: Callable[[Any, Any], bool]


def _is_variable(backend: Any, value: Any) -> bool:
    return bool(backend.is_variable(value))


def _counts(backend: Backend, value: Any) -> bool:
    """Returns whether a value is an integer, or may be one when it is computed."""
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
"""By the function of `K`."""


def checked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that raises UnsuitedError for what breaks its rule, and is
    `function` elsewhere.

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
