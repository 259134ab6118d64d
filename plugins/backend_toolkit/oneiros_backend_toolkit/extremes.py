"""Errors of `K.max` and similar functions for axes that are known to be empty, where
engines return minus infinity or fail only when they compute."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.backend.contract import Backend
from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.operands import axes_of

DEFAULT_AXES = {"argmax": -1, "argmin": -1, "max": None, "min": None}
"""The functions of `K` that find an extreme, with their default axes."""


def refusing_empty_axes(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `function` with a check that raises ValueError if it is known that there
    is no element to choose from.

    # Arguments
        name: str, one of `DEFAULT_AXES`.
        function: the method of a backend.
    """

    @functools.wraps(function)
    def run(
        self: Backend, x: Any, axis: Any = DEFAULT_AXES[name], *args: Any, **kwargs: Any
    ) -> Any:
        searched = _sizes_along(self, name, x, axis)
        if 0 in searched:
            raise ValueError("there is no element to choose from")
        return function(self, x, axis, *args, **kwargs)

    return run


def _sizes_along(backend: Backend, name: str, x: Any, axis: Any) -> list[int | None]:
    """Returns the sizes of axes as far as they are known."""
    shape = _known_shape(backend, x)
    if shape is None:
        return []
    axes = range(len(shape)) if axis is None else axes_of(name, axis, len(shape))
    return [shape[i] for i in axes]


def _known_shape(backend: Backend, x: Any) -> tuple[int | None, ...] | None:
    """Returns the shape of a tensor or array; None if not even the rank is known."""
    if isinstance(x, np.ndarray):
        return tuple(x.shape)
    if not backend.owns(x):
        return None
    try:
        shape: tuple[int | None, ...] = backend.int_shape(x)
    except ArgumentError:
        return None
    return shape
