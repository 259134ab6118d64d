"""Constraints, initializers, regularizers, losses and metrics of later versions."""

from typing import Any

from oneiros.errors import ConfigError

from oneiros_old_files.base import Config, Described, Migration
from oneiros_old_files.keras2 import plain
from oneiros_old_files.rows import CONSTRAINTS, FUNCTIONS, INITIALIZATIONS

BY_SCALE = {
    ("fan_avg", 1.0, "uniform"): "glorot_uniform",
    ("fan_avg", 1.0, "normal"): "glorot_normal",
    ("fan_in", 2.0, "uniform"): "he_uniform",
    ("fan_in", 2.0, "normal"): "he_normal",
    ("fan_in", 1.0, "uniform"): "lecun_uniform",
}
NEUTRAL = {
    "from_logits": (False,),
    "label_smoothing": (0,),
    "axis": (-1,),
    "ignore_class": (None,),
    "reduction": ("auto", "sum_over_batch_size"),
}
"""Arguments of losses as objects, and the values with which they are functions here."""


class ConstraintMigration(Migration):
    """A constraint whose arguments Keras 2 calls otherwise."""

    def translated(self, name: str, config: Any) -> Described:
        """Returns the class and its configuration."""
        if self.origin.keras < 2:
            return name, config
        arguments = {
            here: config[there]
            for there, here in CONSTRAINTS[name].items()
            if there in config
        }
        return name, {"name": name, **arguments}


class InitializerMigration(Migration):
    """An initializer, of which `VarianceScaling` stands for most others in files."""

    def translated(self, name: str, config: Any) -> Described:
        """Returns the kind, and as arguments the name of the initialization."""
        if name in INITIALIZATIONS:
            return "initialization", INITIALIZATIONS[name]
        kind = str(config.get("distribution", ""))
        *_, spread = kind.split("_")
        distribution = (config.get("mode"), config.get("scale"), spread)
        return "initialization", BY_SCALE.get(distribution, "glorot_uniform")


class L1L2Migration(Migration):
    """L1L2, and its later forms L1 and L2."""

    def translated(self, name: str, config: Any) -> Described:
        """Returns the class and its configuration."""
        kind = "L1L2Regularizer"
        arguments: Config = {"name": kind}
        for factor in ("l1", "l2"):
            arguments[factor] = float(plain(config.get(factor)) or 0.0)
        return kind, arguments


class FunctionMigration(Migration):
    """A loss or a metric as an object, which is a function here."""

    def translated(self, name: str, config: Any) -> Described:
        """Returns the function's name."""
        for argument, values in NEUTRAL.items():
            if config.get(argument, values[0]) not in values:
                raise ConfigError(
                    f"its loss {name} has {argument}={config[argument]!r}, which Keras "
                    "1 can't do."
                )
        return FUNCTIONS[name], {}


class MeanMetricWrapperMigration(Migration):
    """A function averaged over an epoch, under the name that `compile` was given."""

    def translated(self, name: str, config: Any) -> Described:
        """Returns the metric's name."""
        function = plain(config.get("fn"))
        return str(function or config.get("name")), {}
