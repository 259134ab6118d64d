"""Finds losses and metrics by name, checks them, and calls them on tensors."""

from __future__ import annotations

import inspect
from typing import Any

from oneiros import backend as K
from oneiros import config, services
from oneiros.engine.node import Tensor
from oneiros.errors import ArgumentError

from oneiros_training.arrays.naming import name_of


def function_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns those additional arguments of `compile` that the current backend's
    `K.function` accepts; warns about others once, instead of for each function."""
    if arguments:
        arguments = services.old_code.without_removed("compile", arguments)
    take = getattr(K.current(), "own_arguments", None)
    return dict(take(arguments)) if take else arguments


def get_function(kind: str, argument: str, identifier: Any) -> Any:
    """Returns a loss or metric by its name, or a function unchanged.

    # Arguments
        kind: str, `"objective"` or `"metric"`.
        argument: str, the argument of `compile`, for messages.
        identifier: name or function.
    """
    function = config.get_object(kind, identifier)
    if not callable(function):
        raise ArgumentError(
            f"{argument} must be a name, or a function (y_true, y_pred); it is "
            f"{identifier!r}."
        )
    return function


def computed(kind: str, function: Any, y_true: Tensor, y_pred: Tensor) -> Any:
    """Calls a loss or metric on two tensors; returns a tensor, or, from a metric, a
    dict of tensors."""
    _check_signature(kind, function, y_true, y_pred)
    result = function(y_true, y_pred)
    several = isinstance(result, dict) and kind == "metric"
    for value in result.values() if several else [result]:
        if not K.current().owns(value):
            raise ArgumentError(
                f"The {kind} {name_of(function)!r} returned {value!r:.60}, not a "
                "tensor. Compute it from y_true and y_pred with functions of "
                "oneiros.backend, as in K.mean(K.square(y_pred - y_true))."
            )
    return result


def _check_signature(kind: str, function: Any, *arguments: Tensor) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:  # a built-in function that doesn't tell
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise ArgumentError(
            f"{kind} {name_of(function)!r} must accept (y_true, y_pred): {error}."
        ) from None
