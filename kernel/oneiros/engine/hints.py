"""Arguments that a method of a model doesn't have."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import oneiros

Method = TypeVar("Method", bound=Callable[..., Any])


def explains_arguments(method: Method) -> Method:
    """Decorates a method of a model, whose unknown arguments then go to
    `oneiros.old_code`.

    That passes over what other versions of Keras had, and explains the others:
    `model.fit(x, y, epochs=5)` asks "Did you mean 'nb_epoch'?".
    """
    parameters = inspect.signature(method).parameters

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys() <= parameters.keys():
            kwargs = oneiros.old_code.known_arguments(self, method, kwargs)
        return method(self, *args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what method does
