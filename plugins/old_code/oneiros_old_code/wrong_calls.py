"""Explains wrong calls of functions and constructors, with the line to write
instead."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from oneiros_old_code.later_arguments import COUNTING_SAMPLES, WITHOUT_EQUIVALENT
from oneiros_old_code.spellings import DILATED, Spellings, respelled, spellings_of

LONGEST = 40
"""Characters of a value in a written call."""

ONE_PER_AXIS = {"atrous_rate", "subsample"}
"""Arguments for which later versions accept one number for all axes."""

WITHOUT_CAUSAL = (
    "Keras 1 has no causal convolutions. Put ZeroPadding1D((n, 0)) before the layer, "
    "where n is (filter_length - 1) * atrous_rate, and write border_mode='valid'."
)


def unfit_constructor(
    constructor: Callable[..., Any],
    subject: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> TypeError:
    """Returns the error for arguments that a constructor doesn't accept.

    # Arguments
        constructor: the `__init__` that was called.
        subject: the object under construction.
        args: tuple, the positional arguments of the call.
        kwargs: dict, its keyword arguments.

    # Returns
        TypeError; if the arguments are those of a later version of Keras, its message
        has the line to write.
    """
    owner = _owner(constructor, type(subject))
    _, *parameters = inspect.signature(constructor).parameters.values()
    spellings = spellings_of(type(subject), [each.name for each in parameters])
    return _unfit_call(owner, parameters, spellings, args, kwargs)


def unfit_function(
    name: str,
    parameters: Collection[inspect.Parameter],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> TypeError:
    """Returns the error for arguments that a function doesn't accept.

    # Arguments
        name: str, the function as a program calls it.
        parameters: its parameters.
        args: tuple, the positional arguments of the call.
        kwargs: dict, its keyword arguments.
    """
    spellings = spellings_of(None, [each.name for each in parameters])
    return _unfit_call(name, parameters, spellings, args, kwargs)


def _unfit_call(
    name: str,
    parameters: Collection[inspect.Parameter],
    spellings: Spellings,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> TypeError:
    signature = _without_types(parameters)
    positional = _with_separate_sizes(args, signature, spellings)
    keywords = _with_own_names(kwargs, spellings)
    problem = _problem(signature, positional, keywords)
    if not problem:
        return TypeError(
            f"{name} was called with another Keras version's arguments. "
            f"{respelled_call(name, positional, kwargs, spellings)}"
        )
    unknown = [each for each in keywords if each not in signature.parameters]
    if unknown:
        return unknown_arguments(name, unknown, signature.parameters)
    return TypeError(
        f"{written_call(name, args, kwargs)}: {problem}. It takes {name}{signature}."
    )


def respelled_call(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], spellings: Spellings
) -> str:
    """Returns the sentence that says what to write instead of a call with another
    version's arguments.

    # Arguments
        name: str, the function or class as a program calls it.
        args: tuple, the positional arguments of the call.
        kwargs: dict, its keyword arguments.
        spellings: other versions' names of arguments.
    """
    keywords = _with_own_names(kwargs, spellings)
    if keywords.get("border_mode") == "causal":
        return WITHOUT_CAUSAL
    if "dilation_rate" in kwargs:
        name = DILATED.get(name, name)
    return f"Write {written_call(name, args, keywords)}."


def unknown_arguments(
    where: str, names: Collection[str], own_names: Collection[str]
) -> TypeError:
    """Returns the error for arguments that a function doesn't have.

    # Arguments
        where: str, the function as a program calls it.
        names: the unknown arguments.
        own_names: the arguments that the function has.
    """
    shown_names = [each for each in own_names if each != "self"]
    sentences = []
    for name in names:
        hint = _advice_on(name, shown_names)
        hint = hint or f"It takes: {', '.join(shown_names)}."
        sentences.append(f"{where} received the unknown argument {name!r}. {hint}")
    return TypeError(" ".join(sentences))


def _advice_on(name: str, own_names: Collection[str]) -> str:
    """Returns what to write instead of an argument that a function doesn't have; "" if
    nothing is known."""
    counting = COUNTING_SAMPLES.get(name)
    if counting in own_names:
        return f"Did you mean {counting!r}, which counts samples?"
    if name in WITHOUT_EQUIVALENT:
        return f"{WITHOUT_EQUIVALENT[name]}."
    near = difflib.get_close_matches(name, own_names, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def is_fitting(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Returns whether a function with a signature accepts the arguments."""
    return not _problem(signature, args, kwargs)


def written_call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Returns a call as source code."""
    arguments = [_written(value) for value in args]
    arguments += [f"{name}={_written(value)}" for name, value in kwargs.items()]
    return f"{name}({', '.join(arguments)})"


def _written(value: Any) -> str:
    """Returns a value as source code; `…` for a tensor, for example."""
    if isinstance(value, (list, tuple)) and "…" in map(_written, value):
        return "…"
    if hasattr(value, "dtype") and not isinstance(value, (np.ndarray, np.generic)):
        return "…"
    text = getattr(value, "__name__", repr(value))
    if text.startswith("<") or len(text) > LONGEST:
        return "…"
    return text


def _owner(constructor: Callable[..., Any], cls: type) -> str:
    """Returns the called class, or the base class that a subclass calls with these
    arguments."""
    called = inspect.unwrap(inspect.getattr_static(cls, "__init__"))
    if called is constructor:
        return cls.__name__
    return constructor.__qualname__.split(".")[-2]


def _problem(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    """Returns Python's message about the arguments; "" if they are correct."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return ""


def _with_own_names(kwargs: dict[str, Any], spellings: Spellings) -> dict[str, Any]:
    """Returns keyword arguments under the constructor's names."""
    own: dict[str, Any] = {}
    for name, value in kwargs.items():
        own.update(respelled(spellings.get(name, name), name, value))
    window = spellings.get("kernel_size", ())
    for name in own.keys() & ONE_PER_AXIS:
        own[name] = _for_each_axis(own[name], len(window))
    return own


def _for_each_axis(value: Any, rank: int) -> Any:
    """Returns steps of a window as Keras 1 writes them: a tuple of numbers for several
    axes, a number for one."""
    if rank > 1 and isinstance(value, int):
        return (value,) * rank
    if rank == 1 and isinstance(value, (list, tuple)):
        return value[0]
    return value


def _with_separate_sizes(
    args: tuple[Any, ...], signature: inspect.Signature, spellings: Spellings
) -> tuple[Any, ...]:
    """Returns positional arguments with separate window sizes, such as `nb_row` and
    `nb_col`, where later versions accept one tuple or number."""
    window = spellings.get("kernel_size")
    if not isinstance(window, tuple):
        return args
    place = list(signature.parameters).index(window[0])
    if len(args) <= place or len(args) > place + 1:
        return args
    sizes = respelled(window, "kernel_size", args[place])
    return (*args[:place], *sizes.values())


def _without_types(parameters: Collection[inspect.Parameter]) -> inspect.Signature:
    untyped = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in parameters
    ]
    return inspect.Signature(untyped)
