"""Support for old code that calls or replaces methods: unknown arguments, and loops."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import oneiros

LOOPS = {"fit": "_fit_loop", "evaluate": "_test_loop", "predict": "_predict_loop"}
"""The private methods of Keras 1 that these methods called, which code replaces."""

Method = TypeVar("Method", bound=Callable[..., Any])


def open_to_old_code(method: Method) -> Method:
    """Decorates a constructor or method that old code calls with other arguments, or
    replaces.

    Arguments that don't fit go to `oneiros.old_code`, which ignores those of other
    Keras versions and explains all others: `model.fit(x, y, epochs=5)` asks "Did you
    mean 'nb_epoch'?", and `Dense(units=5)` gets the line to write. If the model's class
    or the program replaced the method's loop, for example with a `_fit_loop`, that loop
    runs instead of the method.
    """
    loop = LOOPS.get(method.__name__)

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if loop and getattr(self, loop).__module__ != "oneiros.engine.model":
            return oneiros.old_code.run_own_loop(self, method, args, kwargs)
        try:
            return method(self, *args, **kwargs)
        except TypeError:
            known = oneiros.old_code.known_arguments(self, method, args, kwargs)
            if known is None:
                raise
        return method(self, *args, **known)

    return run  # type: ignore[return-value]  # run takes what method does
