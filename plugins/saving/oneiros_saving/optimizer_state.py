"""What Keras 1 forgot of an optimizer in a model's file, such as `iterations`, and
Nadam's `m_schedule`."""

from __future__ import annotations

from typing import Any

from oneiros.errors import FileFormatError

from oneiros_saving.plain_data import Encoded, decoded, encoded
from oneiros_saving.variables import assign, values_of

KEY = "optimizer"


def forgotten(optimizer: Any) -> Encoded | None:
    """Returns the optimizer's variables that are in neither weights nor configuration,
    for a file.

    None if there are none, or it has no state yet.
    """
    if not optimizer.weights:
        return None
    known = optimizer.get_config()
    more = {
        key: found
        for key, found in values_of(optimizer, optimizer.weights).items()
        if key not in known
    }
    return encoded({KEY: more}) if more else None


def restore_forgotten(optimizer: Any, state: Encoded | None) -> None:
    """Sets these variables; without a state they keep their first values, as in Keras
    1."""
    found = decoded(*state) if state else {}
    values = found.get(KEY, {}) if isinstance(found, dict) else None
    if not isinstance(values, dict) or not all(
        isinstance(listed, list) for listed in values.values()
    ):
        raise FileFormatError(
            f"The file's state of the optimizer is damaged: {found!r:.80}."
        )
    assign(optimizer, values, optimizer.weights)
