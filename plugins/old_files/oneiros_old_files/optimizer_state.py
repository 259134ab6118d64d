"""An optimizer's state in files: its order in Keras 1, its layout in Keras 2 and 3, and
the same state after kernels have been flipped or moved.

Keras 1 sorted it by the weights' names or, in 1.0 and 1.1 on Theano, by the order in
which the weights were created. No file contains that order. A layer's weights were
created one after the other, but layers were created in any order, and their weights
could even interleave, because Keras sorted running numbers as text ("10" before "9").
So the order is known only if the shapes allow a single one. With a state in the wrong
order, training would continue without an error, but worse.
"""

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import OneirosError
from oneiros_safe_files.model_state import ModelState, Named

from oneiros_old_files.base import Arrays, Migration, Origin
from oneiros_old_files.file_origin import ENGINES, origin_of
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.weight_layouts import laid_out, stored_count, weights_by_layer

Shape = tuple[int, ...]
Order = tuple[int, ...]
ByWeight = dict[int, Any]
"""One array per weight, by the weight's id."""
Pairs = list[tuple[Any, Any]]
"""Pairs of variables and values."""
Counted = list[tuple[Any, int]]
"""Layers, and how many arrays a file has of the trainable weights of each."""
BY_NAME_SINCE = (1, 2)
"""The first version of Keras that sorted weights by name on Theano, too."""
LISTED_OTHERWISE = ("LSTM", "ConvLSTM2D", "Highway")
"""Layers that created their weights in another order than they list them."""
MAX_TRIES = 20_000
"""Maximum number of steps of the search for orders."""
SORTED_BY_NAME = re.compile(r"2\.0\.[0-5](\D|$)")
"""Versions of Keras 2 that stored a state in the order of the weights' names."""
WEIGHT_BY_WEIGHT = ("iteration:0", "iteration")
"""The name of the first array if all arrays of a weight follow each other."""
MAX_STEPS = 2**53
"""Maximum number of steps that a float counts exactly."""
UNKNOWN = "the layout is unknown"
LONG = 2**20
"""Number of steps after which the product of Nadam's momenta, all below one, is 0 in
float32."""


class UnknownOrderError(OneirosError):
    """Says why the order of a state's arrays is unknown."""


def _divided(values: Arrays, count: int) -> tuple[Arrays, list[Arrays]]:
    """Returns the leading numbers of a state, which an optimizer stores once, and its
    series of arrays, each with one array per weight."""
    once = list(itertools.takewhile(_is_number, values))
    starts = range(len(once), len(values), count or 1)
    return once, [values[start : start + count] for start in starts]


def _is_number(value) -> bool:
    return np.ndim(value) == 0


def _shapes(arrays: Arrays) -> list[Shape]:
    return [np.shape(array) for array in arrays]


def _shapes_of(weights: list[Any]) -> list[Shape]:
    return [tuple(K.get_variable_shape(weight)) for weight in weights]


def followed(model, converted, follow: Callable[[ByWeight], ByWeight]) -> Arrays | None:
    """Returns the state of a model's optimizer for a converted model.

    # Arguments
        model, converted: compiled models; they may be the same.
        follow: function from one array per trainable weight of `model` to the arrays
            for `converted`.

    # Returns
        None if the state isn't one array per weight, once or several times over.
    """
    params = model._collected_trainable_weights
    state, series = _divided(model.optimizer.get_weights(), len(params))
    for arrays in series:
        if _shapes(arrays) != _shapes_of(params):
            return None
        pairs = zip(map(id, params), arrays)
        by_weight = follow(dict(pairs))
        for weight in converted._collected_trainable_weights:
            state.append(by_weight[id(weight)])
    return state


def flipped(model) -> Arrays | None:
    """Returns the state of a model's optimizer with flipped kernels, as for training
    with the other convolution."""
    layers: Counted = []
    weights: list[Any] = []
    for layer in model.weight_layers():
        layers.append((layer, len(layer.trainable_weights)))
        weights += layer.trainable_weights
    engines = {*ENGINES} - {K.convolution()}
    other = Origin(engine=engines.pop())

    def follow(by_weight: ByWeight) -> ByWeight:
        arrays = [by_weight[id(weight)] for weight in weights]
        return _by_weight(layers, arrays, other, model.name)

    return followed(model, model, follow)


def _by_weight(layers: Counted, arrays: Arrays, origin: Origin, source) -> ByWeight:
    """Converts the arrays of a series, which are in the order of the layers."""
    by_weight: ByWeight = {}
    remaining = iter(arrays)
    for layer, count in layers:
        weights = layer.trainable_weights
        stored = list(itertools.islice(remaining, count))
        values = laid_out(layer, weights, stored, origin, source)
        by_weight.update(zip(map(id, weights), values))
    return by_weight


# Keras 1


