"""What saving asks of a model besides Keras 1's own methods."""

from __future__ import annotations

from typing import Any

from oneiros.errors import FileFormatError


def inner(model: Any) -> Any:
    """Returns the model that computes: the one inside a compiled `Sequential`."""
    return getattr(model, "model", None) or model


def weight_layers(model: Any) -> list[Any]:
    """Returns the layers under whose names a model's weights are stored."""
    layers: list[Any] = model.weight_layers()
    return layers


def trained_weights(model: Any) -> list[Any]:
    """Returns the weights that a compiled model trains, in the order of its optimizer's
    state."""
    weights: list[Any] = inner(model)._collected_trainable_weights
    return weights


def make_optimizer_state(model: Any) -> None:
    """Makes the variables that a compiled model's optimizer keeps."""
    inner(model)._make_train_function()


def checked_model(model: Any, source: Any) -> Any:
    """Returns a model; raises FileFormatError if a file's configuration is that of a
    layer alone."""
    if not hasattr(model, "_make_train_function"):
        raise FileFormatError(
            f"{source} holds a {type(model).__name__}, which is no model."
        )
    return model
