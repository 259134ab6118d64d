"""Arguments that code for other versions of Keras passes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from oneiros import services

Function = TypeVar("Function", bound=Callable[..., Any])


def known_arguments(
    where: str,
    arguments: dict[str, Any],
    accepted: Collection[str],
    shown: Collection[str] = (),
) -> dict[str, Any]:
    """Returns keyword arguments without those that Keras removed, which get a warning.

    # Arguments
        where: str, the function or class that received them.
        arguments: dict.
        accepted: the names that it accepts.
        shown: other names that an error may suggest.

    # Raises
        TypeError: for an argument that it doesn't accept.
    """
    if set(accepted).issuperset(arguments):
        return arguments
    known = services.old_code.without_removed(where, arguments)
    for name in known:
        if name not in accepted:
            names = [*accepted, *shown]
            raise services.old_code.unknown_argument(where, name, names)
    return known


def open_to_old_code(function: Function) -> Function:
    """Decorates a function, method or constructor that code for other versions of Keras
    calls with other keyword arguments: `model.fit(x, y, epochs=5)` asks "Did you mean
    'nb_epoch'?"."""
    names = inspect.signature(function).parameters

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if kwargs and not kwargs.keys() <= names.keys():
            where = function.__name__
            if "self" in names:
                where = f"{type(args[0]).__name__}.{where}".removesuffix(".__init__")
            kwargs = known_arguments(where, kwargs, names)
        return function(*args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what function does
