"""Completes `dim_ordering` in configurations of Keras 1.0 that omit it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import ConfigError, OneirosError
from oneiros.user_warnings import warn
from oneiros_safe_files.config_extent import parts_of

from oneiros_old_files.base import Described, Origin
from oneiros_old_files.keras2 import migration_of

ARGUMENT = "dim_ordering"

DEFAULT = "tf"
"""The default `dim_ordering` of Keras 1.2.2."""


def completed(config):
    """Returns a configuration in which each layer with the argument `dim_ordering` has
    a value.

    Keras 1.0 wrote it for convolutions, but not for layers such as `UpSampling2D`. They
    get the value of all other layers. If the others have no value, or different values,
    the configuration stays unchanged.

    # Arguments
        config: plain data, as in the file.
    """
    orderings = {
        str(arguments[ARGUMENT])
        for _, arguments in _layers(config)
        if ARGUMENT in arguments
    }
    if len(orderings) != 1:
        return config
    config = deepcopy(config)
    (dim_ordering,) = orderings
    for _, arguments in _lacking(config):
        arguments[ARGUMENT] = dim_ordering
    return config


@contextmanager
def explained(config) -> Iterator[None]:
    """Context manager that adds the missing `dim_ordering` to errors."""
    try:
        yield
    except OneirosError as error:
        names = _names(config)
        if not names:
            raise
        current = K.image_dim_ordering()
        other = "th" if current == "tf" else "tf"
        raise ConfigError(
            f"{error} The configuration doesn't say the dim_ordering of "
            f"{names}; here it is {current!r}. If it was "
            f"{other!r} there: K.set_image_dim_ordering({other!r}) before loading."
        ) from error


def warn_of_default(config, origin: Origin) -> None:
    """Warns about layers of Keras 1 that got Keras's default, because the configuration
    contains no `dim_ordering` for them.

    It doesn't warn if another default is set, since that follows the advice.
    """
    if origin.keras > 1 or K.image_dim_ordering() != DEFAULT:
        return
    names = _names(config)
    if names:
        warn(
            f"The configuration doesn't say the dim_ordering of {names}; the default "
            f"here is {DEFAULT!r}. If it was 'th', call "
            "K.set_image_dim_ordering('th') before loading. If it was 'tf', save the "
            "model again: Oneiros stores it."
        )


def _names(config) -> str:
    """Returns the names of the layers without their argument `dim_ordering`."""
    layers = _lacking(config)
    names = [str(arguments.get("name", name)) for name, arguments in layers]
    return f"{', '.join(names):.200}"


def _lacking(config) -> list[Described]:
    """Returns class and arguments of the layers without their argument
    `dim_ordering`."""
    lacking = []
    for name, arguments in _layers(config):
        if ARGUMENT in arguments or name in configs.known_objects():
            continue
        renamed = getattr(migration_of(name), "renamed", {})
        if ARGUMENT in renamed.values():
            lacking.append((name, arguments))
    return lacking


def _layers(config) -> Iterator[Described]:
    """Yields the class and the arguments of each layer, at any depth."""
    for part in parts_of(config):
        entry = part if isinstance(part, dict) else {}
        name = entry.get("class_name")
        arguments = entry.get("config")
        if isinstance(name, str) and isinstance(arguments, dict):
            yield name, arguments
