"""Matches an optimizer's state from Keras 2 with its variables here."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros_safe_files.model_state import LayerWeights, ModelState, Named

from oneiros_old_files.base import Migration, Origin
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.weight_layouts import arranged, stored_count

Pairs = list[tuple[Any, Any]]
"""Pairs of variables and values."""

SORTED_BY_NAME = re.compile(r"2\.0\.[0-5](\D|$)")
"""Versions that stored an optimizer's state in the order of the weights' names."""

WEIGHT_BY_WEIGHT = ("iteration:0", "iteration")
"""The name of the first array if all arrays of a weight follow each other."""

MAX_STEPS = 2**53
"""Maximum number of steps that a float counts exactly."""

LONG = 2**20
"""Number of steps after which the product of Nadam's momenta, all below one, is 0 in
float32."""


@dataclass(frozen=True)
class MatchedState:
    """Variables of an optimizer, with their values from a file.

    # Properties
        slots: list of pairs of a variable with a weight's size and its array.
        counters: list of pairs of a variable that counts steps and its number.
    """

    slots: Pairs
    counters: Pairs


def matched_state(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> MatchedState | None:
    """Returns a file's state of a compiled model's optimizer; None if it doesn't fit.

    # Arguments
        model: the model, with its optimizer's variables created.
        state: the contents of the file.
        origin: `Origin` of the file.
        source: the file, for messages.
    """
    by_name = {layer.name: layer for layer in model.weight_layers()}
    layers = [by_name[name] for name, _ in state.weights if name in by_name]
    counts = [stored_count(layer, layer.trainable_weights, origin) for layer in layers]
    optimizer = model.optimizer
    laid_out = _steps_and_series(optimizer, state.optimizer_weights or [], sum(counts))
    if laid_out is None:
        return None
    steps, series = laid_out
    if SORTED_BY_NAME.match(state.keras_version or ""):
        names = _trained_names(state.weights, layers, counts)
        series = [_in_order_of(names, arrays) for arrays in series]
    values: list[Any] = []
    for arrays in series:
        by_weight = _by_weight(layers, counts, arrays, origin, source)
        params = model._collected_trainable_weights
        values += [by_weight[id(w)] for w in params if id(w) in by_weight]
    if len(values) != len(series) * len(model.trainable_weights):
        return None
    slots = _last_variables(optimizer, values)
    if slots is None:
        return None
    return MatchedState(slots, _counters(optimizer, steps))


def _steps_and_series(
    optimizer: Any, stored: Named, count: int
) -> tuple[int | None, list[list[Any]]] | None:
    """Returns an optimizer's number of steps and its series of arrays, each with one
    array per weight.

    Keras 2 and TensorFlow up to 2.10 store series after series. Later versions and
    Keras 3 name their first array `iteration` and store weight after weight.

    # Arguments
        optimizer: the optimizer here.
        stored: list of names and arrays, as in the file.
        count: int, number of trainable weights.

    # Returns
        None if the arrays have another layout, or the number of steps is invalid.
    """
    steps = _steps(stored)
    if steps is not None and not 0 <= steps <= MAX_STEPS:
        return None
    whole_steps = None if steps is None else int(steps)
    arrays = [value for _, value in stored if np.ndim(value) > 0]
    if not arrays:
        return whole_steps, []
    migration = migration_of(type(optimizer).__name__) or Migration()
    series = len(migration.slots)
    with_momentum = (series + 1) * count
    if series * count == 0 or len(arrays) not in (series * count, with_momentum):
        return None
    arrays = arrays[: series * count]
    if stored[0][0].rpartition("/")[2] in WEIGHT_BY_WEIGHT:
        return whole_steps, [arrays[start::series] for start in range(series)]
    starts = range(0, len(arrays), count)
    return whole_steps, [arrays[start : start + count] for start in starts]


def _steps(stored: Named) -> float | None:
    """Returns the number of steps from an optimizer's arrays; None if there is none."""
    for name, value in stored:
        if "iter" in name and np.ndim(value) == 0:
            return float(value)
    if stored and np.ndim(stored[0][1]) == 0:
        return float(stored[0][1])
    return None


def _trained_names(
    weights: LayerWeights, layers: list[Any], counts: list[int]
) -> list[str]:
    """Returns a file's names of the trained weights, layer by layer; each layer's
    trainable weights come first."""
    stored = dict(weights)
    return [
        name
        for layer, count in zip(layers, counts, strict=True)
        for name, _ in stored[layer.name][:count]
    ]


def _in_order_of(names: list[str], arrays: list[Any]) -> list[Any]:
    """Reorders arrays from the order of the sorted names to the order of the names."""
    places = sorted(range(len(names)), key=names.__getitem__)
    by_place = dict(zip(places, arrays, strict=True))
    return [by_place[place] for place in range(len(names))]


def _by_weight(
    layers: list[Any], counts: list[int], arrays: list[Any], origin: Origin, source: Any
) -> dict[int, Any]:
    """Converts the arrays of a series; returns them by the weights' ids."""
    by_weight: dict[int, Any] = {}
    remaining = iter(arrays)
    for layer, count in zip(layers, counts, strict=True):
        stored = [("", value) for value in itertools.islice(remaining, count)]
        laid_out = arranged(layer, stored, origin, source, trainable=True)
        weights = map(id, layer.trainable_weights)
        by_weight.update(zip(weights, (value for _, value in laid_out), strict=False))
    return by_weight


def _last_variables(optimizer: Any, values: list[Any]) -> Pairs | None:
    """Returns the last of an optimizer's variables with these values; None if the
    shapes differ."""
    variables = optimizer.weights[len(optimizer.weights) - len(values) :]
    if len(variables) != len(values):
        return None
    pairs = list(zip(variables, values, strict=True))
    if any(tuple(K.get_variable_shape(w)) != value.shape for w, value in pairs):
        return None
    return pairs


def _counters(optimizer: Any, steps: int | None) -> Pairs:
    """Returns the variables that count steps, with their values."""
    counters: Pairs = []
    if steps is not None and hasattr(optimizer, "iterations"):
        counters.append((optimizer.iterations, steps))
    if steps is not None and hasattr(optimizer, "m_schedule"):
        counters.append((optimizer.m_schedule, _momenta(optimizer, steps)))
    return counters


def _momenta(optimizer: Any, steps: int) -> float:
    """Returns the product of Nadam's momenta after a number of steps, which no file
    contains."""
    counts = np.arange(1, min(steps, LONG) + 1) * float(optimizer.schedule_decay)
    beta = float(optimizer.get_config()["beta_1"])
    return float(np.prod(beta * (1.0 - 0.5 * 0.96**counts)))
