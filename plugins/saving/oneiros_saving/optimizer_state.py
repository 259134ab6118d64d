"""An optimizer's state in files: the part that Keras 1 forgot, and restoring it."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import FileFormatError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin
from oneiros_old_files.keras1_optimizer import UnknownOrderError, in_order
from oneiros_old_files.keras2_optimizer import MatchedState, matched_state
from oneiros_old_files.optimizer_conversion import flipped
from oneiros_safe_files.model_state import ModelState
from oneiros_training.parts.variables import assign, values_of

from oneiros_saving.plain_data_encoding import Encoded, decoded, encoded
from oneiros_saving.weight_matching import check_optimizer

KEY = "optimizer"
"""The key of the part of the optimizer's state that Keras 1 forgot, in a
`training_state`."""


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


def restore(model: Any, state: ModelState, origin: Origin, source: Any) -> None:
    """Restores the state of a compiled model's optimizer from a file.

    If it isn't certain that the state belongs to these weights, it is ignored, with a
    warning.

    # Arguments
        model: the model; its optimizer's variables must exist.
        state: the contents of the file.
        origin: `Origin`, the version that wrote the file.
        source: the file, for messages.
    """
    with np.errstate(over="ignore"):  # numbers too large are warned of
        if origin.keras > 1:
            _restore_of_keras_2(model, state, origin, source)
        else:
            _restore_of_keras_1(model, state, origin, source)


def _restore_of_keras_1(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    optimizer = model.optimizer
    check_optimizer(optimizer.weights, state.optimizer_weights or [], source)
    try:
        optimizer.set_weights(in_order(model, state, origin))
    except UnknownOrderError as error:
        warn(
            f"{source} is loaded and compiled, but its {type(optimizer).__name__} "
            f"starts afresh: of the state in the file, {error}. If you continue to "
            f"train, the first steps make a new state, which model.save(path) then "
            f"saves in a known order."
        )
        return
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
        if matched is not None:
            _set_matched(matched, source)
    if matched is None:
        warn(
            f"{source} is loaded and compiled, but its optimizer starts afresh: the "
            f"layout of the state in the file is unknown."
        )


def _set_matched(matched: MatchedState, source: Any) -> None:
    variables = [variable for variable, _ in matched.slots]
    named = [(str(variable.name), value) for variable, value in matched.slots]
    check_optimizer(variables, named, source)
    K.batch_set_value(matched.slots)
    for variable, value in matched.counters:
        K.set_value(variable, value)