def in_order(model, state: ModelState, origin: Origin) -> Arrays:
    """Returns the arrays of a file of Keras 1 in the order of the optimizer's
    `set_weights`.

    Values that an optimizer stores once, such as its step count, come first; some
    versions don't have them.

    # Arguments
        model: a compiled model, with its optimizer's variables created.
        state: what the file holds.
        origin: `Origin` of the file.

    # Raises
        UnknownOrderError: if no order fits, or several do.
    """
    params = model._collected_trainable_weights
    current = model.optimizer.get_weights()
    arrays = [value for _, value in state.optimizer_weights or []]
    as_made = _may_be_as_made(state, origin)
    by_name = _order_by_name(params, state, origin)
    is_ours = by_name == tuple(range(len(params)))
    if is_ours and not as_made and _shapes(current) == _shapes(arrays):
        return arrays
    count = len(params)
    current_once, _ = _divided(current, count)
    once, series = _divided(arrays, count)
    missing = len(current_once) - len(once)
    if missing < 0 or missing != len(current) - len(arrays):
        name = type(model.optimizer).__name__
        raise UnknownOrderError(
            f"{name} has {len(current)} arrays and not {len(arrays)}"
        )
    ordered = [*current_once[:missing], *once]
    if not series:
        return ordered
    if len(series[-1]) != count:
        total = sum(map(len, series))
        raise UnknownOrderError(f"it has {total} arrays for {count} trainable weights")
    order = _only_order(model, series, by_name, as_made)
    places = np.argsort(order)
    for part in series:
        ordered += [part[place] for place in places]
    return ordered


def _order_by_name(params: list[Any], state: ModelState, origin: Origin) -> Order:
    """Returns the order of the weights in a file that sorts them by name.

    Oneiros sorts names without TensorFlow's suffix `:0`. Keras 1 on TensorFlow sorted
    them with it, so "att_W2:0" came before "att_W:0".
    """
    places = range(len(params))
    if state.provenance or origin.engine != "tensorflow":
        return tuple(places)
    names = [str(weight.name).removesuffix(":0") for weight in params]
    by_name = sorted(places, key=lambda place: f"{names[place]}:0")
    return tuple(by_name)


def _may_be_as_made(state: ModelState, origin: Origin) -> bool:
    """Returns whether a file may have an optimizer's state in creation order.

    # Arguments
        state: what the file holds.
        origin: `Origin` of the file. Users who flip kernels themselves call a file from
            Theano TensorFlow's, so the weights' names count as well.
    """
    engines = {origin.engine, origin_of(state).engine}
    if state.provenance or engines == {"tensorflow"}:
        return False
    version = re.match(r"(\d{1,3})\.(\d{1,3})", state.keras_version or "")
    if version is None:
        return True
    major, minor = version.groups()
    return (int(major), int(minor)) < BY_NAME_SINCE


def _only_order(model, series: list[Arrays], by_name: Order, as_made: bool) -> Order:
    """Returns the order of the arrays in each series: for each array, the index of its
    weight.

    # Arguments
        model: the model.
        series: the series of a file.
        by_name: the order if the file sorted them by name.
        as_made: bool, whether the file may have them in creation order.

    # Raises
        UnknownOrderError: if no order fits, or several do.
    """
    shapes = _shapes_of(model._collected_trainable_weights)
    stored = _shapes(series[0])
    if any(_shapes(part) != stored for part in series):
        raise UnknownOrderError("the shapes of its arrays don't repeat")
    orders: set[Order] = set()
    sorted_shapes = [shapes[place] for place in by_name]
    if stored == sorted_shapes:
        orders.add(by_name)
    if as_made:
        layers = _layers_as_made(model, shapes)
        orders |= _orders_as_made(layers, shapes, stored)
    if not orders:
        raise UnknownOrderError(
            f"its arrays of the shapes {', '.join(map(str, stored)):.200} fit the "
            f"weights of the shapes {', '.join(map(str, shapes)):.200} in no order "
            f"that Keras 1 had"
        )
    if len(orders) > 1:
        raise UnknownOrderError(
            "its arrays fit the weights in several orders, and Keras before 1.2 on "
            "Theano doesn't tell in which it wrote them"
        )
    return orders.pop()


def _layers_as_made(model, shapes: list[Shape]) -> list[list[int]]:
    """Returns the indices of each layer's weights, in the order in which it created
    them."""
    params = model._collected_trainable_weights
    places = {id(param): place for place, param in enumerate(params)}
    layers = []
    for part, weights in weights_by_layer(model, model.trainable_weights):
        layer = [places[id(weight)] for weight in weights]
        name = type(part).__name__
        first_party = name in registry.owners().get("layer", {})
        lists_as_made = first_party and name not in LISTED_OTHERWISE
        distinct = {shapes[place] for place in layer}
        if not lists_as_made and len(distinct) < len(layer):
            raise UnknownOrderError(
                f"it isn't known in which order {name} made its weights"
            )
        layers.append(layer)
    return layers


