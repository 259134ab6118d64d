"""`dim_ordering` where configurations of Keras 1.0 leave it out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oneiros import config as configs

from oneiros_old_files.base import migration_of

ARGUMENT = "dim_ordering"

Layer = tuple[str, dict[str, Any]]
"""A layer's class and arguments."""


def completed(config: Any) -> Any:
    """Returns a configuration in which each layer that takes `dim_ordering` has it.

    Keras 1.0 wrote it for convolutions, and not for `UpSampling2D` and its like: those
    get what all others have. Where the others say nothing, or differ, the
    configuration stays as it is.

    # Arguments
        config: plain data, as in the file.
    """
    layers = list(_layers(config))
    orderings = {
        str(arguments[ARGUMENT]) for _, arguments in layers if ARGUMENT in arguments
    }
    if len(orderings) != 1:
        return config
    class_names = _classes_that_lack_it(layers)
    return _filled(config, class_names, orderings.pop()) if class_names else config


def without_dim_ordering(config: Any) -> list[str]:
    """Returns the names of the layers that take `dim_ordering` and don't have it."""
    layers = list(_layers(config))
    class_names = _classes_that_lack_it(layers)
    return [
        str(arguments.get("name", class_name))
        for class_name, arguments in layers
        if class_name in class_names and ARGUMENT not in arguments
    ]


def _layers(config: Any) -> Iterator[Layer]:
    """Gives the class and the arguments of each layer, wherever it is."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            if _is_layer(value):
                yield value["class_name"], value["config"]
            waiting += reversed(value.values())


def _filled(config: Any, classes: set[str], dim_ordering: str) -> Any:
    if isinstance(config, list):
        return [_filled(item, classes, dim_ordering) for item in config]
    if not isinstance(config, dict):
        return config
    filled = {
        key: _filled(value, classes, dim_ordering) for key, value in config.items()
    }
    if _is_layer(config) and config["class_name"] in classes:
        filled["config"].setdefault(ARGUMENT, dim_ordering)
    return filled


def _is_layer(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("class_name"), str) and isinstance(
        entry.get("config"), dict
    )


def _classes_that_lack_it(layers: list[Layer]) -> set[str]:
    """Returns the classes that take `dim_ordering`, of layers that don't have it."""
    names = {name for name, arguments in layers if ARGUMENT not in arguments}
    return {name for name in names if _takes_it(name)}


def _takes_it(class_name: str) -> bool:
    if class_name in configs.known_objects():
        return False
    renamed = getattr(migration_of(class_name), "renamed", {})
    return ARGUMENT in renamed.values()
