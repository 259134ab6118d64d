"""Constraints, initializers and regularizers of later versions, losses and metrics."""

from typing import Any

from oneiros.errors import ConfigError

from oneiros_old_files.base import Config
from oneiros_old_files.rows import CONSTRAINTS, FUNCTIONS, INITIALIZATIONS

BY_SCALE: dict[Any, str] = {
    ("fan_avg", 1.0, "uniform"): "glorot_uniform",
    ("fan_avg", 1.0, "normal"): "glorot_normal",
    ("fan_in", 2.0, "uniform"): "he_uniform",
    ("fan_in", 2.0, "normal"): "he_normal",
    ("fan_in", 1.0, "uniform"): "lecun_uniform",
}
PENALTIES = ("L1L2", "L1", "L2", "SummedL1L2")
NEUTRAL = {
    "from_logits": (False,),
    "label_smoothing": (0,),
    "axis": (-1,),
    "ignore_class": (None,),
    "reduction": ("auto", "sum_over_batch_size"),
    "threshold": (0.5,),
}
"""Arguments of losses as objects, and the values with which they are functions here."""


def plain(value):
    """Returns a value of a configuration without the wrappers of Keras 2 and 3 around
    arrays, shapes, tuples and functions."""
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    config = value.get("config")
    if kind == "function" and isinstance(config, str):
        return config
    if value.keys() == {"type", "value"} and value["type"] == "ndarray":
        return value["value"]
    if kind in ("TensorShape", "__tuple__"):
        return value.get("items")
    return value


def part_of_layer(name, config: Config):
    """Returns a constraint, an initializer or a regularizer as it is here: a name or a
    dict; None if it isn't one of Keras."""
    if name in INITIALIZATIONS:
        return INITIALIZATIONS[name]
    if name == "VarianceScaling":
        *_, spread = str(config.get("distribution", "")).split("_")
        scale = (config.get("mode"), config.get("scale"), spread)
        return BY_SCALE.get(scale, "glorot_uniform")
    if name in PENALTIES:
        factors = {key: float(plain(config.get(key)) or 0.0) for key in ("l1", "l2")}
        return {"name": "L1L2Regularizer", **factors}
    if name not in CONSTRAINTS:
        return None
    arguments = {"name": name}
    for there, here in CONSTRAINTS[name].items():
        if there in config:
            arguments[here] = config[there]
    return arguments


def function_named(name: str, config: Config) -> str | None:
    """Returns the name of the function here that a loss or a metric is, which later
    versions may have as an object; None if there is none.

    # Raises
        ConfigError: if it has arguments that the function lacks.
    """
    if name == "MeanMetricWrapper":
        return str(plain(config.get("fn")) or config.get("name"))
    if name not in FUNCTIONS:
        return None
    for argument, values in NEUTRAL.items():
        if config.get(argument, values[0]) not in values:
            raise ConfigError(
                f"its loss {name} has {argument}={config[argument]!r}, which isn't "
                "done here."
            )
    return FUNCTIONS[name]
