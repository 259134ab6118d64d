"""Arguments that a layer, a method or a function doesn't have: ignored with a warning
if an earlier version of Keras had them, otherwise an error with an explanation."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Any

from oneiros.engine.container import Container
from oneiros_backend_toolkit.user_warnings import warn

from oneiros_old_code.layer_calls import UnknownArgumentError
from oneiros_old_code.spellings import respelled, spellings_of
from oneiros_old_code.wrong_calls import (
    is_fitting,
    unfit_constructor,
    unfit_function,
    unknown_arguments,
    written_call,
)

DROPPED = {
    "Highway": ("transform_bias",),
    "Recurrent": ("truncate_gradient",),
    "_Pooling1D": ("ignore_border",),
    "_Pooling2D": ("ignore_border",),
}
"""Arguments of layers that Keras removed, by class."""

EXAMPLES = {
    "compile": "'adam', 'categorical_crossentropy'",
    "evaluate": "x, y",
    "fit": "x, y",
}
"""Example arguments of models' methods, where the names alone say too little."""

DROPPED_FROM_METHODS = {
    "show_accuracy": "Write compile(…, metrics=['accuracy'])",
    "accuracy": "Write compile(…, metrics=['accuracy'])",
    "class_mode": "Remove it: the loss determines it",
    "theano_mode": "Remove it: the backend chooses",
    "nb_val_worker": "Remove it",
}
"""Arguments of models' methods that Keras removed, and their replacements."""


def check_layer_arguments(
    layer: Any, arguments: dict[str, Any], common: Iterable[str]
) -> None:
    """Ignores, with a warning, arguments of a layer that Keras removed.

    # Arguments
        layer: the layer, whose constructor received them.
        arguments: dict, all arguments of the base class.
        common: argument names that every layer accepts.

    # Raises
        UnknownArgumentError: if another argument isn't in `common`.
    """
    cls = type(layer)
    own_names = [*_parameters(cls), *common]
    dropped = {name for base in cls.__mro__ for name in DROPPED.get(base.__name__, ())}
    unknown = [name for name in arguments if name not in {*common, *dropped}]
    if unknown:
        spellings = spellings_of(cls, own_names)
        raise UnknownArgumentError(
            cls.__name__, unknown, own_names, spellings, (), arguments
        )
    for name in [name for name in arguments if name not in set(common)]:
        warn(
            f"{cls.__name__} received {name}={arguments[name]!r:.40}, which Keras 1.2 "
            "removed. It has no effect: remove it."
        )


def _parameters(cls: type) -> list[str]:
    """Returns the names of a class's constructor arguments."""
    parameters = inspect.signature(cls).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter.name for parameter in parameters if parameter.kind in named]


def known_arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any] | None:
    """Returns the keyword arguments without those that Keras removed, and warns about
    these; None if all arguments fit.

    # Arguments
        function: the function, method or `__init__`.
        args: tuple, the positional arguments of the call; for a method or `__init__`,
            the object is the first.
        kwargs: dict, its keyword arguments.

    # Raises
        TypeError: if an argument is missing, or unknown to all versions.
    """
    signature = inspect.signature(function)
    if is_fitting(signature, args, kwargs):
        _explain_further(sys.exception(), args[1:], kwargs)
        return None
    if function.__name__ == "__init__":
        raise unfit_constructor(function, args[0], args[1:], kwargs) from None
    if "self" not in signature.parameters:
        parameters = signature.parameters.values()
        raise unfit_function(function.__name__, parameters, args, kwargs) from None
    return _known_to_method(function, signature, args, kwargs)


def _explain_further(
    error: BaseException | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Replaces a layer's error about arguments by one with the arguments of this
    call."""
    if not isinstance(error, UnknownArgumentError):
        return
    explained = error.in_call(args, kwargs)
    if explained is not error:
        raise explained from None


def _known_to_method(
    method: Callable[..., Any],
    signature: inspect.Signature,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> dict[str, Any]:
    """Returns the keyword arguments of a method without those that Keras removed."""
    where = f"{type(args[0]).__name__}.{method.__name__}".removesuffix(".__call__")
    own_arguments = without_dropped(where, kwargs)
    parameters = signature.parameters
    unknown = [name for name in own_arguments if name not in parameters]
    if unknown and not _takes_any(signature):
        raise _unknown_to_method(
            where, unknown, args, own_arguments, parameters
        ) from None
    try:
        signature.bind(*args, **own_arguments)
    except TypeError as error:
        raise TypeError(f"{where}: {error}. Write {_usage(method)}.") from None
    return own_arguments


def _unknown_to_method(
    where: str,
    names: list[str],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    own_names: Collection[str],
) -> TypeError:
    """Returns the error for arguments that a method doesn't have; with the line to
    write if they have another name."""
    spellings = spellings_of(None, own_names)
    if not spellings.keys() >= set(names):
        others = [name for name in names if name not in spellings]
        return unknown_arguments(where, others, own_names)
    keywords: dict[str, Any] = {}
    for name, value in kwargs.items():
        keywords.update(respelled(spellings.get(name, name), name, value))
    subject, *positional = args
    owner = "model" if isinstance(subject, Container) else "…"
    line = written_call(
        f"{owner}.{where.rpartition('.')[2]}", tuple(positional), keywords
    )
    own = " and ".join(repr(spellings[name]) for name in names)
    unknown = " and ".join(map(repr, names))
    return TypeError(
        f"{where} received the unknown argument {unknown}. Did you mean {own}? Write "
        f"{line}."
    )


def _takes_any(signature: inspect.Signature) -> bool:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def _usage(method: Callable[..., Any]) -> str:
    """Returns a call of a model's method with all required arguments."""
    name = method.__name__
    if name == "__call__":
        return "layer(x)"
    if name in EXAMPLES:
        return f"model.{name}({EXAMPLES[name]})"
    _, *parameters = inspect.signature(method).parameters.values()
    required = [
        parameter.name
        for parameter in parameters
        if parameter.default is inspect.Parameter.empty
        and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    return f"model.{name}({', '.join(required)})"


def without_dropped(where: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a method without those that Keras removed, and warns
    about these."""
    for name in arguments:
        if name in DROPPED_FROM_METHODS:
            warn(
                f"{where}({name}=…) is from Keras 0.3 and has no effect. "
                f"{DROPPED_FROM_METHODS[name]}."
            )
    dropped = DROPPED_FROM_METHODS.keys()
    return {name: value for name, value in arguments.items() if name not in dropped}
