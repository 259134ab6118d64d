"""Finds the layers inside a layer."""

from collections.abc import Iterator
from typing import Any

from oneiros.engine.container import Container
from oneiros.engine.layer import Layer


def parts_of(layer) -> Iterator[tuple[str, Any]]:
    """Yields a layer and all layers inside, once each, with the path where it was
    found."""
    waiting = [("", layer)]
    ids_seen: set[int] = set()
    for path, part in waiting:
        if id(part) in ids_seen:
            continue
        ids_seen.add(id(part))
        yield path, part
        for attribute, place, value in items_of(_attributes(part)):
            if isinstance(value, Layer):
                waiting.append((f"{path}/{attribute}/{place}", value))


def _attributes(layer) -> dict[str, Any]:
    attributes: dict[str, Any] = vars(layer)
    if isinstance(layer, Container):
        attributes = {"layers": layer.layers}
    return attributes


def items_of(attributes: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Yields the values of attributes, and the items of lists: the attribute's name,
    the item's index in the list, or 0, and the value."""
    for name, value in attributes.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        for place, item in enumerate(items):
            yield name, place, item
