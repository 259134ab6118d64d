"""Matches an optimizer's state from Keras 2 with its variables here."""

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
Counted = list[tuple[Any, int]]
"""Layers, and how many arrays a file has of the trainable weights of each."""

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
    layers: Counted = []
    for name, _ in state.weights:
        if name in by_name:
            layer = by_name[name]
            count = stored_count(layer, layer.trainable_weights, origin)
            layers.append((layer, count))
    optimizer = model.optimizer
    stored = state.optimizer_weights or []
    steps = _steps(stored)
    if steps is not None and not 0 <= steps <= MAX_STEPS:
        return None
    series = _series(optimizer, stored, sum(count for _, count in layers))
    if series is None:
        return None
    if SORTED_BY_NAME.match(state.keras_version or ""):
        names = _trained_names(state.weights, layers)
        series = [_in_order_of(names, arrays) for arrays in series]
    values: list[Any] = []
    for arrays in series:
        by_weight = _by_weight(layers, arrays, origin, source)
        params = model._collected_trainable_weights
        trained = [id(weight) for weight in params]
        values += [by_weight[weight] for weight in trained if weight in by_weight]
    if len(values) != len(series) * len(model.trainable_weights):
        return None
    slots = _last_variables(optimizer, values)
    if slots is None:
        return None
    return MatchedState(slots, _counters(optimizer, steps))


def _series(optimizer: Any, stored: Named, count: int) -> list[list[Any]] | None:
    """Returns an optimizer's series of arrays, each with one array per weight; None if
    the arrays have another layout.

    Keras 2 and TensorFlow up to 2.10 store series after series. Later versions and
    Keras 3 name their first array `iteration` and store weight after weight.

    # Arguments
        optimizer: the optimizer here.
        stored: list of names and arrays, as in the file.
        count: int, number of trainable weights.
    """
    arrays = [value for _, value in stored if np.ndim(value) > 0]
    if not arrays:
        return []
    migration = migration_of(type(optimizer).__name__) or Migration()
    number = len(migration.slots)
    total = number * count
    if not total or len(arrays) not in (total, total + count):  # with a momentum
        return None
    if stored[0][0].rpartition("/")[2] in WEIGHT_BY_WEIGHT:
        return [arrays[start:total:number] for start in range(number)]
    starts = range(0, total, count)
    return [arrays[start : start + count] for start in starts]


def _steps(stored: Named) -> float | None:
    """Returns the number of steps from an optimizer's arrays; None if there is none."""
    for name, value in stored:
        if "iter" in name and np.ndim(value) == 0:
            return float(value)
    if stored and np.ndim(stored[0][1]) == 0:
        return float(stored[0][1])
    return None


def _trained_names(weights: LayerWeights, layers: Counted) -> list[str]:
    """Returns a file's names of the trained weights, layer by layer; each layer's
    trainable weights come first."""
    stored = dict(weights)
    names: list[str] = []
    for layer, count in layers:
        names += [name for name, _ in stored[layer.name][:count]]
    return names


def _in_order_of(names: list[str], arrays: list[Any]) -> list[Any]:
    """Reorders arrays from the order of the sorted names to the order of the names."""
    places = np.argsort(np.argsort(names, kind="stable"))
    return [arrays[place] for place in places]


def _by_weight(
    layers: Counted, arrays: list[Any], origin: Origin, source: Any
) -> dict[int, Any]:
    """Converts the arrays of a series; returns them by the weights' ids."""
    by_weight: dict[int, Any] = {}
    start = 0
    for layer, count in layers:
        own_arrays = arrays[start : start + count]
        start += count
        stored = [("", value) for value in own_arrays]
        laid_out = arranged(layer, stored, origin, source, trainable=True)
        for weight, (_, value) in zip(layer.trainable_weights, laid_out, strict=False):
            by_weight[id(weight)] = value
    return by_weight


def _last_variables(optimizer: Any, values: list[Any]) -> Pairs | None:
    """Returns the last of an optimizer's variables with these values; None if the
    shapes differ."""
    variables = optimizer.weights[len(optimizer.weights) - len(values) :]
    if len(variables) != len(values):
        return None
    pairs = list(zip(variables, values, strict=True))
    for variable, value in pairs:
        if tuple(K.get_variable_shape(variable)) != value.shape:
            return None
    return pairs


def _counters(optimizer: Any, steps: float | None) -> Pairs:
    """Returns the variables that count steps, with their values."""
    if steps is None:
        return []
    counters: Pairs = []
    if hasattr(optimizer, "iterations"):
        counters.append((optimizer.iterations, int(steps)))
    if hasattr(optimizer, "m_schedule"):
        product = _momenta(optimizer, int(steps))
        counters.append((optimizer.m_schedule, product))
    return counters


def _momenta(optimizer: Any, steps: int) -> float:
    """Returns the product of Nadam's momenta after a number of steps, which no file
    contains."""
    numbers = np.arange(1, min(steps, LONG) + 1)
    counts = numbers * float(optimizer.schedule_decay)
    beta = float(optimizer.get_config()["beta_1"])
    momenta = beta * (1.0 - 0.5 * 0.96**counts)
    return float(np.prod(momenta))
