"""The default configuration of a layer: the constructor arguments that it stores."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label
from oneiros.backend.dispatch import backend_of
from oneiros.engine.layer import KWARGS, Layer
from oneiros.errors import ConfigError
from oneiros_safe_files.registered_functions import registered

COMMON = ("name", "trainable", "batch_input_shape", "input_dtype")
"""Attributes in every layer's configuration, if the layer has them."""

FUNCTIONS = ("activation", "init")
"""The endings of the names of arguments that accept functions of these kinds."""

PARTS = ("regularizer", "constraint")
"""The endings of the names of arguments that accept such objects."""

MAX_ARRAY = 1000
"""The maximum size of an array that is stored as an argument; larger ones are data."""

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def layer_config(layer: Any) -> dict[str, Any]:
    """Implements `Layer.get_config`.

    If a class defines `get_config`, that method adds the arguments of its own
    constructor; this function adds those of the base classes.
    """
    config = {key: plain(getattr(layer, key)) for key in COMMON if hasattr(layer, key)}
    is_default = type(layer).argument_config is Layer.argument_config
    for argument in _constructor_arguments(type(layer)):
        if is_default:
            config.update(argument_config(layer, argument))
        else:
            config.update(layer.argument_config(argument))
    return config


def _constructor_arguments(cls: type) -> list[str]:
    """Returns the arguments that are described, base classes' first."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        constructor = vars(base).get("__init__")
        if inspect.isfunction(constructor) and "get_config" not in vars(base):
            names |= dict.fromkeys(_parameter_names(constructor))
    return [name for name in names if name not in KWARGS]


@lru_cache(maxsize=1024)
def _parameter_names(method: Callable[..., Any]) -> tuple[str, ...]:
    """Returns a method's parameters but `self`, `*args` and `**kwargs`."""
    _, *parameters = inspect.signature(method).parameters.values()
    return tuple(p.name for p in parameters if p.kind not in _VARIADIC)


def argument_config(layer: Any, argument: str) -> dict[str, Any]:
    """Implements `Layer.argument_config`."""
    if argument not in vars(layer):
        return {}
    value = vars(layer)[argument]
    if _is_plain(value):
        return {argument: plain(value)}
    backend: Any = backend_of(layer) or K.current()
    if backend.is_variable(value) and K.ndim(value) == 0:
        return {argument: K.get_value(value).item()}
    if backend.owns(value):
        return {}
    if not callable(value):
        return {}
    is_part = hasattr(value, "get_config") and not isinstance(value, Layer)
    if argument.endswith(PARTS) or is_part:
        return {argument: _part_config(layer, argument, value)}
    if argument.endswith(FUNCTIONS) or registered(value):
        return {argument: _function_name(layer, argument, value)}
    return {}


def _is_plain(value: Any) -> bool:
    """Returns whether a configuration can hold a value as it is."""
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, np.ndarray):
        return value.size <= MAX_ARRAY
    return value is None or isinstance(value, (bool, int, float, str, np.generic))


def plain(value: Any) -> Any:
    """Returns NumPy's numbers as Python's, including those in lists, tuples and
    dicts."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(plain(item) for item in value)
    return value


def _function_name(layer: Any, argument: str, function: Any) -> str:
    name = getattr(function, "__name__", None)
    if name is None:
        raise ConfigError(
            f"{label(layer)} has {argument}={function!r}, which has no name that a "
            "configuration could hold. Pass a function made with `def`; add a layer "
            "to the model as a separate layer."
        )
    return str(name)


def _part_config(layer: Any, argument: str, part: Any) -> Any:
    if hasattr(part, "get_config"):
        return part.get_config()
    raise ConfigError(
        f"{label(layer)} has {argument}={part!r}, which has no get_config() that a "
        f"configuration could use. Pass an object of a class that defines it."
    )
