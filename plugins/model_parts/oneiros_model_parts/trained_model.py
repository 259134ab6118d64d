"""What a compiled model trains, also where it is a `Sequential`, which has a model of
its own for that."""

from __future__ import annotations

from typing import Any


def computing_model(model: Any) -> Any:
    """Returns the model that computes: the one inside a compiled `Sequential`."""
    return getattr(model, "model", None) or model


def trained_weights(model: Any) -> list[Any]:
    """Returns the weights that a compiled model trains, in the order of its optimizer's
    state."""
    weights: list[Any] = computing_model(model)._collected_trainable_weights
    return weights


def make_optimizer_state(model: Any) -> None:
    """Makes the variables that a compiled model's optimizer keeps."""
    computing_model(model)._make_train_function()
