"""Keras 1's names of arguments that have other names in other versions of Keras.

The names of later versions come from the migrations, which read files of these
versions; each plugin owns the table for its layers.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from oneiros import registry
from oneiros.engine.container import Container
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2 import renamed_argument

from oneiros_old_code.later_arguments import RENAMED

KERAS_2 = Origin(keras=2)

Spellings = dict[str, str | tuple[str, ...]]

OF_ALL: Spellings = {
    "dims": "target_shape",
    "pad": "padding",
    "poolsize": "pool_size",
    "stride": "strides",
    **RENAMED,
}
"""Arguments that have another name in Keras 0.x or in Keras 2, for functions with the
name in Keras 1."""

DILATED = {
    "Convolution1D": "AtrousConvolution1D",
    "Convolution2D": "AtrousConvolution2D",
}
"""Layers that take a `dilation_rate` in Keras 2, and the layers that have one here."""

OF_MODELS: Spellings = {"inputs": "input", "outputs": "output"}
"""The arguments of a model's constructor."""


def spellings_of(cls: type | None, own_names: Collection[str]) -> Spellings:
    """Returns other versions' names of the arguments of a class, and their names here.

    A tuple of names stands for the items of a list: `kernel_size` is `nb_row` and
    `nb_col`.

    # Arguments
        cls: the class whose constructor is called; None for a function.
        own_names: names of the function's arguments.
    """
    spellings = OF_ALL
    known_names = set(own_names)
    if cls and issubclass(cls, Container):
        spellings = OF_MODELS
    elif cls:
        spellings = {**OF_ALL, **_of_migrations(cls)}
        if cls.__name__ in DILATED:
            known_names.add("atrous_rate")
    return {
        name: names_here
        for name, names_here in spellings.items()
        if name not in known_names and set(_as_tuple(names_here)) <= known_names
    }


def _of_migrations(cls: type) -> Spellings:
    for base in cls.__mro__:
        entry = registry.find("migration", base.__name__)
        if entry is not None:
            return getattr(registry.load(entry), "renamed", {})
    return {}


def _as_tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def respelled(
    names: str | tuple[str, ...], argument: str, value: Any
) -> dict[str, Any]:
    """Converts an argument of another version to Keras 1."""
    return renamed_argument(names, argument, value, KERAS_2)
