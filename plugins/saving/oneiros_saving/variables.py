"""The variables of layers and optimizers, their weights among them, by where they are found."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError, FileFormatError

from oneiros_saving.parts import items_of

Values = dict[str, list[Any]]


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
