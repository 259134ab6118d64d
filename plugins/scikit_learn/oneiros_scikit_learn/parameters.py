"""Assigns parameters to the functions that accept them."""

import inspect
from collections.abc import Callable
from typing import Any

from oneiros.models import Sequential

METHODS = (
    Sequential.fit,
    Sequential.predict,
    Sequential.predict_classes,
    Sequential.evaluate,
)
"""The methods with arguments that are parameters of an estimator."""


def argument_names(function: Callable[..., Any]) -> set[str]:
    """Returns the names of a function's arguments."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in named:
            names.add(parameter.name)
    return names


def arguments_for(
    function: Callable[..., Any], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Returns the parameters that a function accepts."""
    names = argument_names(function) & parameters.keys()
    return {name: parameters[name] for name in names}


def check_parameters(build: Callable[..., Any], parameters: dict[str, Any]) -> None:
    """Checks that a method or the building function accepts each parameter.

    # Arguments
        build: the function that builds the model.
        parameters: an estimator's parameters.

    # Raises
        ValueError: if none accepts a parameter.
    """
    legal = argument_names(build)
    for method in METHODS:
        legal |= argument_names(method)
    legal.discard("self")
    for name in parameters:
        if name not in legal:
            raise ValueError(
                f"{name} is not a legal parameter: neither fit, predict, evaluate "
                f"nor the function that builds the model has it. Available: "
                f"{', '.join(sorted(legal))}."
            )
