"""The variables of layers and optimizers, their weights among them, by where they are
found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.backend.dispatch import backend_of
from oneiros.errors import FileFormatError

from oneiros_saving.parts import items_of

Values = dict[str, list[Any]]
"""Arrays by the names of the attributes whose variables they are of."""

Pairs = list[tuple[Any, Any]]
"""Variables and values."""


def values_of(obj: Any, without: Iterable[Any] = ()) -> Values:
    """Returns the values of an object's variables, by the attributes' names.

    # Arguments
        obj: a layer or an optimizer.
        without: variables to leave out.
    """
    return {
        key: [value for _, value in pairs]
        for key, pairs in _variables(obj, without).items()
    }


def assign(obj: Any, values: Values, without: Iterable[Any] = ()) -> None:
    """Sets an object's variables to what `values_of` returned; the arguments are those
    of `matched`."""
    K.batch_set_value(matched(obj, values, without))


def matched(obj: Any, values: Values, without: Iterable[Any] = ()) -> Pairs:
    """Returns the variables that `values` has values for, with these.

    # Raises
        FileFormatError: if number, shapes or types differ.
    """
    own_pairs = _variables(obj, without)
    pairs: Pairs = []
    for key in sorted(values.keys() & own_pairs.keys()):
        expected = [form(value) for _, value in own_pairs[key]]
        stored = [form(value) for value in values[key]]
        if expected != stored:
            raise FileFormatError(
                f"{type(obj).__name__}.{key} has values of shape "
                f"{', '.join(expected)}; the stored ones are of shape "
                f"{', '.join(stored)}."
            )
        variables = [variable for variable, _ in own_pairs[key]]
        pairs += zip(variables, values[key], strict=True)
    return pairs


def form(value: Any) -> str:
    """Returns shape and kind of an array in words; a float's length doesn't matter."""
    if not isinstance(value, np.ndarray | np.generic):
        return type(value).__name__
    if value.dtype.kind == "f":
        return f"{value.shape}"
    return f"{value.shape} of {value.dtype}"


def _variables(obj: Any, without: Iterable[Any]) -> dict[str, Pairs]:
    """Returns the variables among an object's attributes and their values, by the
    attributes' names."""
    variables: dict[str, Pairs] = {}
    left_out_ids = {id(variable) for variable in without}
    backend = backend_of(obj)
    for key, _, item in items_of(vars(obj)):
        if backend.is_variable(item) and id(item) not in left_out_ids:
            variables.setdefault(key, []).append((item, K.get_value(item)))
    return variables
