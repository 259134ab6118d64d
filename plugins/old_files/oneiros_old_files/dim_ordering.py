"""Completes `dim_ordering` in configurations of Keras 1.0 that omit it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import ConfigError, OneirosError
from oneiros_backend_toolkit.user_warnings import warn

from oneiros_old_files.base import Origin
from oneiros_old_files.keras2 import migration_of

ARGUMENT = "dim_ordering"

DEFAULT = "tf"
"""The default `dim_ordering` of Keras 1.2.2."""

Layer = tuple[str, dict[str, Any]]
"""A layer's class and arguments."""


def completed(config: Any) -> Any:
    """Returns a configuration in which each layer with the argument `dim_ordering` has
    a value.

    Keras 1.0 wrote it for convolutions, but not for layers such as `UpSampling2D`. They
    get the value of all other layers. If the others have no value, or different values,
    the configuration stays unchanged.

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


@contextmanager
def explained(config: Any) -> Iterator[None]:
    """Context manager that adds the missing `dim_ordering` to errors."""
    try:
        yield
    except OneirosError as error:
        layer_names = _names_without(config)
        if not layer_names:
            raise
        current = K.image_dim_ordering()
        other = "th" if current == "tf" else "tf"
        raise ConfigError(
            f"{error} The configuration doesn't say the dim_ordering of "
            f"{', '.join(layer_names):.200}; here it is {current!r}. If it was "
            f"{other!r} there: K.set_image_dim_ordering({other!r}) before loading."
        ) from error


def warn_of_default(config: Any, origin: Origin) -> None:
    """Warns about layers of Keras 1 that got Keras's default, because the configuration
    contains no `dim_ordering` for them.

    It doesn't warn if another default is set, since that follows the advice.
    """
    if origin.keras > 1 or K.image_dim_ordering() != DEFAULT:
        return
    layer_names = _names_without(config)
    if layer_names:
        warn(
            f"The configuration doesn't say the dim_ordering of "
            f"{', '.join(layer_names):.200}; the default here is {DEFAULT!r}. If "
            f"it was 'th', call K.set_image_dim_ordering('th') before loading. If it "
            f"was 'tf', save the model again: Oneiros stores it."
        )


def _names_without(config: Any) -> list[str]:
    """Returns the names of the layers without their argument `dim_ordering`."""
    layers = list(_layers(config))
    class_names = _classes_that_lack_it(layers)
    return [
        str(arguments.get("name", class_name))
        for class_name, arguments in layers
        if class_name in class_names and ARGUMENT not in arguments
    ]


def _layers(config: Any) -> Iterator[Layer]:
    """Yields the class and the arguments of each layer, at any depth."""
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
    """Returns the classes of the layers without their argument `dim_ordering`."""
    names = {name for name, arguments in layers if ARGUMENT not in arguments}
    return {name for name in names if _takes_it(name)}


def _takes_it(class_name: str) -> bool:
    if class_name in configs.known_objects():
        return False
    renamed = getattr(migration_of(class_name), "renamed", {})
    return ARGUMENT in renamed.values()
