"""Finds the names in a configuration without importing or building anything.

In Keras 1, the name of an argument tells the kind of its value: `init` and `inner_init`
are initializations, `W_regularizer` is a regularizer, and so on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oneiros import registry
from oneiros.discovery import Entry
from oneiros_safe_files.budget import check_time
from oneiros_safe_files.config_extent import parts_of
from oneiros_safe_files.functions import FUNCTION_KINDS

LAYER_ARGUMENTS = ("layer", "layers")
ENTRY_KEYS = {"class_name", "config"}
ARGUMENTS = {
    "activation": re.compile(r"(\w+_)?activation"),
    "initialization": re.compile(r"(\w+_)?init(ializer)?"),
    "regularizer": re.compile(r"(\w+_)?regularizer"),
    "constraint": re.compile(r"(\w+_)?constraint"),
}
ACCURACY = ("accuracy", "acc")
"""Names for the accuracy that fits the loss."""
MAX_PLACE = 1_000
"""The maximum number of characters in a place; of a longer one, the end is kept."""


@dataclass(frozen=True)
class Reference:
    """A name in a configuration.

    # Arguments
        kind: str, a kind of the registry; `"function"` for any registered function.
        name: str.
        where: str, the names of the layers around it, as a path.
        certain: bool, whether the argument is known to be of this kind; a third-party
            layer may use the same argument name for something else.
    """

    kind: str
    name: str
    where: str
    certain: bool = True

    @property
    def key(self) -> str:
        """The key under which a file records the origin of the object."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True)
class Part:
    """A layer or a model in a configuration.

    # Arguments
        class_name: str.
        config: dict of arguments, or list of layers.
        where: str, the names of the models and wrappers around it and its own, as a
            path.
        certain: bool, whether its position must contain a layer.
        inbound: list, the calls of the layer in its model.
    """

    class_name: str
    config: Any
    where: str
    certain: bool = True
    inbound: Any = ()


def layers(model_config) -> Iterator[Part]:
    """Yields a model and all layers and models inside it, each before its contents."""
    waiting: list[tuple[Any, str, bool]] = [(model_config, "", True)]
    while waiting:
        check_time()
        entry, around, certain = waiting.pop()
        part = _part(entry, around, certain)
        if part is None:
            continue
        yield part
        path = "" if entry is model_config and not around else part.where
        children = [
            (child, path, child_certain)
            for child, child_certain in _children(part.config)
        ]
        waiting += reversed(children)


def references(model_config, training_config=None) -> Iterator[Reference]:
    """Yields all names in a model's configuration and in its `compile` arguments."""
    for part in layers(model_config):
        yield Reference("layer", part.class_name, part.where, part.certain)
        yield from _arguments(part)
    if isinstance(training_config, dict):
        yield from _training(training_config)


def find(kind: str, name: str) -> Entry | None:
    """Returns the entry of a name, or None, without importing anything.

    # Raises
        NameConflictError: if several plugins provide it.
    """
    kinds = FUNCTION_KINDS if kind == "function" else (kind,)
    found = (registry.find(each, name) for each in kinds)
    return next(filter(None, found), None)


def first_party(part: Part) -> bool:
    """Returns whether a layer's class uses Keras 1's argument names."""
    return part.class_name.rpartition(":")[2] in registry.owners().get("layer", {})


def _part(entry, around: str, certain: bool) -> Part | None:
    if not isinstance(entry, dict):
        return None
    class_name = entry.get("name")
    config: Any = entry
    names = [entry.get("custom_name")]
    if "class_name" in entry:
        class_name = entry["class_name"]
        config = entry.get("config", {})
        inner_name = config.get("name") if isinstance(config, dict) else None
        names = [entry.get("name"), inner_name]
    if not isinstance(class_name, str):
        return None
    name = next((name for name in names if isinstance(name, str)), class_name)
    where = f"{around}/{name}" if around else name
    if len(where) > MAX_PLACE:
        where = f"…{where[1 - MAX_PLACE :]}"
    return Part(class_name, config, where, certain, entry.get("inbound_nodes", ()))


def _children(config) -> Iterator[tuple[Any, bool]]:
    """Gives the entries of the layers inside a layer, and whether they stand where a
    layer must."""
    if isinstance(config, list):
        for item in config:
            yield item, True
    if not isinstance(config, dict):
        return
    for key, value in config.items():
        for item in value if isinstance(value, list) else [value]:
            is_entry = isinstance(item, dict) and item.keys() >= ENTRY_KEYS
            if key in LAYER_ARGUMENTS or (is_entry and _kind(key) is None):
                yield item, key in LAYER_ARGUMENTS


def _kind(argument: str) -> str | None:
    """Returns the kind of what an argument of this name takes."""
    kinds = (kind for kind, names in ARGUMENTS.items() if names.fullmatch(argument))
    return next(kinds, None)


def _arguments(part: Part) -> Iterator[Reference]:
    if not isinstance(part.config, dict):
        return
    certain = first_party(part)
    for key, value in part.config.items():
        name = _name(value)
        kind = _kind(str(key))
        if part.config.get(f"{key}_type", "raw") != "raw":
            kind = "function"
        if kind and name and name != "__function__":
            yield Reference(kind, name, part.where, certain and kind != "function")


def _training(config: dict[str, Any]) -> Iterator[Reference]:
    optimizer = _name(config.get("optimizer_config"))
    if optimizer:
        yield Reference("optimizer", optimizer, "compile")
    for kind, key in (("objective", "loss"), ("metric", "metrics")):
        for name in parts_of(config.get(key)):
            is_accuracy = kind == "metric" and name in ACCURACY
            if name and isinstance(name, str) and not is_accuracy:
                yield Reference(kind, name, "compile")


def _name(value) -> str | None:
    if isinstance(value, dict):
        value = value.get("class_name", value.get("name"))
    return value if isinstance(value, str) else None
