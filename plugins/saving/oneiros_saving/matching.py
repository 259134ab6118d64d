"""Stored weights matched with a model's variables: all of them fit, or nothing is
changed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import FileFormatError
from oneiros_old_files.base import Origin

from oneiros_saving.layouts import arranged
from oneiros_saving.model_parts import weight_layers

Named = list[tuple[str, Any]]


def matched_pairs(
    model: Any,
    weights: list[tuple[str, Named]],
    source: Any,
    by_name: bool,
    origin: Origin,
) -> Named:
    """Matches a model's variables with stored values; raises FileFormatError unless all
    of them fit."""
    stored = [(name, arrays) for name, arrays in weights if arrays]
    layers = [layer for layer in weight_layers(model) if layer.weights]
    found, own = [name for name, _ in stored], [layer.name for layer in layers]
    if by_name:
        matched = [
            (layer, *pair)
            for pair in stored
            for layer in layers
            if layer.name == pair[0]
        ]
    else:
        matched = [(layer, *pair) for layer, pair in zip(layers, stored, strict=False)]
    if (stored and not matched) if by_name else len(stored) != len(layers):
        hint = (
            "No name agrees."
            if by_name
            else "Where names agree: load_weights(…, by_name=True)."
        )
        raise FileFormatError(
            f"{source} holds weights of {len(stored)} layers ({', '.join(found):.300}); {model.name!r} has "
            f"{len(layers)} layers with weights ({', '.join(own):.300}). Nothing was loaded. {hint}"
        )
    fitting = (
        (layer, name, arranged(layer, arrays, origin, source))
        for layer, name, arrays in matched
    )
    pairs = [
        pair
        for layer, name, arrays in fitting
        for pair in _layer_pairs(layer, name, arrays, source)
    ]
    unusual = [variable.name for variable, value in pairs if count_unusual(value)]
    if unusual:
        warnings.warn(
            f"{source} holds NaN or infinite numbers for {', '.join(map(str, unusual)):.300}: what the model "
            f"predicts from them is of no use.",
            stacklevel=3,
        )
    return pairs


def check_optimizer(variables: list[Any], stored: Named, source: Any) -> None:
    """Checks the types of an optimizer's stored state, and warns of NaN in it; shapes
    are checked later."""
    pairs = list(zip(variables, stored, strict=False))
    wrong = [
        name
        for v, (name, value) in pairs
        if np.dtype(K.dtype(v)).kind != value.dtype.kind
    ]
    if wrong:
        raise FileFormatError(
            f"{source} holds for the optimizer's state {', '.join(wrong):.300} numbers of another kind than "
            f"it takes, which are floats. Nothing was loaded."
        )
    if any(count_unusual(value) for _, (_, value) in pairs):
        warnings.warn(
            f"{source} holds NaN or infinite numbers in the optimizer's state: training won't get far; "
            f"compile the model anew before it.",
            stacklevel=4,
        )


def count_unusual(value: Any) -> int:
    """Returns how many numbers of an array are NaN or infinite."""
    if value.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(value)):
            return 0
    return int(np.size(value) - np.isfinite(value).sum())


def _layer_pairs(
    layer: Any, name: str, arrays: Named, source: Any
) -> Iterator[tuple[Any, Any]]:
    variables = layer.weights
    own = [
        (variable.name, K.dtype(variable), tuple(K.get_variable_shape(variable)))
        for variable in variables
    ]
    found = [(stored, str(value.dtype), value.shape) for stored, value in arrays]
    if [_fitting(*weight) for weight in own] != [_fitting(*weight) for weight in found]:
        raise FileFormatError(
            f"{source} holds for layer {name!r} the weights {_told(found)}; the layer {layer.name!r} "
            f"({type(layer).__name__}) has {_told(own)}. Nothing was loaded."
        )
    yield from zip(variables, (value for _, value in arrays), strict=True)


def _fitting(
    name: str, dtype: str, shape: tuple[int, ...]
) -> tuple[str, tuple[int, ...]]:
    """Returns what two weights must have in common: floats may have another length, but
    be no integers."""
    return np.dtype(dtype).kind, shape


def _told(weights: Iterable[tuple[str, str, tuple[int, ...]]]) -> str:
    """Returns a list of weights; a float's length isn't told, since it doesn't
    matter."""
    texts = (
        (name, shape, "" if np.dtype(dtype).kind == "f" else f" of {dtype}")
        for name, dtype, shape in weights
    )
    return ", ".join(f"{name} {shape}{kind}" for name, shape, kind in texts)
