"""Calls of layers' constructors that don't fit: what was meant, and what to write."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from oneiros_old_code.spellings import Spellings, respelled, spellings_of

LONGEST = 40
"""Characters of a value in a written call."""


def unfit_call(
    constructor: Callable[..., Any],
    layer: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> TypeError:
    """Returns the error for arguments that a layer's constructor doesn't accept.

    # Arguments
        constructor: the `__init__` that was called.
        layer: the layer that is being made.
        args: tuple, the positional arguments of the call.
        kwargs: dict, its keyword arguments.

    # Returns
        TypeError, whose message has the line to write if later versions of Keras spell
        it so.
    """
    owner = _owner(constructor, type(layer))
    signature = _without_self_and_types(constructor)
    spellings = spellings_of(type(layer), signature.parameters)
    positional = _with_separate_sizes(args, signature, spellings)
    keywords = _with_own_names(kwargs, spellings)
    if not _problem(signature, positional, keywords):
        return TypeError(
            f"{owner} was called as another version of Keras has it. Write "
            f"{written_call(owner, positional, keywords)}."
        )
    return TypeError(
        f"{written_call(owner, args, kwargs)}: {_problem(signature, args, kwargs)}. "
        f"It takes {owner}{signature}."
    )


def is_fitting(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Tells whether a function with a signature can be called with some arguments."""
    return not _problem(signature, args, kwargs)


def written_call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Returns a call as it is written in a program."""
    arguments = [_written(value) for value in args]
    arguments += [f"{name}={_written(value)}" for name, value in kwargs.items()]
    return f"{name}({', '.join(arguments)})"


def _written(value: Any) -> str:
    """Returns a value as it is written in a program, `…` if it is a tensor, say."""
    text = getattr(value, "__name__", repr(value))
    if text.startswith("<") or len(text) > LONGEST:
        return "…"
    return text


def _owner(constructor: Callable[..., Any], cls: type) -> str:
    """Returns the class that was called, or the base class whose constructor a subclass
    calls with these arguments."""
    called = inspect.unwrap(inspect.getattr_static(cls, "__init__"))
    if called is constructor:
        return cls.__name__
    return constructor.__qualname__.split(".")[-2]


def _problem(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    """Returns what is wrong with the arguments, in Python's words; "" if nothing is."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


def _with_own_names(kwargs: dict[str, Any], spellings: Spellings) -> dict[str, Any]:
    """Returns keyword arguments under the names that the constructor has."""
    own: dict[str, Any] = {}
    for name, value in kwargs.items():
        own.update(respelled(spellings.get(name, name), value))
    return own


def _with_separate_sizes(
    args: tuple[Any, ...], signature: inspect.Signature, spellings: Spellings
) -> tuple[Any, ...]:
    """Returns positional arguments with a window's sizes one by one, as `nb_row` and
    `nb_col`, where later versions take one tuple or number."""
    window = spellings.get("kernel_size")
    if not isinstance(window, tuple):
        return args
    place = list(signature.parameters).index(window[0])
    if len(args) <= place or len(args) > place + 1:
        return args
    sizes = respelled(window, args[place])
    return (*args[:place], *sizes.values())


def _without_self_and_types(constructor: Callable[..., Any]) -> inspect.Signature:
    _, *parameters = inspect.signature(constructor).parameters.values()
    untyped = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in parameters
    ]
    return inspect.Signature(untyped)
