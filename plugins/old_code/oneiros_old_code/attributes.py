"""What layers of Keras 0.x had, and what does it now."""

from __future__ import annotations

from typing import Any

from oneiros.arguments import label
from oneiros.errors import ArgumentError

REPLACED = {
    "get_input": "Write layer.input, a tensor; model.inputs has a model's.",
    "get_output": "Write layer.output, a tensor; its value: K.function([model.input, "
    "K.learning_phase()], [layer.output])([data, 0]).",
    "params": "Write layer.trainable_weights, a list of variables.",
}
"""Attributes, and what to write."""


def gone(owner: type, name: str) -> AttributeError:
    """Returns the error for an attribute that classes of layers don't have any more."""
    return AttributeError(f"{owner.__name__}: {name} is of Keras 0.x. {REPLACED[name]}")


def defines_get_output(layer: Any) -> ArgumentError:
    """Returns the error for a layer whose class was written for Keras 0.x."""
    return ArgumentError(
        f"{label(layer)} defines get_output(train), as layers of Keras 0.x did. Name "
        "it call(self, x, mask=None), and take x for get_input(train)."
    )
