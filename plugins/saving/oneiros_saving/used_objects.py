"""The functions and classes that a layer's configuration names, as objects."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from oneiros.engine.layer import Layer
from oneiros_optimizers.optimizer import Optimizer
from oneiros_training.parts.nested_layers import items_of


def used_by(layer: Any) -> Iterator[Any]:
    """Yields the functions and classes that a layer's configuration names."""
    config = layer.get_config()
    arguments = config.values() if isinstance(config, dict) else ()
    names = [value for value in arguments if isinstance(value, str)]
    for item in items_of(vars(layer)):
        value = item.value
        if inspect.isfunction(value) and value.__name__ in names:
            yield value
        elif _is_described(value):
            yield type(value)


def _is_described(value: Any) -> bool:
    """Returns whether a layer's attribute is part of its configuration, as regularizers
    are."""
    is_other = isinstance(value, (type, Layer, Optimizer))
    return hasattr(value, "get_config") and not is_other
