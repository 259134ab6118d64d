"""Checks of constructor arguments, with one wording for all core layers."""

from __future__ import annotations

import operator
from typing import Any

from oneiros.engine.layer import Layer
from oneiros.engine.node import label
from oneiros.errors import ArgumentError


def positive_integer(layer: Layer, argument: str, value: Any) -> int:
    """Returns `value` as an int, or raises ArgumentError unless it is a whole number
    above zero."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ArgumentError(
            f"{label(layer)} received {argument}={value!r}. It takes a whole number of at least 1"
            f"{'; write n // 2, not n / 2, to halve one' if isinstance(value, float) else ''}."
        )
    return number


def fraction(layer: Layer, argument: str, value: float) -> float:
    """Returns `value`, or raises ArgumentError unless it lies between 0 and 1."""
    if not 0.0 <= value <= 1.0:
        raise ArgumentError(
            f"{label(layer)} received {argument}={value!r}. It takes a fraction between 0 and 1."
        )
    return value
