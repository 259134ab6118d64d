"""What files of Keras 2 hold besides configuration and weights: how a model was
compiled, and its optimizer's state."""

from __future__ import annotations

import itertools
import re
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import OneirosError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.training import compile_arguments, schedule, slots

from oneiros_saving.formats import ModelState
from oneiros_saving.layouts import Named, arranged, stored_count
from oneiros_saving.matching import check_optimizer
from oneiros_saving.model_parts import (
    make_optimizer_state,
    trained_weights,
    weight_layers,
)

Weights = list[tuple[str, Named]]

SORTED_BY_NAME = re.compile(r"2\.0\.[0-5](\D|$)")
"""Versions that kept an optimizer's state in the order of the weights' names."""


def in_order(model: Any, weights: Weights) -> Weights:
    """Returns the layers' weights in the model's order of layers, where the names are
    those of the model."""
    stored = dict(weights)
    names = [layer.name for layer in weight_layers(model) if layer.weights]
    if set(names) != {name for name, arrays in weights if arrays}:
        return weights
    return [(name, stored[name]) for name in names]


def restore_training(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    """Compiles a model as it was, and restores the optimizer's state; warns of what
    can't be done here."""
    try:
        with configs.building("training_config", model.name):
            model.compile(**compile_arguments(state.training_config or {}, origin))
            if state.optimizer_weights:
                make_optimizer_state(model)
    except OneirosError as error:
        warn(
            f"{source} is loaded, but not compiled: {error} Call model.compile(…) "
            f"before training it."
        )
        return
    if not state.optimizer_weights:
        return
    with configs.building("optimizer", type(model.optimizer).__name__):
        restored = restore_state(model, state, origin, source)
    if not restored:
        warn(
            f"{source} is loaded and compiled, but its optimizer begins anew: the "
            f"state in the file is laid out in a way that isn't known."
        )


def restore_state(model: Any, state: ModelState, origin: Origin, source: Any) -> bool:
    """Sets the state of a compiled model's optimizer; returns whether it fits."""
    by_name = {layer.name: layer for layer in weight_layers(model)}
    layers = [by_name[name] for name, _ in state.weights if name in by_name]
    counts = [stored_count(layer, layer.trainable_weights, origin) for layer in layers]
    optimizer = model.optimizer
    laid_out = slots(optimizer, state.optimizer_weights or [], sum(counts))
    if laid_out is None:
        return False
    steps, series = laid_out
    if SORTED_BY_NAME.match(state.keras_version or ""):
        names = _trained_names(state.weights, layers, counts)
        series = [_in_order_of(names, arrays) for arrays in series]
    values: list[Any] = []
    for arrays in series:
        by_weight = _by_weight(layers, counts, arrays, origin, source)
        params = trained_weights(model)
        values += [by_weight[id(w)] for w in params if id(w) in by_weight]
    if len(values) != len(series) * len(model.trainable_weights):
        return False
    if not _set_last(optimizer, values, source):
        return False
    if steps is not None:
        _set_steps(optimizer, steps)
    return True


def _trained_names(weights: Weights, layers: list[Any], counts: list[int]) -> list[str]:
    """Returns the names that a file has for the weights that were trained, layer by
    layer: those that a layer trains come first."""
    stored = dict(weights)
    return [
        name
        for layer, count in zip(layers, counts, strict=True)
        for name, _ in stored[layer.name][:count]
    ]


def _in_order_of(names: list[str], arrays: list[Any]) -> list[Any]:
    """Returns arrays, which are in the order of the sorted names, in that of the
    names."""
    places = sorted(range(len(names)), key=names.__getitem__)
    by_place = dict(zip(places, arrays, strict=True))
    return [by_place[place] for place in range(len(names))]


def _by_weight(
    layers: list[Any],
    counts: list[int],
    arrays: list[Any],
    origin: Origin,
    source: Any,
) -> dict[int, Any]:
    """Returns the arrays of one series as they are here, by the weights' identities."""
    by_weight: dict[int, Any] = {}
    remaining = iter(arrays)
    for layer, count in zip(layers, counts, strict=True):
        stored = [("", value) for value in itertools.islice(remaining, count)]
        laid_out = arranged(layer, stored, origin, source, trainable=True)
        weights = map(id, layer.trainable_weights)
        by_weight.update(zip(weights, (value for _, value in laid_out), strict=False))
    return by_weight


def _set_last(optimizer: Any, values: list[Any], source: Any) -> bool:
    """Sets the last of an optimizer's variables; returns whether they have these
    shapes."""
    variables = optimizer.weights[len(optimizer.weights) - len(values) :]
    if len(variables) != len(values):
        return False
    pairs = list(zip(variables, values, strict=True))
    if any(tuple(K.get_variable_shape(w)) != value.shape for w, value in pairs):
        return False
    named = [(str(variable.name), value) for variable, value in pairs]
    check_optimizer(variables, named, source)
    K.batch_set_value(pairs)
    return True


def _set_steps(optimizer: Any, steps: int) -> None:
    if hasattr(optimizer, "iterations"):
        K.set_value(optimizer.iterations, steps)
    if hasattr(optimizer, "m_schedule"):
        K.set_value(optimizer.m_schedule, schedule(optimizer, steps))
