"""The trained weights of a compiled model, including a `Sequential`, which trains
through a model inside."""

from __future__ import annotations

from typing import Any


def computing_model(model: Any) -> Any:
    """Returns the model that computes; for a compiled `Sequential`, the one inside."""
    return getattr(model, "model", None) or model


def trained_weights(model: Any) -> list[Any]:
    """Returns the weights that a compiled model trains, in the order of its optimizer's
    state."""
    weights: list[Any] = computing_model(model)._collected_trainable_weights
    return weights


def make_optimizer_state(model: Any) -> None:
    """Creates the state variables of a compiled model's optimizer."""
    computing_model(model)._make_train_function()
