"""What files of Keras 2 hold besides configuration and weights: how a model was
compiled, and the state."""

from __future__ import annotations

import warnings
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros.errors import OneirosError
from oneiros_old_files.base import Origin
from oneiros_old_files.training import compile_arguments, schedule, slots

from oneiros_saving.formats import ModelState
from oneiros_saving.layouts import Named, arranged, stored_count
from oneiros_saving.matching import check_optimizer
from oneiros_saving.model_parts import (
    make_optimizer_state,
    trained_weights,
    weight_layers,
)

Weights = list[tuple[str, Named]]


def in_order(model: Any, weights: Weights) -> Weights:
    """Returns the layers' weights in the model's order of layers, where the names are
    those of the model."""
    stored = dict(weights)
    names = [layer.name for layer in weight_layers(model) if layer.weights]
    if set(names) != {name for name, arrays in weights if arrays}:
        return weights
    return [(name, stored[name]) for name in names]


def restore_training(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    """Compiles a model as it was, and restores the optimizer's state; warns of what
    can't be done here."""
    try:
        with configs.building("training_config", model.name):
            model.compile(**compile_arguments(state.training_config or {}, origin))
            if state.optimizer_weights:
                make_optimizer_state(model)
    except OneirosError as error:
        warnings.warn(
            f"{source} is loaded, but not compiled: {error} Call model.compile(…) before training it.",
            stacklevel=4,
        )
        return
    with configs.building("optimizer", type(model.optimizer).__name__):
        restored = not state.optimizer_weights or _restore_state(
            model, state, origin, source
        )
    if not restored:
        warnings.warn(
            f"{source} is loaded and compiled, but its optimizer begins anew: the state in the file is "
            f"laid out in a way that isn't known.",
            stacklevel=4,
        )


def _restore_state(model: Any, state: ModelState, origin: Origin, source: Any) -> bool:
    layers = {layer.name: layer for layer in weight_layers(model)}
    known = [layers[name] for name, _ in state.weights if name in layers]
    counts = [stored_count(layer, layer.trainable_weights, origin) for layer in known]
    optimizer = model.optimizer
    found = slots(optimizer, state.optimizer_weights or [], sum(counts))
    if found is None:
        return False
    iterations, series = found
    values: list[Any] = []
    for arrays in series:
        by_weight: dict[int, Any] = {}
        rest = list(arrays)
        for layer, count in zip(known, counts, strict=True):
            piece, rest = [("", value) for value in rest[:count]], rest[count:]
            fitted = arranged(layer, piece, origin, source, trainable=True)
            by_weight.update(
                zip(map(id, layer.trainable_weights), fitted, strict=False)
            )
        weights = trained_weights(model)
        values += [
            by_weight[id(weight)][1] for weight in weights if id(weight) in by_weight
        ]
    if len(values) > len(optimizer.weights) or len(values) != len(series) * len(
        model.trainable_weights
    ):
        return False
    kept = optimizer.weights[len(optimizer.weights) - len(values) :] if values else []
    if any(
        tuple(K.get_variable_shape(w)) != v.shape
        for w, v in zip(kept, values, strict=True)
    ):
        return False
    check_optimizer(
        kept,
        [(str(w.name), value) for w, value in zip(kept, values, strict=True)],
        source,
    )
    K.batch_set_value(list(zip(kept, values, strict=True)))
    if iterations is not None and hasattr(optimizer, "iterations"):
        K.set_value(optimizer.iterations, iterations)
    if iterations is not None and hasattr(optimizer, "m_schedule"):
        K.set_value(optimizer.m_schedule, schedule(optimizer, iterations))
    return True
