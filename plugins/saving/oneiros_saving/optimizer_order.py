"""In which order a file keeps an optimizer's state: by the weights' names, or as Keras
1.0 and 1.1 on Theano did, as the weights were made.

That order no file tells. The weights of a layer were made one after the other; layers
were made in any order, and since what counted was the text of a running number ("10"
before "9"), even between one another. So the order is known only where the shapes allow
a single one. A state in the wrong order would train on without an error, and worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import registry
from oneiros_old_files.base import Origin

from oneiros_saving.file_origin import origin_of
from oneiros_saving.formats import ModelState
from oneiros_saving.layouts import weights_by_layer

Shape = tuple[int, ...]
Order = tuple[int, ...]

BY_NAME_SINCE = (1, 2)
"""The first version of Keras that sorted weights by their names on Theano too."""

LISTED_OTHERWISE = ("LSTM", "ConvLSTM2D", "Highway")
"""Layers that made their weights in another order than they list them."""

MAX_STEPS = 20_000
"""After so many steps the search for orders gives up."""


class UnknownOrderError(Exception):
    """Says why nobody knows which array of a state belongs to which weight."""


def by_name(
    model: Any, params: list[Any], arrays: list[Any], as_made: bool
) -> list[Any]:
    """Returns the arrays of an optimizer's state in the order that they have here.

    # Arguments
        model: the model.
        params: list of the trained weights, sorted by name.
        arrays: list of arrays, one for each weight, once or several times over.
        as_made: bool, whether the file may have them in the order in which the weights
            were made.

    # Raises
        UnknownOrderError: if no order fits, or several do.
    """
    if not arrays:
        return []
    if not params or len(arrays) % len(params):
        raise UnknownOrderError(
            f"it has {len(arrays)} arrays for {len(params)} trained weights"
        )
    count = len(params)
    series = [arrays[start : start + count] for start in range(0, len(arrays), count)]
    shapes = [tuple(K.get_variable_shape(param)) for param in params]
    stored, *other_shapes = [list(map(np.shape, part)) for part in series]
    if any(shapes_of_series != stored for shapes_of_series in other_shapes):
        raise UnknownOrderError("the shapes of its arrays don't repeat")
    orders: set[Order] = set()
    if stored == shapes:
        orders.add(tuple(range(count)))
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


def may_be_as_made(state: ModelState, origin: Origin) -> bool:
    """Tells whether a file may have an optimizer's state as the weights were made.

    # Arguments
        state: what the file holds.
        origin: what wrote it. Whoever flips kernels themselves calls a file of Theano's
            TensorFlow's, so the weights' names count as well.
    """
    engines = {origin.engine, origin_of(state).engine}
    if state.provenance or engines == {"tensorflow"}:
        return False
    numbers = (state.keras_version or "1").split(".")[:2]
    if not all(number.isdecimal() for number in numbers):
        return True
    return tuple(map(int, numbers)) < BY_NAME_SINCE


def _orders_as_made(
    model: Any, params: list[Any], shapes: list[Shape], stored: list[Shape]
) -> set[Order]:
    """Returns orders in which the weights may have been made, two at most.

    An order has, for each stored array, the place of its weight in `params`.
    """
    places = {id(param): place for place, param in enumerate(params)}
    layers = []
    for part, weights in weights_by_layer(model, model.trainable_weights):
        layer_places = [places[id(weight)] for weight in weights]
        layer_shapes = [shapes[place] for place in layer_places]
        if not _lists_as_made(part) and _repeats(layer_shapes):
            raise UnknownOrderError(
                f"nothing tells in which order {type(part).__name__} made its weights"
            )
        layers.append(layer_places)
    return _interleaved(layers, shapes, stored)


def _lists_as_made(layer: Any) -> bool:
    name = type(layer).__name__
    first_party = name in registry.owners().get("layer", {})
    return first_party and name not in LISTED_OTHERWISE


def _repeats(shapes: list[Shape]) -> bool:
    return len(set(shapes)) < len(shapes)


def _interleaved(
    layers: Sequence[list[int]], shapes: list[Shape], stored: list[Shape]
) -> set[Order]:
    """Returns up to two of the orders that fit the stored shapes, in which each layer
    keeps the order of its own weights.

    # Arguments
        layers: for each layer, the places of its weights.
        shapes: the weights' shapes, by place.
        stored: the shapes that are stored.
    """
    orders: set[Order] = set()
    beginnings = [_Beginning(order=(), counts=(0,) * len(layers))]
    steps = 0
    while beginnings and len(orders) < 2:
        steps += 1
        if steps > MAX_STEPS:
            raise UnknownOrderError("there are too many orders that may fit")
        beginning = beginnings.pop()
        length = len(beginning.order)
        if length == len(stored):
            orders.add(beginning.order)
            continue
        for layer, layer_places in enumerate(layers):
            remaining_places = layer_places[beginning.counts[layer] :]
            if remaining_places and shapes[remaining_places[0]] == stored[length]:
                beginnings.append(beginning.followed_by(layer, remaining_places[0]))
    return orders


@dataclass(frozen=True)
class _Beginning:
    """The beginning of an order.

    # Properties
        order: the places of weights so far.
        counts: how many of them are of each layer.
    """

    order: Order
    counts: tuple[int, ...]

    def followed_by(self, layer: int, place: int) -> _Beginning:
        """Returns a beginning that is longer by a weight of a layer."""
        counts = list(self.counts)
        counts[layer] += 1
        return _Beginning((*self.order, place), tuple(counts))
