"""Arguments for components that declare none, guessed from the names of
parameters."""

import inspect
from collections.abc import Iterable
from typing import Any

ARGUMENTS: dict[str, Any] = {}
"""Values by the names of parameters."""


def guessed_arguments(component: Any, declared: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that a component declares, and a guess for each other one
    without which it can't be made.

    # Arguments
        component: class or function.
        declared: dict, what the component declares as its `conformance`.
    """
    arguments = dict(declared.get("arguments", {}))
    for parameter in required(component):
        if parameter in ARGUMENTS:
            arguments.setdefault(parameter, ARGUMENTS[parameter])
    return arguments


def required(component: Any) -> Iterable[str]:
    """Returns the parameters that have no default."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [
        name
        for name, parameter in inspect.signature(component).parameters.items()
        if parameter.kind in named and parameter.default is parameter.empty
    ]
