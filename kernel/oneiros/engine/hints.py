"""Answers to arguments that a method doesn't have: what was probably meant."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])

KERAS_2_NAMES = {
    "steps_per_epoch": "'samples_per_epoch', which counts samples",
    "use_multiprocessing": "'pickle_safe'",
    "steps": "'val_samples', which counts samples",
    "validation_steps": "'nb_val_samples', of samples",
}
"""What Keras 2 calls otherwise, unless the two names are much alike."""


def explains_arguments(method: Method) -> Method:
    """Decorates a method of a model: an unknown argument's error says what was meant.

    `model.fit(x, y, epochs=5)` then asks "Did you mean 'nb_epoch'?".
    """
    parameters = inspect.signature(method).parameters

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        for name in kwargs:
            if name not in parameters:
                owner = type(self.callback_model or self).__name__
                raise unknown_argument(f"{owner}.{method.__name__}", name, parameters)
        return method(self, *args, **kwargs)

    return run  # type: ignore[return-value]  # run takes what method does


def unknown_argument(where: str, name: str, accepted: Iterable[str]) -> TypeError:
    """Returns the error for an argument that isn't among the accepted ones."""
    meant = KERAS_2_NAMES.get(name)
    if meant is None:
        near = difflib.get_close_matches(name, accepted, n=1)
        meant = repr(near[0]) if near else None
    hint = f"Did you mean {meant}?" if meant else f"It takes: {', '.join(accepted)}."
    return TypeError(f"{where} received the unknown argument {name!r}. {hint}")
