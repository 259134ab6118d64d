"""Puts what a file holds into a model: the weights, of which either all fit or nothing
changes; how it was compiled; and the state of its optimizer, as Keras 1 stored it, with
what Keras 1 forgot."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import FileFormatError, OneirosError
from oneiros.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2_compilation import stored_compilation
from oneiros_old_files.optimizer_state import (
    UnknownOrderError,
    flipped,
    in_order,
    matched_state,
)
from oneiros_old_files.weight_layouts import arranged, note_kernels
from oneiros_safe_files.model_state import LayerWeights, ModelState, Named
from oneiros_training.parts import assign, described

from oneiros_saving.plain_data_encoding import Encoded, decoded

COMPILED = ("loss", "metrics", "sample_weight_mode", "loss_weights")
"""Attributes of a model that hold the arguments of `compile`."""
KEY = "optimizer"
"""The key of the part of the optimizer's state that Keras 1 forgot, in a
`training_state`."""
Pairs = list[tuple[Any, Any]]
"""Variables and arrays."""
MAX_LISTED = 900
"""The maximum number of characters of a list in a message."""
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


# Weights


def matched_pairs(
    model, weights: LayerWeights, source, by_name: bool, origin: Origin
) -> Pairs:
    """Matches a model's variables with stored values; raises FileFormatError if one
    doesn't fit."""
    try:
        pairs = _matched(model, weights, source, by_name, origin)
    except FileFormatError as error:
        numbered = [f"layer_{number}" for number in range(len(weights))]
        if not weights or [name for name, _ in weights] != numbered:
            raise
        raise FileFormatError(f"{error}{WAY_OUT}") from None
    note_kernels(model, pairs, origin)
    _warn_of_unusual(pairs, source)
    return pairs


def _matched(
    model, weights: LayerWeights, source, by_name: bool, origin: Origin
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
        matched = [(layer, *pair) for layer, pair in zip(layers, stored)]
    pairs: Pairs = []
    for layer, name, arrays in matched:
        laid_out = arranged(layer, arrays, origin, source)
        pairs += _layer_pairs(layer, name, laid_out, source)
    return pairs


def _mismatch(
    model, layers: list[Any], stored: LayerWeights, source, hint: str
) -> FileFormatError:
    stored_names = ", ".join(name for name, _ in stored)
    names = ", ".join(str(layer.name) for layer in layers)
    return FileFormatError(
        f"{source} holds weights of {len(stored)} layers ({stored_names:.300}); "
        f"{model.name!r} has {len(layers)} layers with weights ({names:.300}). Nothing "
        f"was loaded. {hint}"
    )


def _warn_of_unusual(pairs: Pairs, source) -> None:
    unusual = [str(variable.name) for variable, value in pairs if count_unusual(value)]
    if unusual:
        warn(
            f"{source} holds NaN or infinite numbers for {', '.join(unusual):.300}: "
            f"predictions of this model will be useless."
        )


def check_optimizer(variables: list[Any], stored: Named, source) -> None:
    """Checks the types of an optimizer's stored state, and warns of NaN in it; shapes
    are checked later."""
    pairs = list(zip(variables, stored))
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


def count_unusual(value) -> int:
    """Returns the number of NaN or infinite values in an array."""
    if value.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(value)):
            return 0
    return int(np.size(value) - np.isfinite(value).sum())


def _layer_pairs(layer, name: str, arrays: Named, source) -> Iterator[tuple[Any, Any]]:
    expected = [described(K.get_variable_shape(w), K.dtype(w)) for w in layer.weights]
    received = [described(value.shape, value.dtype) for _, value in arrays]
    if expected != received:
        names = [str(weight.name) for weight in layer.weights]
        stored_names = [stored_name for stored_name, _ in arrays]
        raise FileFormatError(
            f"{source} holds for layer {name!r:.300} the weights "
            f"{_listed(stored_names, received)}; the layer {layer.name!r:.300} "
            f"({type(layer).__name__}) has {_listed(names, expected)}. "
            "Nothing was loaded."
        )
    for variable, (_, value) in zip(layer.weights, arrays):
        yield variable, _narrowed(value, variable)


def _narrowed(value, variable):
    """Returns an array of floats of a variable's type, if that is smaller. What is too
    large for it becomes infinite."""
    dtype = np.dtype(K.dtype(variable))
    if value.dtype.kind != "f" or value.dtype.itemsize <= dtype.itemsize:
        return value
    with np.errstate(over="ignore"):
        return value.astype(dtype)


