"""The parts of a model: the layers inside its layers, and the variables of layers and
optimizers, including weights, by the attributes that hold them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.errors import FileFormatError

Values = dict[str, list[Any]]
"""Arrays by the names of the attributes that hold their variables."""
Pairs = list[tuple[Any, Any]]
"""Variables and values."""


def whole(model):
    """Returns the model that callbacks and hooks get: the one that a program made, also
    for what its `Sequential.model` returned."""
    return getattr(model, "_whole", model)


def parts_of(layer) -> Iterator[tuple[str, Any]]:
    """Yields a layer and all layers inside, once each, with the path where it was
    found."""
    waiting = [("", layer)]
    ids_seen: set[int] = set()
    for path, part in waiting:
        if id(part) in ids_seen:
            continue
        ids_seen.add(id(part))
        yield path, part
        for attribute, place, value in items_of(_attributes(part)):
            if isinstance(value, Layer):
                waiting.append((f"{path}/{attribute}/{place}", value))


def _attributes(layer) -> dict[str, Any]:
    attributes: dict[str, Any] = vars(layer)
    if isinstance(layer, Container):
        attributes = {"layers": layer.layers}
    return attributes


def items_of(attributes: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Yields the values of attributes, and the items of lists: the attribute's name,
    the item's index in the list, or 0, and the value."""
    for name, value in attributes.items():
        items = value if isinstance(value, (list, tuple)) else [value]
        for place, item in enumerate(items):
            yield name, place, item


def values_of(obj, without: Iterable[Any] = ()) -> Values:
    """Returns the values of an object's variables by attribute name.

    # Arguments
        obj: a layer or an optimizer.
        without: variables to omit.
    """
    values: Values = {}
    for key, pairs in _variables(obj, without).items():
        values[key] = [value for _, value in pairs]
    return values


def assign(obj, values: Values, without: Iterable[Any] = ()) -> None:
    """Sets an object's variables to values from `values_of`; the arguments are the same
    as those of `matched`."""
    K.batch_set_value(matched(obj, values, without))


def matched(obj, values: Values, without: Iterable[Any] = ()) -> Pairs:
    """Returns the variables for which `values` has values, with the values.

    # Raises
        FileFormatError: if numbers, shapes or types differ.
    """
    own_pairs = _variables(obj, without)
    matched_pairs: Pairs = []
    for key in sorted(values.keys() & own_pairs.keys()):
        variables = [variable for variable, _ in own_pairs[key]]
        own_values = [value for _, value in own_pairs[key]]
        check_forms(f"{type(obj).__name__}.{key}", own_values, values[key])
        matched_pairs += zip(variables, values[key], strict=True)
    return matched_pairs


def check_forms(attribute: str, own_values: list[Any], stored: list[Any]) -> None:
    """Checks that the numbers, shapes and types of stored values are the own ones.

    # Raises
        FileFormatError: if they differ.
    """
    own_forms = list(map(form, own_values))
    stored_forms = list(map(form, stored))
    if own_forms != stored_forms:
        raise FileFormatError(
            f"{attribute} has values of shape "
            f"{', '.join(own_forms)}; the stored ones have the shape "
            f"{', '.join(stored_forms)}."
        )


def form(value) -> str:
    """Describes the shape and kind of an array."""
    if not isinstance(value, np.ndarray | np.generic):
        return type(value).__name__
    return described(value.shape, value.dtype)


def described(shape, dtype) -> str:
    """Describes a shape and a type; the precision of floats doesn't matter."""
    is_float = np.dtype(dtype).kind == "f"
    return f"{tuple(shape)}" if is_float else f"{tuple(shape)} of {dtype}"


def _variables(obj, without: Iterable[Any]) -> dict[str, Pairs]:
    """Returns the variables in an object's attributes, with their values, by attribute
    name."""
    variables: dict[str, Pairs] = {}
    left_out_ids = {id(variable) for variable in without}
    backend = backend_of(obj)
    for attribute, _, variable in items_of(vars(obj)):
        if not backend.is_variable(variable) or id(variable) in left_out_ids:
            continue
        pairs = variables.setdefault(attribute, [])
        pairs.append((variable, K.get_value(variable)))
    return variables
