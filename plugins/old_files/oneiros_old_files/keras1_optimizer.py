"""Reads an optimizer's state from Keras 1, which sorted it by the weights' names or, in
1.0 and 1.1 on Theano, by the order in which the weights were created.

No file contains that order. A layer's weights were created one after the other, but
layers were created in any order, and their weights could even interleave, because Keras
sorted running numbers as text ("10" before "9"). So the order is known only if the
shapes allow a single one. With a state in the wrong order, training would continue
without an error, but worse.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros_safe_files.model_state import ModelState

from oneiros_old_files.base import Origin
from oneiros_old_files.file_origin import origin_of
from oneiros_old_files.weight_layouts import weights_by_layer

Shape = tuple[int, ...]
Order = tuple[int, ...]

BY_NAME_SINCE = (1, 2)
"""The first version of Keras that sorted weights by name on Theano, too."""

LISTED_OTHERWISE = ("LSTM", "ConvLSTM2D", "Highway")
"""Layers that created their weights in another order than they list them."""

MAX_STEPS = 20_000
"""Maximum number of steps of the search for orders."""


class UnknownOrderError(Exception):
    """Says why the order of a state's arrays is unknown."""


def in_order(model: Any, state: ModelState, origin: Origin) -> list[Any]:
    """Returns the arrays of a file in the order of the optimizer's `set_weights`.

    Values that an optimizer stores once, such as its step count, come first; some
    versions don't have them.

    # Arguments
        model: a compiled model, with its optimizer's variables created.
        state: what the file holds.
        origin: `Origin` of the file.

    # Raises
        UnknownOrderError: if no order fits, or several do.
    """
    current = model.optimizer.get_weights()
    stored = [value for _, value in state.optimizer_weights or []]
    as_made = _may_be_as_made(state, origin)
    by_name = _order_by_name(model, state, origin)
    is_ours = by_name == tuple(range(len(by_name)))
    same_shapes = _shapes(current) == _shapes(stored)
    if is_ours and same_shapes and not as_made:
        return stored
    current_once = _count_once(current)
    stored_once = _count_once(stored)
    missing_once = current_once - stored_once
    if missing_once < 0 or missing_once != len(current) - len(stored):
        name = type(model.optimizer).__name__
        raise UnknownOrderError(
            f"{name} has {len(current)} arrays and not {len(stored)}"
        )
    series = _series_in_order(model, stored[stored_once:], by_name, as_made)
    return [*current[:missing_once], *stored[:stored_once], *series]


def _shapes(arrays: list[Any]) -> list[Shape]:
    return [np.shape(array) for array in arrays]


def _count_once(arrays: list[Any]) -> int:
    """Returns the number of leading values that an optimizer stores once."""
    ranks = [np.ndim(value) for value in arrays]
    leading = itertools.takewhile(lambda rank: rank == 0, ranks)
    return len(list(leading))


def _order_by_name(model: Any, state: ModelState, origin: Origin) -> Order:
    """Returns the order of the weights in a file that sorts them by name.

    Oneiros sorts names without TensorFlow's suffix `:0`. Keras 1 on TensorFlow sorted
    them with it, so "att_W2:0" came before "att_W:0".
    """
    names = [
        str(weight.name).removesuffix(":0")
        for weight in model._collected_trainable_weights
    ]
    places = range(len(names))
    if state.provenance or origin.engine != "tensorflow":
        return tuple(places)
    return tuple(sorted(places, key=lambda place: f"{names[place]}:0"))


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
    numbers = (state.keras_version or "1").split(".")[:2]
    if not all(number.isdecimal() for number in numbers):
        return True
    return tuple(map(int, numbers)) < BY_NAME_SINCE


def _series_in_order(
    model: Any, arrays: list[Any], by_name: Order, as_made: bool
) -> list[Any]:
    """Returns arrays of an optimizer's state in the order used here, by the weights'
    names.

    # Arguments
        model: the model.
        arrays: list of arrays, one per weight, once or several times over.
        by_name: their order if the file sorted them by name.
        as_made: bool, whether the file may have them in creation order.

    # Raises
        UnknownOrderError: if no order fits, or several do.
    """
    if not arrays:
        return []
    params = model._collected_trainable_weights
    if not params or len(arrays) % len(params):
        raise UnknownOrderError(
            f"it has {len(arrays)} arrays for {len(params)} trainable weights"
        )
    count = len(params)
    starts = range(0, len(arrays), count)
    series = [arrays[start : start + count] for start in starts]
    shapes = [tuple(K.get_variable_shape(param)) for param in params]
    stored = _shapes(series[0])
    if any(_shapes(part) != stored for part in series):
        raise UnknownOrderError("the shapes of its arrays don't repeat")
    orders: set[Order] = set()
    if stored == [shapes[place] for place in by_name]:
        orders.add(by_name)
    if as_made:
        orders |= _orders_as_made(model, params, shapes, stored)
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
    (order,) = orders
    places = np.argsort(order)
    return [part[place] for part in series for place in places]


def _orders_as_made(
    model: Any, params: list[Any], shapes: list[Shape], stored: list[Shape]
) -> set[Order]:
    """Returns possible creation orders of the weights, at most two.

    An order contains, for each stored array, the index of its weight in `params`.
    """
    places = {id(param): place for place, param in enumerate(params)}
    layers = []
    for part, weights in weights_by_layer(model, model.trainable_weights):
        layer_places = [places[id(weight)] for weight in weights]
        distinct = {shapes[place] for place in layer_places}
        if not _lists_as_made(part) and len(distinct) < len(weights):
            raise UnknownOrderError(
                f"it isn't known in which order {type(part).__name__} made its weights"
            )
        layers.append(layer_places)
    orders = _interleaved(layers, shapes, stored)
    return set(itertools.islice(orders, 2))


def _lists_as_made(layer: Any) -> bool:
    name = type(layer).__name__
    first_party = name in registry.owners().get("layer", {})
    return first_party and name not in LISTED_OTHERWISE


def _interleaved(
    layers: list[list[int]], shapes: list[Shape], stored: list[Shape]
) -> Iterator[Order]:
    """Yields the orders that fit the stored shapes and keep the order of each layer's
    own weights.

    # Arguments
        layers: for each layer, the indices of its weights.
        shapes: the weights' shapes, by index.
        stored: the stored shapes.
    """
    beginnings: list[Order] = [()]
    for _ in range(MAX_STEPS):
        if not beginnings:
            return
        order = beginnings.pop()
        if len(order) == len(stored):
            yield order
            continue
        placed = set(order)
        for layer in layers:
            following = [place for place in layer if place not in placed]
            if following and shapes[following[0]] == stored[len(order)]:
                beginnings.append((*order, following[0]))
    raise UnknownOrderError("too many orders are possible")
