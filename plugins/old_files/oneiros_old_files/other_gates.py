"""Warns of recurrent layers whose gates compute something else than those of the file
that their weights come from."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

from oneiros.arguments import label
from oneiros.user_warnings import warn
from oneiros_training.parts import parts_of

from oneiros_old_files.base import Origin
from oneiros_old_files.keras3 import HARD_SIGMOID

GATED = ("GRU", "LSTM")
_described: WeakSet[Any] = WeakSet()
"""Layers that a file of Keras 2 or 3 describes."""
GATES_THERE = "recurrent_activation"


def note_described(model) -> None:
    """Notes that a file of Keras 2 or 3 describes a model, whose gates are therefore
    as there."""
    _described.update(layer for _, layer in parts_of(model))


def note_other_gates(model, origin: Origin, config, source) -> None:
    """Warns if weights of Keras 2.4 or later, whose gates are `sigmoid` by default, are
    for layers with Keras 1's default.

    # Arguments
        model: the model that gets the weights.
        origin: `Origin` of the file.
        config: dict, the configuration in the file, or None.
        source: the file's name.
    """
    if not origin.is_of_tensorflow or set(_gates(config)) == {HARD_SIGMOID}:
        return
    layers = [layer for _, layer in parts_of(model) if _has_other_gates(layer)]
    if not layers:
        return
    names = ", ".join(map(label, layers))
    warn(
        f"{source} is of Keras {origin.version or '2 or 3'}, where LSTM and GRU have "
        f"{GATES_THERE}='sigmoid' by default, but these layers have Keras 1's "
        f"default, inner_activation='hard_sigmoid', and predict something else unless "
        f"it was chosen there, too: {names:.300}; make them with "
        "inner_activation='sigmoid'."
    )


def _has_other_gates(layer) -> bool:
    if type(layer).__name__ not in GATED or layer in _described:
        return False
    return bool(layer.inner_activation.__name__ == HARD_SIGMOID)


def _gates(config) -> Iterator[Any]:
    """Yields the activations of gates anywhere in a configuration."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get(GATES_THERE), str):
                yield value[GATES_THERE]
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
