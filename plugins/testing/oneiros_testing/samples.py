"""Arguments for components that declare none, guessed from the names of
parameters."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from oneiros import backend as K

ARGUMENTS: dict[str, Any] = {
    "activation": "tanh",
    "axes": 1,
    "channels": 2,
    "d_model": 4,
    "depth": 2,
    "dim": 4,
    "dims": (2, 1),
    "features": 3,
    "filter_length": 2,
    "filters": 2,
    "function": K.tanh,
    "head_dim": 2,
    "heads": 2,
    "hidden_dim": 3,
    "input_dim": 5,
    "kernel_dim1": 2,
    "kernel_dim2": 2,
    "kernel_dim3": 2,
    "kernel_size": 2,
    "n": 2,
    "nb_col": 2,
    "nb_feature": 2,
    "nb_filter": 2,
    "nb_head": 2,
    "nb_row": 2,
    "num_heads": 2,
    "output_dim": 3,
    "output_shape": (None, 7, 6, 2),
    "p": 0.4,
    "rate": 0.4,
    "scale": 0.5,
    "schedule": lambda epoch: 0.05 / (epoch + 1),
    "sigma": 0.3,
    "size": 2,
    "target_shape": (20,),
    "units": 3,
}
"""Values by the names of parameters."""
TYPES: dict[Any, Any] = {"int": 3, "float": 0.5, "bool": True, int: 3, float: 0.5}
"""Values by the annotations of parameters."""
MODES = {"border_mode": ("valid", "same"), "padding": ("valid", "same")}
"""Parameters with a few values, one of which is the default."""
FOR_THE_INPUT = {
    "batch_input_shape",
    "input_dim",
    "input_dtype",
    "input_length",
    "input_shape",
    "weights",
}
"""Parameters that a layer uses once and needn't keep."""


def guessed_arguments(component: Any, declared: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that a component declares, and a guess for each other one
    without which it can't be made.

    # Arguments
        component: class or function.
        declared: dict, what the component declares as its `conformance`.
    """
    arguments = declared_arguments(declared)
    for name, parameter in parameters(component).items():
        if parameter.default is not parameter.empty or name in arguments:
            continue
        if name in ARGUMENTS:
            arguments[name] = ARGUMENTS[name]
        elif parameter.annotation in TYPES:
            arguments[name] = TYPES[parameter.annotation]
    return arguments


def declared_arguments(declared: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments that a component declares, new ones if by a function."""
    given = declared.get("arguments", {})
    return dict(given() if callable(given) else given)


def parameters(component: Any) -> dict[str, inspect.Parameter]:
    """Returns the parameters that have a name of their own; for a class, those of its
    base classes too, as far as it passes `**kwargs` on to them."""
    found = _named(component)
    constructors = [
        vars(base)["__init__"]
        for base in inspect.getmro(component if inspect.isclass(component) else object)
        if inspect.isfunction(vars(base).get("__init__"))
    ]
    set_by_itself: set[Any] = set()
    for constructor, inherited in pairwise(constructors):
        if not _takes_more(constructor):
            break
        set_by_itself |= _constants(constructor)
        for name, parameter in _named(inherited).items():
            is_optional = parameter.default is not parameter.empty
            if is_optional and name not in set_by_itself:
                found.setdefault(name, parameter)
    return found


def _named(function: Any) -> dict[str, inspect.Parameter]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in named
    }


def _takes_more(function: Any) -> bool:
    """Returns whether a function has a parameter like `**kwargs`."""
    own = inspect.signature(function).parameters.values()
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in own)


def _constants(function: Any) -> set[Any]:
    """Returns the constants in a function's code, among them the names of the arguments
    that it passes to others, or refuses."""
    found: set[Any] = set()
    for constant in function.__code__.co_consts:
        found.update(constant if isinstance(constant, tuple) else [constant])
    return found


def required(component: Any) -> Iterable[str]:
    """Returns the names of the parameters that have no default."""
    return [
        name
        for name, parameter in parameters(component).items()
        if parameter.default is parameter.empty
    ]


def variations(
    component: Any, arguments: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Yields parameters, each with its value in a component made with these arguments,
    and another value that it may have."""
    for name, parameter in parameters(component).items():
        value = arguments.get(name, parameter.default)
        if name in FOR_THE_INPUT or value is parameter.empty:
            continue
        other = _other(name, value)
        if other is not None:
            yield name, value, other


def _other(name: str, value: Any) -> Any:
    """Returns another value for a parameter; None if no one comes to mind."""
    if name in MODES and value in MODES[name]:
        return next(mode for mode in MODES[name] if mode != value)
    for ending, names in BY_ENDING.items():
        if name.endswith(ending) and (value is None or isinstance(value, str)):
            return next(other for other in names if other != value)
    for kind, change in BY_TYPE.items():
        if type(value) is kind:
            return change(value)
    return None


BY_ENDING = {
    "activity_regularizer": ("activity_l2",),
    "regularizer": ("l2",),
    "constraint": ("nonneg",),
    "activation": ("tanh", "sigmoid"),
    "init": ("uniform", "normal"),
    "initializer": ("uniform", "normal"),
}
BY_TYPE: dict[type, Callable[[Any], Any]] = {
    bool: lambda value: not value,
    int: lambda value: value + 1,
    float: lambda value: value / 2 + 0.3,
}
