"""Which arguments belong to which function."""

from __future__ import annotations

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
"""The methods whose arguments are parameters of an estimator."""


def argument_names(function: Callable[..., Any]) -> set[str]:
    """Returns the names of a function's arguments."""
    named = (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    )
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind in named}


def arguments_for(
    function: Callable[..., Any], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Returns those parameters that a function takes."""
    names = argument_names(function)
    return {name: value for name, value in parameters.items() if name in names}


def check_parameters(build: Callable[..., Any], parameters: dict[str, Any]) -> None:
    """Checks that each parameter belongs to a method or to the building function.

    # Arguments
        build: the function that makes the model.
        parameters: an estimator's parameters.

    # Raises
        ValueError: one belongs to none.
    """
    legal = argument_names(build).union(*map(argument_names, METHODS)) - {"self"}
    for name in parameters:
        if name not in legal:
            raise ValueError(
                f"{name} is not a legal parameter: neither fit, predict and evaluate "
                f"nor the function that builds the model has it. There are: "
                f"{', '.join(sorted(legal))}."
            )
