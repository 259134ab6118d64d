"""Support for old code that calls functions with other arguments, or replaces loops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import oneiros

LOOPS = {
    "Model.fit": "_fit_loop",
    "Model.evaluate": "_test_loop",
    "Model.predict": "_predict_loop",
}
"""The private methods of Keras 1 that these methods called, which code replaces."""

Function = TypeVar("Function", bound=Callable[..., Any])


def open_to_old_code(function: Function) -> Function:
    """Decorates a function, method or constructor that code for other versions of Keras
    calls with other arguments.

    Arguments that don't fit go to `oneiros.old_code`, which ignores those of other
    Keras versions and explains all others: `model.fit(x, y, epochs=5)` asks "Did you
    mean 'nb_epoch'?", and `Dense(units=5)` gets the line to write. A call that fits
    costs nothing. If the model's class or the program replaced a method's loop, for
    example with a `_fit_loop`, that loop runs instead of the method.
    """
    loop = LOOPS.get(function.__qualname__)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if loop and getattr(args[0], loop).__module__ != "oneiros.engine.model":
            return oneiros.old_code.run_own_loop(function, args, kwargs)
        try:
            return function(*args, **kwargs)
        except TypeError:
            known = oneiros.old_code.known_arguments(function, args, kwargs)
            if known is None:
                raise
        return function(*args, **known)

    return run  # type: ignore[return-value]  # run takes what function does
