"""An optimizer's state in files: what Keras 1 forgot of it, and how it is restored."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import FileFormatError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_model_parts.variables import assign, values_of
from oneiros_old_files.base import Origin
from oneiros_old_files.keras1_optimizer import UnknownOrderError, in_order
from oneiros_old_files.keras2_optimizer import MatchedState, matched_state
from oneiros_old_files.optimizer_conversion import flipped
from oneiros_safe_files.model_state import ModelState

from oneiros_saving.plain_data_encoding import Encoded, decoded, encoded
from oneiros_saving.weight_matching import check_optimizer

KEY = "optimizer"
"""Where a `training_state` has what Keras 1 forgot of the optimizer."""


def forgotten(optimizer: Any) -> Encoded | None:
    """Returns the optimizer's variables that are in neither weights nor configuration,
    such as Nadam's `m_schedule`, for a file.

    None if there are none, or it has no state yet.
    """
    if not optimizer.weights:
        return None
    config = optimizer.get_config()
    values = values_of(optimizer, optimizer.weights)
    unsaved = {key: listed for key, listed in values.items() if key not in config}
    return encoded({KEY: unsaved}) if unsaved else None


def restore_forgotten(optimizer: Any, state: Encoded | None) -> None:
    """Sets these variables; without a state they keep their first values, as in Keras
    1."""
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
    """Sets the state of a compiled model's optimizer to a file's.

    A state that can't be told to belong to these weights is left out, with a warning.

    # Arguments
        model: the model, its optimizer's variables made.
        state: what the file holds.
        origin: `Origin`, what wrote the file.
        source: the file, for messages.
    """
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
            f"begins anew: of the state in the file, {error}. Train on, and the first "
            f"steps make a new one; model.save(path) then keeps it in an order that "
            f"is known."
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
            f"{source} is loaded and compiled, but its optimizer begins anew: the "
            f"state in the file is laid out in a way that isn't known."
        )


def _set_matched(matched: MatchedState, source: Any) -> None:
    variables = [variable for variable, _ in matched.slots]
    named = [(str(variable.name), value) for variable, value in matched.slots]
    check_optimizer(variables, named, source)
    K.batch_set_value(matched.slots)
    for variable, value in matched.counters:
        K.set_value(variable, value)
