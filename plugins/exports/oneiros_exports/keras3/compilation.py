"""How a model is compiled, as Keras 3 takes it, and the state of its optimizer."""

from dataclasses import dataclass, field
from typing import Any

import oneiros
from oneiros import backend as K
from oneiros import registry
from oneiros.engine.node import to_list
from oneiros.errors import ConfigError
from oneiros.typing import Array
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.keras3 import PACKAGE
from oneiros_training.compilation.losses import spread_all
from oneiros_training.compilation.metrics import accuracy_for, collect_metrics

Data = dict[str, Any]
ByWeight = dict[int, Array]
OWN = "of your own"
LOSSES = {
    "binary_crossentropy": "binary_crossentropy",
    "categorical_crossentropy": "categorical_crossentropy",
    "cosine_proximity": f"{PACKAGE}cosine_proximity",
    "hinge": f"{PACKAGE}hinge",
    "kullback_leibler_divergence": "kl_divergence",
    "mean_absolute_error": "mean_absolute_error",
    "mean_absolute_percentage_error": "mean_absolute_percentage_error",
    "mean_squared_error": "mean_squared_error",
    "mean_squared_logarithmic_error": "mean_squared_logarithmic_error",
    "poisson": "poisson",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy",
    "squared_hinge": f"{PACKAGE}squared_hinge",
}
"""Losses, and their names in Keras 3."""
ACCURACIES = (
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "top_k_categorical_accuracy",
)
METRICS = {**LOSSES, **{name: name for name in ACCURACIES}}
"""Metrics, and their names in Keras 3."""


@dataclass
class Compilation:
    """How a model is compiled.

    # Properties
        data: dict, what `compile` gets in Keras 3; None if the model isn't compiled, or
            its optimizer has no counterpart.
        slots: dict, by the names of the optimizer's variables for each weight, dicts of
            their values by the weights' ids.
        left_out: list of str, what has no counterpart.
    """

    data: Data | None = None
    slots: dict[str, ByWeight] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def compilation_of(model) -> Compilation:
    """Returns how a model is compiled."""
    compilation = Compilation()
    if getattr(model, "optimizer", None) is None:
        return compilation
    try:
        optimizer, slots = _optimizer(model)
    except ConfigError as error:
        compilation.left_out += [f"optimizer ({error})", "loss", "metrics"]
        return compilation
    loss_weights = None
    if model.loss_weights:
        names = model.output_names
        loss_weights = spread_all("loss_weights", model.loss_weights, names, 1)
    compilation.slots = slots
    compilation.data = {
        **optimizer,
        "slots": list(slots),
        "loss": _losses(model, compilation.left_out),
        "loss_weights": loss_weights,
        "metrics": _metrics(model, compilation.left_out),
    }
    return compilation


def _optimizer(model) -> tuple[Data, dict[str, ByWeight]]:
    """Returns an optimizer with its counts, and its variables for each weight.

    # Raises
        ConfigError: if it has no counterpart.
    """
    optimizer = model.optimizer
    name = type(optimizer).__name__
    migration = migration_of(name)
    if migration is None or not _is_registered("optimizer", name, type(optimizer)):
        raise ConfigError(OWN)
    there = migration.to_keras3(optimizer.get_config(), [])
    if there is None:
        raise ConfigError(f"Keras 3 has no {name}")
    weights = model._collected_trainable_weights
    if set(map(id, weights)) != set(map(id, model.trainable_weights)):
        raise ConfigError(
            "trainable has changed since compile; compile the model again"
        )
    shared = {}
    if hasattr(optimizer, "m_schedule"):
        shared["product"] = float(K.get_value(optimizer.m_schedule))
    data = {
        "optimizer": {"class_name": there.class_name, "arguments": there.arguments},
        "iterations": int(K.get_value(optimizer.iterations)),
        "shared": shared,
    }
    names = migration.slots or optimizer.slots
    return data, _slots(optimizer, names, weights)


def _slots(
    optimizer, names: tuple[str, ...], weights: list[Any]
) -> dict[str, ByWeight]:
    """Returns an optimizer's values for each weight; an empty dict before the first
    step."""
    count = len(names) * len(weights)
    values = optimizer.get_weights()
    if len(values) < count:
        return {}
    arrays = iter(values[len(values) - count :])
    return {name: {id(weight): next(arrays) for weight in weights} for name in names}


def _losses(model, left_out: list[str]) -> list[Any] | None:
    """Returns the losses of the outputs, names or entries of objects; None if one of
    them has no counterpart."""
    losses: list[Any] = []
    for function in model.loss_functions:
        cls = type(function)
        migration = migration_of(cls.__name__)
        if migration and _is_registered("objective", cls.__name__, cls):
            there = migration.to_keras3(function.get_config(), [])
            if there is not None:
                entry = {"class_name": there.class_name, "config": there.arguments}
                losses.append(entry)
                continue
        name = getattr(function, "__name__", "")
        if name not in LOSSES or not _is_registered("objective", name, function):
            left_out.append(f"loss ({name or type(function).__name__} is {OWN})")
            return None
        losses.append(LOSSES[name])
    return losses


def _metrics(model, left_out: list[str]) -> list[list[str]]:
    """Returns the metrics of each output that have a counterpart.

    Keras 3 doesn't measure at masked steps, so metrics of masked outputs have none.
    """
    metrics: list[list[str]] = []
    masks = to_list(model.compute_mask(model.inputs, None))
    listed = collect_metrics(model.metrics, model.output_names)
    for place, of_output in enumerate(listed):
        chosen = []
        for metric in of_output:
            function = _metric_function(model, place, metric)
            name = getattr(function, "__name__", "")
            is_known = name in METRICS and _is_registered("metric", name, function)
            if is_known and masks[place % len(masks)] is None:
                chosen.append(METRICS[name])
            else:
                left_out.append(f"metric {name}")
        metrics.append(chosen)
    return metrics


def _metric_function(model, place: int, metric):
    """Returns a metric's function; that of the accuracy that suits an output for
    `"accuracy"`."""
    if metric in ("acc", "accuracy"):
        loss = model.loss_functions[place]
        metric = accuracy_for(loss, model.internal_output_shapes[place])
    return oneiros.metrics.get(metric)


def _is_registered(kind: str, name: str, value) -> bool:
    """Returns whether an object is what is registered under a name."""
    entry = registry.find(kind, name)
    return entry is not None and registry.load(entry) is value