def _orders_as_made(
    layers: list[list[int]], shapes: list[Shape], stored: list[Shape]
) -> set[Order]:
    """Returns the orders that fit the stored shapes and keep the order of each layer's
    own weights, at most two."""
    orders: set[Order] = set()
    beginnings: list[Order] = [()]
    for _ in range(MAX_TRIES):
        if not beginnings or len(orders) > 1:
            return orders
        order = beginnings.pop()
        if len(order) == len(stored):
            orders.add(order)
            continue
        placed = set(order)
        shape = stored[len(order)]
        for layer in layers:
            following = [place for place in layer if place not in placed]
            if following and shapes[following[0]] == shape:
                beginnings.append((*order, following[0]))
    raise UnknownOrderError("too many orders are possible")


# Keras 2 and 3


def matched_state(model, state: ModelState, origin: Origin, source) -> Pairs:
    """Returns the variables of a compiled model's optimizer, with their values from a
    file of Keras 2 or 3.

    # Arguments
        model: the model, with its optimizer's variables created.
        state: the contents of the file.
        origin: `Origin` of the file.
        source: the file, for messages.

    # Raises
        UnknownOrderError: if the state doesn't fit.
    """
    by_name = {layer.name: layer for layer in model.weight_layers()}
    layers: Counted = []
    names: list[str] = []
    for name, named in state.weights:
        if name in by_name:
            layer = by_name[name]
            count = stored_count(layer, layer.trainable_weights, origin)
            layers.append((layer, count))
            names += [weight for weight, _ in named[:count]]
    optimizer = model.optimizer
    stored = state.optimizer_weights or []
    total = sum(count for _, count in layers)
    series = _series(optimizer, stored, total)
    if SORTED_BY_NAME.match(state.keras_version or ""):
        order = np.argsort(names, kind="stable")
        places = np.argsort(order)
        series = [[arrays[place] for place in places] for arrays in series]
    values: Arrays = []
    for arrays in series:
        by_weight = _by_weight(layers, arrays, origin, source)
        for weight in model._collected_trainable_weights:
            if id(weight) in by_weight:
                values.append(by_weight[id(weight)])
    count_here = len(series) * len(model.trainable_weights)
    start = len(optimizer.weights) - len(values)
    variables = optimizer.weights[start:]
    has_all = len(values) == count_here
    if not has_all or _shapes(values) != _shapes_of(variables):
        raise UnknownOrderError(UNKNOWN)
    pairs = zip(variables, values)
    return [*pairs, *_counters(optimizer, stored)]


def _series(optimizer, stored: Named, count: int) -> list[Arrays]:
    """Returns an optimizer's series of arrays, each with one array per weight.

    Keras 2 and TensorFlow up to 2.10 store series after series. Later versions and
    Keras 3 name their first array `iteration` and store weight after weight.

    # Arguments
        optimizer: the optimizer here.
        stored: list of names and arrays, as in the file.
        count: int, number of trainable weights.
    """
    arrays = [(name, value) for name, value in stored if np.ndim(value) > 0]
    if not arrays:
        return []
    name = type(optimizer).__name__
    migration = migration_of(name) or Migration()
    number = len(migration.slots or optimizer.slots)
    total = number * count
    if not total or len(arrays) not in (total, total + count):  # with a momentum
        raise UnknownOrderError(UNKNOWN)
    values = [value for _, value in arrays]
    first_name, _ = stored[0]
    *_, last_part = first_name.split("/")
    if last_part not in WEIGHT_BY_WEIGHT and not _is_by_weight(arrays):
        return [values[start : start + count] for start in range(0, total, count)]
    together = number
    if migration.interleaved is not None:
        together = min(migration.interleaved, number)
    end = together * count
    series = [values[start:end:together] for start in range(together)]
    series += [values[start : start + count] for start in range(end, total, count)]
    return series


def _is_by_weight(arrays: Named) -> bool:
    """Returns whether the first two arrays are named after the same weight, as Ftrl's
    are, and the last one after another."""
    weights = [name.rpartition("/")[0] for name, _ in arrays]
    return weights[:1] == weights[1:2] and weights[0] != weights[-1]


def _counters(optimizer, stored: Named) -> Pairs:
    """Returns the variables that count steps, with their values."""
    numbers = [(name, value) for name, value in stored if _is_number(value)]
    counts = [value for name, value in numbers if "iter" in name]
    counts += [value for _, value in stored[:1] if _is_number(value)]
    if not counts:
        return []
    steps = float(counts[0])
    if not 0 <= steps <= MAX_STEPS:
        raise UnknownOrderError(UNKNOWN)
    counters: Pairs = []
    if hasattr(optimizer, "iterations"):
        counters.append((optimizer.iterations, np.trunc(steps)))
    if hasattr(optimizer, "m_schedule"):
        product = _momenta(optimizer, int(steps))
        counters.append((optimizer.m_schedule, product))
    return counters


def _momenta(optimizer, steps: int):
    """Returns the product of Nadam's momenta after a number of steps, which no file
    contains."""
    last = min(steps, LONG)
    numbers = np.arange(1, last + 1)
    counts = numbers * float(optimizer.schedule_decay)
    decayed = 0.96**counts
    beta = float(optimizer.get_config()["beta_1"])
    momenta = beta * (1.0 - 0.5 * decayed)
    return np.prod(momenta)
