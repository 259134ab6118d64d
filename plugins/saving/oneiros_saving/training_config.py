"""The compilation of a model and the state of its optimizer: stores them as plain data,
and compiles a model again from that.

The optimizer's weights are stored as in Keras 1, and so is what Keras 1 forgot.
"""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import FileFormatError, OneirosError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2_compilation import compile_arguments
from oneiros_old_files.optimizer_state import (
    UnknownOrderError,
    flipped,
    in_order,
    matched_state,
)
from oneiros_safe_files.model_state import ModelState
from oneiros_training.parts.variables import assign, values_of

from oneiros_saving.plain_data_encoding import Encoded, decoded, encoded
from oneiros_saving.weight_matching import check_optimizer

COMPILED = ("loss", "metrics", "sample_weight_mode", "loss_weights")
"""Attributes of a model that hold the arguments of `compile`."""
KEY = "optimizer"
"""The key of the part of the optimizer's state that Keras 1 forgot, in a
`training_state`."""


def training_config(model: Any) -> dict[str, Any] | None:
    """Returns how a model was compiled; None if it wasn't, or if its optimizer can't be
    saved."""
    optimizer = getattr(model, "optimizer", None)
    if not optimizer:
        return None
    name = type(optimizer).__name__
    try:
        config = optimizer.get_config()
    except NotImplementedError:
        warn(f"{name} can't be saved; compile the model again after loading it.")
        return None
    return {
        "optimizer_config": {"class_name": name, "config": config},
        **{key: _names(getattr(model, key)) for key in COMPILED},
    }


def _names(value: Any) -> Any:
    """Replaces functions by their names, as Keras 1 did; `custom_objects` gives them
    back."""
    if isinstance(value, dict):
        return {key: _names(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_names(item) for item in value]
    return getattr(value, "__name__", value)


def compile_as_stored(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
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
    compiled = _compile_as_in_keras_2 if origin.keras > 1 else _compile_as_in_keras_1
    compiled(model, state, origin, source)


def _goes_on_training(state: ModelState) -> bool:
    """Returns whether the optimizer has a state that the current backend can use."""
    return bool(state.optimizer_weights) and "gradients" in K.current().capabilities


def _compile_as_in_keras_1(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    stored = state.training_config or {}
    if not {"optimizer_config", "loss"} <= set(stored):
        raise FileFormatError(
            f"The training_config lacks optimizer_config or loss; it has "
            f"{sorted(stored)}."
        )
    with configs.building("training_config", model.name):
        arguments = {key: stored.get(key) for key in COMPILED}
        model.compile(stored["optimizer_config"], **arguments)
        if _goes_on_training(state):
            model._make_train_function()
            _restore(model, state, origin, source)


def _compile_as_in_keras_2(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    """Compiles; warns of what can't be done here, and leaves the model as it is."""
    try:
        with configs.building("training_config", model.name):
            stored = state.training_config or {}
            names = getattr(model, "output_names", ())  # a Sequential has one output
            model.compile(**compile_arguments(stored, origin, names))
            if _goes_on_training(state):
                model._make_train_function()
    except OneirosError as error:
        warn(
            f"{source} is loaded but not compiled: {error!s:.2000} Call "
            "model.compile(…) before training it."
        )
        return
    if _goes_on_training(state):
        _restore(model, state, origin, source)


def forgotten(optimizer: Any) -> Encoded | None:
    """Returns the optimizer's variables that are in neither its weights nor its
    configuration, such as Nadam's `m_schedule`, for a file.

    None if there are none, or if the optimizer has no state yet.
    """
    if not optimizer.weights:
        return None
    config = optimizer.get_config()
    values = values_of(optimizer, optimizer.weights)
    unsaved = {key: listed for key, listed in values.items() if key not in config}
    return encoded({KEY: unsaved}) if unsaved else None


def restore_forgotten(optimizer: Any, state: Encoded | None) -> None:
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


def _restore(model: Any, state: ModelState, origin: Origin, source: Any) -> None:
    """Restores the state of a compiled model's optimizer from a file.

    If it isn't certain that the state belongs to these weights, it is ignored, with a
    warning.
    """
    restored = _restore_of_keras_2 if origin.keras > 1 else _restore_of_keras_1
    name = type(model.optimizer).__name__
    try:
        with np.errstate(over="ignore"):  # numbers too large are warned of
            restored(model, state, origin, source)
    except UnknownOrderError as error:
        warn(
            f"{source} is loaded and compiled, but its {name} starts afresh: of the "
            f"state in the file, {error}. If you continue to train, the first steps "
            f"make a new state, which model.save(path) then saves in a known order."
        )


def _restore_of_keras_1(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    optimizer = model.optimizer
    check_optimizer(optimizer.weights, state.optimizer_weights or [], source)
    optimizer.set_weights(in_order(model, state, origin))
    if origin.engine == "theano":
        arrays_flipped = flipped(model)
        if arrays_flipped is not None:
            optimizer.set_weights(arrays_flipped)
    restore_forgotten(optimizer, state.training_state)


def _restore_of_keras_2(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    with configs.building("optimizer", type(model.optimizer).__name__):
        matched = matched_state(model, state, origin, source)
        variables = [variable for variable, _ in matched]
        named = [(str(variable.name), value) for variable, value in matched]
        check_optimizer(variables, named, source)
        K.batch_set_value(matched)
