"""`dim_ordering` where configurations of Keras 1.0 leave it out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oneiros import config as configs

from oneiros_old_files.base import migration_of

ARGUMENT = "dim_ordering"


def completed(config: Any) -> Any:
    """Returns a configuration in which each layer that takes `dim_ordering` has it.

    Keras 1.0 wrote it for convolutions, and not for `UpSampling2D` and its like: those
    get what all others have. Where the others say nothing, or differ, the
    configuration stays as it is.

    # Arguments
        config: plain data, as in the file.
    """
    stated = {
        str(arguments[ARGUMENT])
        for _, arguments in _layers(config)
        if ARGUMENT in arguments
    }
    if len(stated) != 1 or not without_dim_ordering(config):
        return config
    return _filled(config, stated.pop())


def without_dim_ordering(config: Any) -> list[str]:
    """Returns the names of the layers that take `dim_ordering` and don't have it."""
    return [
        str(arguments.get("name", class_name))
        for class_name, arguments in _layers(config)
        if _lacks_it(class_name, arguments)
    ]


def _layers(config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gives the class and the arguments of each layer, wherever it is."""
    if isinstance(config, list):
        for item in config:
            yield from _layers(item)
    elif isinstance(config, dict):
        if _is_layer(config):
            yield config["class_name"], config["config"]
        for value in config.values():
            yield from _layers(value)


def _filled(config: Any, dim_ordering: str) -> Any:
    if isinstance(config, list):
        return [_filled(item, dim_ordering) for item in config]
    if not isinstance(config, dict):
        return config
    filled = {key: _filled(value, dim_ordering) for key, value in config.items()}
    if _is_layer(config) and _lacks_it(config["class_name"], config["config"]):
        filled["config"][ARGUMENT] = dim_ordering
    return filled


def _is_layer(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("class_name"), str) and isinstance(
        entry.get("config"), dict
    )


def _lacks_it(class_name: str, arguments: dict[str, Any]) -> bool:
    if ARGUMENT in arguments or class_name in configs.known_objects():
        return False
    renamed = getattr(migration_of(class_name), "renamed", {})
    return ARGUMENT in renamed.values()
