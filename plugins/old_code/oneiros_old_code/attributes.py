"""Layer attributes of other versions of Keras, and their replacements in Keras 1."""

from __future__ import annotations

import inspect
from typing import Any

from oneiros.arguments import label
from oneiros.errors import ArgumentError

REPLACED = {
    "get_input": "Write layer.input, a tensor; model.inputs has a model's.",
    "get_output": "Write layer.output, a tensor; its value: K.function([model.input, "
    "K.learning_phase()], [layer.output])([data, 0]).",
    "predict_classes": "Write model.predict(x).argmax(axis=-1); Sequential has the "
    "method.",
    "predict_proba": "Write model.predict(x); Sequential has the method.",
    "params": "Write layer.trainable_weights, a list of variables.",
}
"""Attributes, and their replacements."""


def gone(owner: type, name: str) -> AttributeError:
    """Returns the error for an attribute that layers no longer have."""
    return AttributeError(
        f"{owner.__name__} has no {name} in Keras 1. {REPLACED[name]}"
    )


def defines_get_output(layer: Any) -> ArgumentError:
    """Returns the error for a layer whose class was written for Keras 0.x."""
    return ArgumentError(
        f"{label(layer)} defines get_output(train), as layers of Keras 0.x did. Name "
        "it call(self, x, mask=None), and take x for get_input(train)."
    )


def explain_call(layer: Any) -> None:
    """Explains the failure of a `call` that was written for Keras 2 or 3.

    # Raises
        TypeError: if the layer's `call` doesn't accept a mask.
    """
    parameters = inspect.signature(layer.call).parameters
    kinds = [parameter.kind for parameter in parameters.values()]
    if "mask" in parameters or inspect.Parameter.VAR_KEYWORD in kinds:
        return
    raise TypeError(
        f"{label(layer)} defines call(self, {', '.join(parameters)}), as layers of "
        "Keras 2 and 3 do. Keras 1 passes a mask: write call(self, x, mask=None)."
    ) from None
