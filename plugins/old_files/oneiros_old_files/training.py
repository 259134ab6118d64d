"""How a model of Keras 2 was compiled, in terms of Keras 1, and the layouts of its
optimizers' state."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import ConfigError, OneirosError

from oneiros_old_files.base import Origin, migration_of

Named = list[tuple[str, Any]]
SLOTS = {
    "SGD": 1,
    "RMSprop": 1,
    "Adagrad": 1,
    "Adadelta": 2,
    "Adam": 2,
    "Adamax": 2,
    "Nadam": 2,
}
"""How many arrays of the size of each weight an optimizer keeps."""
MAX_STEPS = 2**53
"""Up to here, floats count steps one by one."""
LONG = 2**20
"""After so many steps the product of Nadam's momenta, all below one, is 0 as a
float32."""


def compile_arguments(
    training_config: dict[str, Any], origin: Origin
) -> dict[str, Any]:
    """Returns the arguments of `compile` for a `training_config` of Keras 2.

    # Raises
        ConfigError: if something of it has no counterpart.
    """
    try:
        return _arguments(training_config, origin)
    except OneirosError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"its training_config can't be read: {reason}.") from error


def _arguments(training_config: dict[str, Any], origin: Origin) -> dict[str, Any]:
    loss = training_config.get("loss")
    chosen = training_config.get("optimizer_config")
    config = chosen.get("config") if isinstance(chosen, dict) else None
    if not isinstance(chosen, dict) or not isinstance(config, dict) or not loss:
        raise ConfigError("its training_config lacks an optimizer or a loss.")
    if training_config.get("weighted_metrics"):
        raise ConfigError("it has weighted_metrics, which Keras 1 doesn't have.")
    metrics = _function(training_config.get("metrics"), origin)
    return {
        "optimizer": _optimizer(str(chosen.get("class_name")), config, origin),
        "loss": _function(loss, origin),
        "metrics": _flat(metrics),
        "loss_weights": training_config.get("loss_weights"),
        "sample_weight_mode": training_config.get("sample_weight_mode"),
    }


def _optimizer(
    class_name: str, config: dict[str, Any], origin: Origin
) -> dict[str, Any]:
    name = class_name.rpartition(">")[2]
    arguments = dict(config)
    migration = migration_of(name)
    if migration is not None:
        name, arguments = migration.translated(name, arguments, origin)
    for argument, value in arguments.items():
        if isinstance(value, (list, dict)):
            raise ConfigError(
                f"its optimizer {name} has {argument}={value!r:.80}, which is no "
                f"number."
            )
    return {"class_name": name, "config": arguments}


def _function(value: Any, origin: Origin) -> Any:
    """Returns what stored losses or metrics are called here, in the lists and dicts
    that they are in."""
    if isinstance(value, (list, tuple)):
        return [_function(item, origin) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _function(item, origin) for key, item in value.items()}
    name = value.get("class_name") if isinstance(value, dict) else value
    config = value.get("config") if isinstance(value, dict) else {}
    migration = migration_of(str(name).rpartition(">")[2])
    if migration is not None:
        return migration.translated(str(name), dict(config or {}), origin)[0]
    if isinstance(value, dict):
        raise ConfigError(
            f"it has the loss or metric {name!r}, which Keras 1 doesn't have."
        )
    return value


def _flat(metrics: Any) -> Any:
    """Returns the metrics of one output as one list; later versions of Keras 2 store a
    list of lists."""
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], list):
        return metrics[0]
    return metrics


def slots(
    optimizer: Any, stored: Named, count: int
) -> tuple[int | None, list[list[Any]]] | None:
    """Returns an optimizer's number of steps and its series of arrays, one array for
    each weight in each.

    Keras 2 and TensorFlow up to 2.10 store series after series. Later ones, whose first
    array is called
    `iteration`, store weight after weight.

    # Arguments
        optimizer: the optimizer, as it is here.
        stored: list of names and arrays, as in the file.
        count: int, number of trainable weights.

    # Returns
        None if the arrays are laid out in another way, or the number of steps is none.
    """
    steps = _steps(stored)
    if steps is not None and not 0 <= steps <= MAX_STEPS:
        return None
    whole_steps = None if steps is None else int(steps)
    arrays = [value for _, value in stored if np.ndim(value) > 0]
    if not arrays:
        return whole_steps, []
    series = SLOTS.get(type(optimizer).__name__, 0)
    with_momentum = (series + 1) * count
    if series * count == 0 or len(arrays) not in (series * count, with_momentum):
        return None
    arrays = arrays[: series * count]
    if stored[0][0] == "iteration:0":
        return whole_steps, [arrays[start::series] for start in range(series)]
    starts = range(0, len(arrays), count)
    return whole_steps, [arrays[start : start + count] for start in starts]


def _steps(stored: Named) -> float | None:
    """Returns the number of steps among an optimizer's arrays; None if there is
    none."""
    for name, value in stored:
        if "iter" in name and np.ndim(value) == 0:
            return float(value)
    if stored and np.ndim(stored[0][1]) == 0:
        return float(stored[0][1])
    return None


def schedule(optimizer: Any, steps: int) -> float:
    """Returns the product of Nadam's momenta after so many steps, which no file
    holds."""
    counts = np.arange(1, min(steps, LONG) + 1) * float(optimizer.schedule_decay)
    beta = float(optimizer.get_config()["beta_1"])
    return float(np.prod(beta * (1.0 - 0.5 * 0.96**counts)))
