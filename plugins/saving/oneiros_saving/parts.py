"""The layers inside a layer, wherever it keeps them, and the functions and classes that
they use."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from oneiros.bases import Optimizer
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer


def parts_of(layer: Any) -> Iterator[tuple[str, Any]]:
    """Gives a layer and all layers inside, each once, under where it was found."""
    waiting, seen = [("", layer)], set[int]()
    for path, part in waiting:
        if id(part) not in seen:
            seen.add(id(part))
            yield path, part
            inside = (
                {"layers": part.layers} if isinstance(part, Container) else vars(part)
            )
            waiting += [
                (f"{path}/{key}/{i}", x)
                for key, i, x in items_of(inside)
                if isinstance(x, Layer)
            ]


def items_of(attributes: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Gives name, place and value of attributes, and of the items of those that are
    lists."""
    for key, value in attributes.items():
        for i, item in enumerate(
            value if isinstance(value, (list, tuple)) else [value]
        ):
            yield key, i, item


def used_by(layer: Any) -> Iterator[Any]:
    """Gives the functions and the classes that a layer's configuration names."""
    config = layer.get_config()
    names = (
        [value for value in config.values() if isinstance(value, str)]
        if isinstance(config, dict)
        else []
    )
    for _, _, value in items_of(vars(layer)):
        if inspect.isfunction(value) and value.__name__ in names:
            yield value
        elif hasattr(value, "get_config") and not isinstance(
            value, (type, Layer, Optimizer)
        ):
            yield type(value)
