"""Finds the layers inside a layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oneiros.engine.container import Container
from oneiros.engine.layer import Layer


@dataclass(frozen=True)
class Item:
    """The value of an attribute, or an item if it is a list.

    # Properties
        attribute: str, the attribute's name.
        place: int, the item's index in the list; 0 if the value isn't a list.
        value: the value.
    """

    attribute: str
    place: int
    value: Any

    @property
    def path(self) -> str:
        """Where it was found."""
        return f"{self.attribute}/{self.place}"


def parts_of(layer: Any) -> Iterator[tuple[str, Any]]:
    """Yields a layer and all layers inside, once each, with the path where it was
    found."""
    waiting = [("", layer)]
    ids_seen: set[int] = set()
    for path, part in waiting:
        if id(part) in ids_seen:
            continue
        ids_seen.add(id(part))
        yield path, part
        for item in items_of(_attributes(part)):
            if isinstance(item.value, Layer):
                waiting.append((f"{path}/{item.path}", item.value))


def _attributes(layer: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = vars(layer)
    if isinstance(layer, Container):
        attributes = {"layers": layer.layers}
    return attributes


def items_of(attributes: dict[str, Any]) -> Iterator[Item]:
    """Yields the values of attributes, and the items of lists."""
    for name, value in attributes.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        for place, item in enumerate(items):
            yield Item(name, place, item)
