"""The compilation of a model: stores it as plain data, and compiles a model again from
that."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import FileFormatError, OneirosError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.keras2_compilation import compile_arguments
from oneiros_safe_files.model_state import ModelState

from oneiros_saving import optimizer_state

COMPILED = ("loss", "metrics", "sample_weight_mode", "loss_weights")
"""Attributes of a model that hold the arguments of `compile`."""


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
    if origin.keras > 1:
        _compile_as_in_keras_2(model, state, origin, source)
    else:
        _compile_as_in_keras_1(model, state, origin, source)


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
            optimizer_state.restore(model, state, origin, source)


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
        optimizer_state.restore(model, state, origin, source)
