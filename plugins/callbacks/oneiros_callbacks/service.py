"""The service `default_callbacks`: the callbacks of a fit."""

import itertools
from types import MappingProxyType
from typing import Any

from oneiros import plugins, services

from oneiros_callbacks.averages import BaseLogger, History
from oneiros_callbacks.callback_list import CallbackList


class DefaultCallbacks:
    """What the kernel calls."""

    @staticmethod
    def for_fit(
        model, callbacks: list[Any], params: dict[str, Any]
    ) -> tuple[CallbackList, History]:
        """Returns all callbacks of a fit as one, and the history among them."""
        history = History()
        groups = plugins.call(
            "oneiros_default_callbacks",
            _problem,
            model=model,
            params=MappingProxyType({**params, "metrics": list(params["metrics"])}),
        )
        both = CallbackList([BaseLogger(), *callbacks, history])
        for callback in itertools.chain.from_iterable(groups):
            both.append(callback)
        return both, history


def _problem(result) -> str | None:
    """Returns what is wrong with a plugin's callbacks; raises an ArgumentError for what
    isn't a callback."""
    if not isinstance(result, (list, tuple, type(None))):
        return f"It returned {result!r:.80}, not a list of callbacks"
    CallbackList(result)
    return None


service: services.DefaultCallbacks = DefaultCallbacks()
