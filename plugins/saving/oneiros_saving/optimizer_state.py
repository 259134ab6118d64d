"""An optimizer's state in files: what Keras 1 forgot of it, and how it is restored."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from oneiros.errors import FileFormatError
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_old_files.base import Origin

from oneiros_saving.formats import ModelState
from oneiros_saving.matching import check_optimizer
from oneiros_saving.model_parts import trained_weights
from oneiros_saving.optimizer_arrays import flipped
from oneiros_saving.optimizer_order import UnknownOrderError, by_name, may_be_as_made
from oneiros_saving.plain_data import Encoded, decoded, encoded
from oneiros_saving.variables import assign, values_of

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
    """Sets the state of a compiled model's optimizer to a file's of Keras 1.

    A state that can't be told to belong to these weights is left out, with a warning.

    # Arguments
        model: the model, its optimizer's variables made.
        state: what the file holds.
        origin: `Origin`, what wrote the file.
        source: the file, for messages.
    """
    optimizer = model.optimizer
    stored = state.optimizer_weights or []
    check_optimizer(optimizer.weights, stored, source)
    arrays = [value for _, value in stored]
    as_made = may_be_as_made(state, origin)
    try:
        optimizer.set_weights(_in_order(model, arrays, as_made))
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


def _in_order(model: Any, stored: list[Any], as_made: bool) -> list[Any]:
    """Returns what the optimizer's `set_weights` takes.

    What an optimizer keeps once, such as its steps, comes first; versions that didn't
    keep it leave it out.
    """
    current = model.optimizer.get_weights()
    if not as_made and list(map(np.shape, current)) == list(map(np.shape, stored)):
        return stored
    current_once = _count_once(current)
    stored_once = _count_once(stored)
    missing_once = current_once - stored_once
    if missing_once < 0 or missing_once != len(current) - len(stored):
        name = type(model.optimizer).__name__
        raise UnknownOrderError(
            f"{name} has {len(current)} arrays and not {len(stored)}"
        )
    params = trained_weights(model)
    series = by_name(model, params, stored[stored_once:], as_made)
    return [*current[:missing_once], *stored[:stored_once], *series]


def _count_once(arrays: list[Any]) -> int:
    """Returns how many numbers come first, which an optimizer keeps once."""
    return len(list(itertools.takewhile(lambda value: np.ndim(value) == 0, arrays)))
