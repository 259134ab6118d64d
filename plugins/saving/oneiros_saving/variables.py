"""The variables of layers and optimizers, their weights among them, by where they are
found."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError, FileFormatError

from oneiros_saving.model_parts import backend_of
from oneiros_saving.parts import items_of

Values = dict[str, list[Any]]


def _variables(
    obj: Any, without: Iterable[Any] = ()
) -> dict[str, list[tuple[Any, Any]]]:
    """Returns the variables among an object's attributes and their values, by the
    attributes' names."""
    found: dict[str, list[tuple[Any, Any]]] = {}
    passed_over = {id(variable) for variable in without}
    for key, _, value in items_of(vars(obj)):
        if backend_of(obj).owns(value) and id(value) not in passed_over:
            with suppress(ArgumentError):  # a tensor that is no variable
                found.setdefault(key, []).append((value, K.get_value(value)))
    return found


def values_of(obj: Any, without: Iterable[Any] = ()) -> Values:
    """Returns the values of an object's variables, by the attributes' names.

    # Arguments
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


def matched(
    obj: Any, values: Values, without: Iterable[Any] = ()
) -> list[tuple[Any, Any]]:
    """Returns the variables that `values` has values for, with these.

    # Raises
        FileFormatError: if number, shapes or types differ.
    """
    own, pairs = _variables(obj, without), list[tuple[Any, Any]]()
    for key in sorted(values.keys() & own.keys()):
        expected, found = (
            [form(value) for _, value in own[key]],
            [form(value) for value in values[key]],
        )
        if expected != found:
            raise FileFormatError(
                f"{type(obj).__name__}.{key} has values of shape {', '.join(expected)}; the stored ones are "
                f"of shape {', '.join(found)}."
            )
        pairs += zip((variable for variable, _ in own[key]), values[key], strict=True)
    return pairs


def form(value: Any) -> str:
    """Returns shape and kind of an array in words; a float's length doesn't matter."""
    if not isinstance(value, np.ndarray | np.generic):
        return type(value).__name__
    return (
        f"{value.shape}"
        if value.dtype.kind == "f"
        else f"{value.shape} of {value.dtype}"
    )
