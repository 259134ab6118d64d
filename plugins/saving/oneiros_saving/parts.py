"""The layers inside a layer, wherever it keeps them, and the functions and classes that
they use."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros_optimizers.optimizer import Optimizer


def parts_of(layer: Any) -> Iterator[tuple[str, Any]]:
    """Gives a layer and all layers inside, each once, under where it was found."""
    waiting = [("", layer)]
    ids_seen: set[int] = set()
    for path, part in waiting:
        if id(part) in ids_seen:
            continue
        ids_seen.add(id(part))
        yield path, part
        attributes = vars(part)
        if isinstance(part, Container):
            attributes = {"layers": part.layers}
        for key, index, item in items_of(attributes):
            if isinstance(item, Layer):
                waiting.append((f"{path}/{key}/{index}", item))


def items_of(attributes: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Gives name, place and value of attributes, and of the items of those that are
    lists."""
    for key, value in attributes.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        for index, item in enumerate(items):
            yield key, index, item


def used_by(layer: Any) -> Iterator[Any]:
    """Gives the functions and the classes that a layer's configuration names."""
    config = layer.get_config()
    arguments = config.values() if isinstance(config, dict) else ()
    names = [value for value in arguments if isinstance(value, str)]
    for _, _, value in items_of(vars(layer)):
        if inspect.isfunction(value) and value.__name__ in names:
            yield value
        elif _is_described(value):
            yield type(value)


def _is_described(value: Any) -> bool:
    """Tells whether a layer's attribute is part of its configuration, as regularizers
    are."""
    is_other = isinstance(value, (type, Layer, Optimizer))
    return hasattr(value, "get_config") and not is_other
