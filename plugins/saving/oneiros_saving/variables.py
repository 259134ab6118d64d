"""The variables of layers, models and optimizers, their weights among them, by where they are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.engine.container import Container
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, FileFormatError

Values = dict[str, list[Any]]


def parts_of(layer: Any) -> Iterator[tuple[str, Any]]:
    """Gives a layer and all layers inside, each once, under where it was found."""
    waiting, seen = [("", layer)], set[int]()
    for path, part in waiting:
        if id(part) not in seen:
            seen.add(id(part))
            yield path, part
            inside = {"layers": part.layers} if isinstance(part, Container) else vars(part)
            waiting += [(f"{path}/{key}/{i}", x) for key, i, x in items_of(inside) if isinstance(x, Layer)]


def items_of(attributes: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Gives name, place and value of attributes, and of the items of those that are lists."""
    for key, value in attributes.items():
        for i, item in enumerate(value if isinstance(value, (list, tuple)) else [value]):
            yield key, i, item


def _variables(obj: Any, without: Iterable[Any] = ()) -> dict[str, list[tuple[Any, Any]]]:
    """Returns the variables among an object's attributes and their values, by the attributes' names."""
    found: dict[str, list[tuple[Any, Any]]] = {}
    passed_over = {id(variable) for variable in without}
    for key, _, value in items_of(vars(obj)):
        if obj._backend.owns(value) and id(value) not in passed_over:
            with suppress(ArgumentError):  # a tensor that is no variable
                found.setdefault(key, []).append((value, K.get_value(value)))
    return found


def values_of(obj: Any, without: Iterable[Any] = ()) -> Values:
    """Returns the values of an object's variables, by the attributes' names.

    # Arguments
        without: variables to leave out.
    """
    return {key: [value for _, value in pairs] for key, pairs in _variables(obj, without).items()}


def assign(obj: Any, values: Values, without: Iterable[Any] = ()) -> None:
    """Sets an object's variables to what `values_of` returned.

    # Raises
        FileFormatError: if number or shapes differ.
    """
    own = _variables(obj, without)
    for key in values.keys() & own.keys():
        shapes, given = ([np.shape(value) for value in x] for x in ([v for _, v in own[key]], values[key]))
        if shapes != given:
            raise FileFormatError(
                f"{type(obj).__name__}.{key} has the shapes {shapes}; the stored values have {given}."
            )
        variables = [variable for variable, _ in own[key]]
        K.batch_set_value(list(zip(variables, values[key], strict=True)))
