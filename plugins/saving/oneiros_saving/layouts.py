"""Weights of other versions and engines laid out as here; convolution kernels flipped
and reordered.

The plugin that owns a layer knows how: its class derived from `Migration`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros import registry
from oneiros.arguments import label
from oneiros.engine.container import Container
from oneiros.errors import FileFormatError
from oneiros_old_files.base import Arrays, Migration, Origin, migration_of

from oneiros_saving.parts import parts_of

Named = list[tuple[str, Any]]
Run = tuple[Any, list[Any]]


def flipped(class_name: str, config: dict[str, Any], arrays: Arrays) -> Arrays:
    """Returns a layer's weights with the kernels that Theano convolves flipped;
    twice is as before.

    # Arguments
        class_name: str, the layer's class.
        config: dict, its arguments.
        arrays: list of its weights.
    """
    return (migration_of(class_name) or Migration()).flipped(config, arrays)


def reordered(
    class_name: str, config: dict[str, Any], arrays: Arrays, dim_ordering: str
) -> Arrays:
    """Returns the weights that a layer has with another `dim_ordering`.

    # Arguments
        class_name: str, the layer's class.
        config: dict, its arguments, with the `dim_ordering` of `arrays`.
        arrays: list of its weights.
        dim_ordering: `"th"` or `"tf"`.
    """
    return (migration_of(class_name) or Migration()).reordered(
        config, arrays, dim_ordering
    )


def arranged(
    layer: Any, arrays: Named, origin: Origin, source: Any, trainable: bool = False
) -> Named:
    """Returns what a file holds for a layer as the layer has it: one array for each of
    its weights.

    A layer that holds others has the weights of all of them in a row; each is asked for
    its own.

    # Arguments
        layer: a layer or model, built.
        arrays: list of names and arrays, as in the file.
        origin: `Origin`.
        source: what to name in an error.
        trainable: bool, whether the arrays are those of the trainable weights alone.
    """
    found: Named = []
    rest = list(arrays)
    runs = list(
        weights_by_layer(layer, layer.trainable_weights if trainable else layer.weights)
    )
    counts = [_count(part, variables, origin) for part, variables in runs]
    if sum(counts) != len(arrays):
        return arrays
    for (part, variables), count in zip(runs, counts, strict=True):
        piece, rest = rest[:count], rest[count:]
        values = _part(part, [value for _, value in piece], origin, source)
        same = len(values) == len(piece)
        names = (
            [name for name, _ in piece]
            if same
            else [str(variable.name) for variable in variables]
        )
        found += zip(names, values, strict=False)
    return found


def _part(layer: Any, arrays: Arrays, origin: Origin, source: Any) -> Arrays:
    migration = migration_for(layer)
    if migration is None:
        return arrays
    config = layer.get_config()
    with suppress(
        TypeError, ValueError, LookupError
    ):  # of other shapes than any version's: that is told later
        arrays = migration.weights(config, arrays, origin)
    if origin.engine == "tensorflow":
        return arrays
    other = migration.flipped(config, arrays)
    if origin.engine is None and any(
        a is not b for a, b in zip(arrays, other, strict=True)
    ):
        raise FileFormatError(
            f"{source} doesn't tell whether the kernels of {label(layer)} were trained on TensorFlow, where "
            f"weights' names end in ':0', or on Theano, where they don't: it contradicts itself. Say it: "
            f"load with trained_on='tensorflow' or trained_on='theano'. Nothing was loaded."
        )
    return [np.ascontiguousarray(value) for value in other]


def migration_for(layer: Any) -> Migration | None:
    """Returns what the plugin that owns a layer's class, or the first of its base
    classes, offers for it."""
    for cls in type(layer).__mro__:
        entry = registry.find("layer", cls.__name__)
        if entry and entry.reference == f"{cls.__module__}:{cls.__qualname__}":
            return migration_of(cls.__name__)
    return None


def stored_count(layer: Any, variables: list[Any], origin: Origin) -> int:
    """Returns how many arrays a file holds for these weights of a layer."""
    return sum(
        _count(part, run, origin) for part, run in weights_by_layer(layer, variables)
    )


def _count(layer: Any, variables: list[Any], origin: Origin) -> int:
    stored = getattr(migration_for(layer), "stored", None)
    return len(variables) if origin.keras < 2 or stored is None else stored


def weights_by_layer(layer: Any, variables: Iterable[Any]) -> Iterator[Run]:
    """Gives the layers inside that the weights belong to, one after the other, with
    their weights."""
    inside = [part for _, part in parts_of(layer)]
    inside.sort(key=lambda part: (-len(part.weights), not isinstance(part, Container)))
    owners = {id(weight): part for part in inside for weight in part.weights}
    for _, run in itertools.groupby(
        variables, key=lambda variable: id(owners[id(variable)])
    ):
        found = list(run)
        yield owners[id(found[0])], found