def _listed(names: list[str], forms: list[str]) -> str:
    pairs = zip(names, forms)
    return ", ".join(f"{name} {form}" for name, form in pairs)[:MAX_LISTED]


# The compilation, and the optimizer's state


def compile_as_stored(model, state: ModelState, origin: Origin, source) -> None:
    """Compiles a model as before, if it was compiled, and restores its optimizer's
    state, unless its backend only predicts.

    # Arguments
        model: the model, with its weights.
        state: the contents of the file.
        origin: `Origin`, the version that wrote the file.
        source: the file, for messages.
    """
    if state.training_config is None:
        return
    try:
        _compile(model, state, origin, source)
    except OneirosError as error:
        if origin.keras < 2:
            raise
        warn(
            f"{source} is loaded but not compiled: {error!s:.2000} Call "
            "model.compile(…) before training it."
        )
        return
    if _goes_on_training(state):
        _restore(model, state, origin, source)


def _goes_on_training(state: ModelState) -> bool:
    """Returns whether the optimizer has a state that the current backend can use."""
    return bool(state.optimizer_weights) and "gradients" in K.current().capabilities


def _compile(model, state: ModelState, origin: Origin, source) -> None:
    stored = state.training_config or {}
    if origin.keras < 2 and not {"optimizer_config", "loss"} <= set(stored):
        raise FileFormatError(
            f"The training_config lacks optimizer_config or loss; it has "
            f"{sorted(stored)}."
        )
    with configs.building("training_config", model.name):
        if origin.keras < 2:
            arguments = {key: stored.get(key) for key in COMPILED}
            model.compile(stored["optimizer_config"], **arguments)
        else:
            names = getattr(model, "output_names", ())  # a Sequential has one output
            compilation = stored_compilation(stored, origin, names)
            model.compile(**compilation.arguments)
            _warn_of_metrics(compilation.left_out, source)
        if _goes_on_training(state):
            model._make_train_function()


def _warn_of_metrics(left_out: list[str], source) -> None:
    if left_out:
        names = ", ".join(dict.fromkeys(left_out))
        warn(
            f"{source} is loaded and compiled, but without the metrics {names:.300}, "
            "which Keras 1 doesn't have. Training doesn't depend on them."
        )


def restore_forgotten(optimizer, state: Encoded | None) -> None:
    """Restores these variables; without a state, they keep their initial values, as in
    Keras 1."""
    stored = decoded(*state) if state else {}
    values = stored.get(KEY, {}) if isinstance(stored, dict) else None
    if not isinstance(values, dict) or not all(
        isinstance(listed, list) for listed in values.values()
    ):
        raise FileFormatError(
            f"The file's state of the optimizer is damaged: {stored!r:.80}."
        )
    assign(optimizer, values, optimizer.weights)


def _restore(model, state: ModelState, origin: Origin, source) -> None:
    """Restores the state of a compiled model's optimizer from a file.

    If it isn't certain that the state belongs to these weights, it is ignored, with a
    warning.
    """
    restored = _restore_of_keras_2 if origin.keras > 1 else _restore_of_keras_1
    name = type(model.optimizer).__name__
    numbers_too_large = np.errstate(over="ignore")  # they are warned of
    try:
        with configs.building("optimizer", name), numbers_too_large:
            restored(model, state, origin, source)
    except UnknownOrderError as error:
        warn(
            f"{source} is loaded and compiled, but its {name} starts afresh: of the "
            f"state in the file, {error}. If you continue to train, the first steps "
            f"make a new state, which model.save(path) then saves in a known order."
        )


def _restore_of_keras_1(model, state: ModelState, origin: Origin, source) -> None:
    optimizer = model.optimizer
    check_optimizer(optimizer.weights, state.optimizer_weights or [], source)
    optimizer.set_weights(in_order(model, state, origin))
    if origin.engine != K.convolution():
        arrays_flipped = flipped(model)
        if arrays_flipped is not None:
            optimizer.set_weights(arrays_flipped)
    restore_forgotten(optimizer, state.training_state)


def _restore_of_keras_2(model, state: ModelState, origin: Origin, source) -> None:
    matched = matched_state(model, state, origin, source)
    variables = [variable for variable, _ in matched]
    named = [(str(variable.name), value) for variable, value in matched]
    check_optimizer(variables, named, source)
    K.batch_set_value(matched)
