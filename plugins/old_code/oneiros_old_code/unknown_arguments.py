"""Arguments that a layer or a method of a model doesn't have: ignored with a warning if
a version of Keras had them, otherwise an error with an explanation."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any

from oneiros_backend_toolkit.user_warnings import warn

from oneiros_old_code.constructors import is_fitting, unfit_call, written_call
from oneiros_old_code.spellings import respelled, spellings_of

KERAS_2_NAMES = {
    "steps_per_epoch": "'samples_per_epoch', which counts samples",
    "use_multiprocessing": "'pickle_safe'",
    "steps": "'val_samples', which counts samples",
    "validation_steps": "'nb_val_samples', of samples",
}
"""Keras 2's names of arguments, unless they are similar to Keras 1's."""

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
        TypeError: if another argument isn't in `common`.
    """
    cls = type(layer)
    dropped = {name for base in cls.__mro__ for name in DROPPED.get(base.__name__, ())}
    for name in [name for name in arguments if name not in set(common)]:
        own_names = [*_parameters(cls), *common]
        names_here = spellings_of(cls, own_names).get(name)
        if names_here:
            keywords = respelled(names_here, name, arguments[name])
            raise _renamed_argument(cls.__name__, name, keywords)
        if name not in dropped:
            raise unknown_argument(cls.__name__, name, own_names)
        warn(
            f"{cls.__name__} received {name}={arguments[name]!r:.40}, which Keras 1.2 "
            "removed. It has no effect: remove it."
        )


def _renamed_argument(where: str, name: str, keywords: dict[str, Any]) -> TypeError:
    """Returns the error for an argument with another name in Keras 1."""
    names_here = " and ".join(map(repr, keywords))
    return TypeError(
        f"{where} received the unknown argument {name!r}. Did you mean {names_here}, "
        f"as Keras 1 calls it? Write {written_call(where, (), keywords)}."
    )


def _parameters(cls: type) -> list[str]:
    """Returns the names of a class's constructor arguments."""
    parameters = inspect.signature(cls).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter.name for parameter in parameters if parameter.kind in named]


def known_arguments(
    model: Any,
    method: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> dict[str, Any] | None:
    """Returns the keyword arguments without those that Keras removed, and warns about
    these; None if all arguments fit.

    # Arguments
        model: the model, or the layer under construction.
        method: the method or `__init__`, as a function.
        args: tuple, the positional arguments of the call.
        kwargs: dict, its keyword arguments.

    # Raises
        TypeError: if an argument is missing, or unknown to all versions.
    """
    signature = inspect.signature(method)
    if is_fitting(signature, (model, *args), kwargs):
        return None
    if method.__name__ == "__init__":
        raise unfit_call(method, model, args, kwargs) from None
    where = type(getattr(model, "callback_model", None) or model).__name__
    where = f"{where}.{method.__name__}"
    own_arguments = without_dropped(where, kwargs)
    for name in own_arguments:
        if name not in signature.parameters and not _takes_any(signature):
            raise unknown_argument(where, name, signature.parameters) from None
    try:
        signature.bind(model, *args, **own_arguments)
    except TypeError as error:
        raise TypeError(f"{where}: {error}. Write {_usage(method)}.") from None
    return own_arguments


def _takes_any(signature: inspect.Signature) -> bool:
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def _usage(method: Callable[..., Any]) -> str:
    """Returns a call of a model's method with all required arguments."""
    name = method.__name__
    if name in EXAMPLES:
        return f"model.{name}({EXAMPLES[name]})"
    _, *parameters = inspect.signature(method).parameters.values()
    required = [
        parameter.name
        for parameter in parameters
        if parameter.default is inspect.Parameter.empty
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


def unknown_argument(where: str, name: str, own_names: Collection[str]) -> TypeError:
    """Returns the error for an argument that a function doesn't have."""
    meant = KERAS_2_NAMES.get(name)
    near = difflib.get_close_matches(name, own_names, n=1)
    if meant is None and near:
        meant = repr(near[0])
    hint = f"Did you mean {meant}?" if meant else f"It takes: {', '.join(own_names)}."
    return TypeError(f"{where} received the unknown argument {name!r}. {hint}")
