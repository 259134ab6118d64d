"""Matches stored weights with a model's variables: either all of them fit, or nothing
changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import FileFormatError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.weight_layouts import arranged, note_kernels
from oneiros_safe_files.model_state import LayerWeights, Named

Pairs = list[tuple[Any, Any]]
"""Variables and arrays."""
WAY_OUT = """
It has the layout of Keras 0.x, which doesn't name layers: arrays can only be matched
with weights by their order. Build the model of the file; or compare the shapes, and set
the weights, with h5py:
    with h5py.File(path) as f:
        groups = [f[f"layer_{k}"] for k in range(f.attrs["nb_layers"])]
        arrays = [
            g[f"param_{p}"][()] for g in groups for p in range(g.attrs["nb_params"])
        ]
    model.set_weights(arrays)
For convolutions trained on Theano, then call
oneiros.utils.layer_utils.convert_all_kernels_in_model(model)."""


def matched_pairs(
    model: Any, weights: LayerWeights, source: Any, by_name: bool, origin: Origin
) -> Pairs:
    """Matches a model's variables with stored values; raises FileFormatError if one
    doesn't fit."""
    with _explained(weights):
        pairs = _matched(model, weights, source, by_name, origin)
    note_kernels(model, pairs, origin)
    _warn_of_unusual(pairs, source)
    return pairs


@contextmanager
def _explained(weights: LayerWeights) -> Iterator[None]:
    """Context manager that adds the solution to errors about weights of Keras 0.x,
    which numbers layers and weights instead of naming them."""
    try:
        yield
    except FileFormatError as error:
        numbered = [f"layer_{number}" for number in range(len(weights))]
        if not weights or [name for name, _ in weights] != numbered:
            raise
        raise FileFormatError(f"{error}{WAY_OUT}") from None


def _matched(
    model: Any, weights: LayerWeights, source: Any, by_name: bool, origin: Origin
) -> Pairs:
    stored = [(name, arrays) for name, arrays in weights if arrays]
    layers = [layer for layer in model.weight_layers() if layer.weights]
    if by_name:
        matched = [
            (layer, name, arrays)
            for name, arrays in stored
            for layer in layers
            if str(layer.name) == name
        ]
        if stored and not matched:
            raise _mismatch(model, layers, stored, source, "No name matches.")
    else:
        if len(stored) != len(layers):
            hint = "If names match, use load_weights(…, by_name=True)."
            raise _mismatch(model, layers, stored, source, hint)
        matched = [(layer, *pair) for layer, pair in zip(layers, stored, strict=True)]
    pairs: Pairs = []
    for layer, name, arrays in matched:
        laid_out = arranged(layer, arrays, origin, source)
        pairs += _layer_pairs(layer, name, laid_out, source)
    return pairs


def _mismatch(
    model: Any, layers: list[Any], stored: LayerWeights, source: Any, hint: str
) -> FileFormatError:
    stored_names = ", ".join(name for name, _ in stored)
    names = ", ".join(str(layer.name) for layer in layers)
    return FileFormatError(
        f"{source} holds weights of {len(stored)} layers ({stored_names:.300}); "
        f"{model.name!r} has {len(layers)} layers with weights ({names:.300}). Nothing "
        f"was loaded. {hint}"
    )


def _warn_of_unusual(pairs: Pairs, source: Any) -> None:
    unusual = [str(variable.name) for variable, value in pairs if count_unusual(value)]
    if unusual:
        warn(
            f"{source} holds NaN or infinite numbers for {', '.join(unusual):.300}: "
            f"predictions of this model will be useless."
        )


def check_optimizer(variables: list[Any], stored: Named, source: Any) -> None:
    """Checks the types of an optimizer's stored state, and warns of NaN in it; shapes
    are checked later."""
    pairs = list(zip(variables, stored, strict=False))
    for variable, (name, value) in pairs:
        if np.dtype(K.dtype(variable)).kind != value.dtype.kind:
            raise FileFormatError(
                f"{source} holds for the optimizer's state {name!s:.300} numbers of "
                "another kind than expected, which are floats. Nothing was loaded."
            )
    if any(count_unusual(_narrowed(value, v)) for v, (_, value) in pairs):
        warn(
            f"{source} holds NaN or infinite numbers in the optimizer's state: "
            "training won't work; compile the model again before you train it."
        )


def count_unusual(value: Any) -> int:
    """Returns the number of NaN or infinite values in an array."""
    if value.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(value)):
            return 0
    return int(np.size(value) - np.isfinite(value).sum())


def _layer_pairs(
    layer: Any, name: str, arrays: Named, source: Any
) -> Iterator[tuple[Any, Any]]:
    expected = [
        _Form(str(w.name), K.dtype(w), tuple(K.get_variable_shape(w)))
        for w in layer.weights
    ]
    stored = [_Form(key, value.dtype, value.shape) for key, value in arrays]
    if [form.essence for form in expected] != [form.essence for form in stored]:
        raise FileFormatError(
            f"{source} holds for layer {name!r:.300} the weights "
            f"{', '.join(map(str, stored)):.900}; the layer {layer.name!r:.300} "
            f"({type(layer).__name__}) has {', '.join(map(str, expected)):.900}. "
            "Nothing was loaded."
        )
    for variable, (_, value) in zip(layer.weights, arrays, strict=True):
        yield variable, _narrowed(value, variable)


def _narrowed(value: Any, variable: Any) -> Any:
    """Returns an array of floats of a variable's type, if that is smaller. What is too
    large for it becomes infinite."""
    dtype = np.dtype(K.dtype(variable))
    if value.dtype.kind != "f" or value.dtype.itemsize <= dtype.itemsize:
        return value
    with np.errstate(over="ignore"):
        return value.astype(dtype)


@dataclass(frozen=True)
class _Form:
    """A weight without its values."""

    name: str
    dtype: Any
    shape: tuple[int, ...]

    @property
    def essence(self) -> tuple[Any, ...]:
        """The properties in which two weights must agree; floats may differ in size."""
        return np.dtype(self.dtype).kind, *self.shape

    def __str__(self) -> str:
        kind = "" if np.dtype(self.dtype).kind == "f" else f" of {self.dtype}"
        return f"{self.name} {self.shape}{kind}"
