"""Converts weights from other versions and engines: flips convolution kernels, and
reorders their axes.

The plugin that owns a layer defines how, in a subclass of `Migration`.
"""

import itertools
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.arguments import label
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.errors import FileFormatError
from oneiros_safe_files.model_state import LayerWeights, Named
from oneiros_training.parts import parts_of

from oneiros_old_files.base import HERE, Arrays, Migration, Origin
from oneiros_old_files.convolution_kernels import FITTED_WHEN_LOADED
from oneiros_old_files.keras2 import migration_of

Pairs = list[tuple[Any, Any]]
"""Variables and their values."""
Run = tuple[Any, list[Any]]
"""A layer, and a series of its weights."""


def arranged(layer, named: Named, origin: Origin, source) -> Named:
    """Converts a file's arrays for a layer to one array per weight.

    # Arguments
        layer: a layer or model, built.
        named: list of names and arrays from the file.
        origin: `Origin`.
        source: the source's name in errors.
    """
    weights = layer.weights
    arrays = [value for _, value in named]
    values = laid_out(layer, weights, arrays, origin, source)
    names = [name for name, _ in named]
    if len(values) != len(named):
        names = [str(weight.name) for weight in weights]
    return list(zip(names, values))


def laid_out(
    layer, weights: list[Any], arrays: Arrays, origin: Origin, source
) -> Arrays:
    """Converts a file's arrays for these weights of a layer to one array per weight.

    For a layer with nested layers, the weights follow each other; each nested layer's
    migration converts its own.
    """
    if stored_count(layer, weights, origin) != len(arrays):
        return arrays
    values: Arrays = []
    remaining = iter(arrays)
    for part, variables in weights_by_layer(layer, weights):
        count = _stored_count(part, variables, origin)
        stored = list(itertools.islice(remaining, count))
        values += _laid_out(part, stored, origin, source)
    return values


def in_order_of_layers(model, weights: LayerWeights) -> LayerWeights:
    """Returns stored weights in the order of the model's layers if the names match;
    Keras 2 may have another order."""
    stored = dict(weights)
    names = [layer.name for layer in model.weight_layers() if layer.weights]
    stored_names = {name for name, arrays in weights if arrays}
    if stored_names != set(names):
        return weights
    return [(name, stored[name]) for name in names]


def migration_for(layer, origin: Origin = HERE) -> Migration | None:
    """Returns the migration for a layer's class, or for its first base class that has
    one."""
    for cls in type(layer).__mro__:
        name = cls.__name__
        reference = f"{cls.__module__}:{cls.__qualname__}"
        entry = registry.find("layer", name)
        if entry and entry.reference == reference:
            return migration_of(name, origin)
    return None


def note_kernels(model, pairs: Pairs, origin: Origin) -> None:
    """Records the layers with converted kernels that old code would convert again.

    These are kernels that were flipped on loading, and, on Theano with TensorFlow's
    convolution, all other kernels, because Keras 1 needed them flipped there.

    # Arguments
        model: the loaded model.
        pairs: list of its variables and their new values.
        origin: `Origin`.
    """
    loaded = {id(variable) for variable, _ in pairs}
    convolution = K.convolution()
    is_converted_next = origin.engine != convolution
    if convolution == "tensorflow" and backend_of(model).name == "theano":
        is_converted_next = True
    for _, layer in parts_of(model):
        flips = getattr(migration_for(layer), "flips", False)
        if not flips or loaded.isdisjoint(map(id, layer.weights)):
            continue
        FITTED_WHEN_LOADED.discard(layer)
        if is_converted_next:
            FITTED_WHEN_LOADED.add(layer)


def stored_count(layer, variables: list[Any], origin: Origin) -> int:
    """Returns the number of a file's arrays for these weights of a layer."""
    runs = weights_by_layer(layer, variables)
    return sum(_stored_count(part, weights, origin) for part, weights in runs)


def weights_by_layer(layer, variables: list[Any]) -> list[Run]:
    """Returns the nested layers to which the weights belong, with their weights."""
    parts = [part for _, part in parts_of(layer)]
    # The outer ones come first.
    parts.sort(key=lambda part: (-len(part.weights), not isinstance(part, Container)))
    innermost: dict[int, Any] = {}
    for part in parts:
        for weight in part.weights:
            innermost[id(weight)] = part
    runs: list[Run] = []
    last_owner = None
    for weight in variables:
        owner = innermost[id(weight)]
        if owner is not last_owner:
            own_weights: list[Any] = []
            runs.append((owner, own_weights))
            last_owner = owner
        own_weights.append(weight)
    return runs


def _stored_count(layer, variables: list[Any], origin: Origin) -> int:
    migration = migration_for(layer, origin)
    if migration is None or origin.keras < 2:
        return len(variables)
    return migration.stored_count(layer.get_config(), len(variables))


def _laid_out(layer, arrays: Arrays, origin: Origin, source) -> Arrays:
    """Converts the weights of a layer without nested layers."""
    migration = migration_for(layer, origin)
    if migration is None:
        return arrays
    config = layer.get_config()
    # Arrays whose shapes are those of no version are refused later, by name.
    with suppress(TypeError, ValueError, LookupError):
        arrays = migration.weights(config, arrays)
    if origin.engine == K.convolution():
        return arrays
    flipped_arrays = migration.flipped(config, arrays)
    before = list(map(id, arrays))
    has_flipped = before != list(map(id, flipped_arrays))
    if origin.engine is None and has_flipped:
        raise FileFormatError(
            f"{source} doesn't say whether the kernels of {label(layer)} were trained "
            f"on TensorFlow, where weights' names end in ':0', or on Theano, where "
            f"they don't: it contradicts itself. Load it with "
            f"trained_on='tensorflow' or trained_on='theano'. Nothing was loaded."
        )
    return [np.ascontiguousarray(value) for value in flipped_arrays]
