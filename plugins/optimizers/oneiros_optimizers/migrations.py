"""How files of Keras 2 are read: optimizers."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.errors import ConfigError
from oneiros_old_files.base import Migration, Origin
from oneiros_old_files.keras2 import plain

RENAMED = {"learning_rate": "lr", "global_clipnorm": "clipnorm"}
NEUTRAL = {
    "amsgrad": (False, 0),
    "centered": (False,),
    "clipnorm": (None,),
    "clipvalue": (None,),
    "ema_momentum": (0.99, None),
    "ema_overwrite_frequency": (None,),
    "global_clipnorm": (None,),
    "use_ema": (False,),
    "weight_decay": (None, 0),
}
SILENT = ("name", "is_legacy_optimizer", "jit_compile", "initial_accumulator_value")


class OptimizerMigration(Migration):
    """An optimizer, whose arguments Keras 2 has under the same names but for a few."""

    kept: tuple[str, ...] = ()

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments.

        # Raises
            ConfigError: for what the optimizer can't do here, such as a schedule of
                learning rates.
        """
        if origin.keras < 2:
            return name, config
        arguments: dict[str, Any] = {}
        by_weight = (
            "learning_rate" in config and "name" in config
        )  # TensorFlow's clipnorm is of each weight
        for argument, stored in config.items():
            value = plain(stored)
            target = RENAMED.get(argument, argument)
            if argument in SILENT or (
                argument in NEUTRAL and value in NEUTRAL[argument]
            ):
                continue
            clips = target == "clipvalue" or (
                target == "clipnorm" and (argument != target or not by_weight)
            )
            if target not in ("lr", "decay", "epsilon", *self.kept) and not clips:
                raise ConfigError(
                    f"its optimizer {name} has {argument}={value!r:.60}, which Keras 1 "
                    "can't do."
                )
            arguments[target] = value
        if isinstance(arguments.get("lr"), dict):
            raise ConfigError(
                f"its optimizer {name} has a schedule as learning_rate, which Keras 1 "
                "can't do."
            )
        if arguments.get("epsilon", 0) is None:
            arguments["epsilon"] = K.epsilon()
        return name, {
            key: value for key, value in arguments.items() if value is not None
        }


class SGDMigration(OptimizerMigration):
    """SGD."""

    kept = ("momentum", "nesterov")


class RMSpropMigration(OptimizerMigration):
    """RMSprop; a momentum is TensorFlow's alone."""

    kept = ("rho",)

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        if origin.keras > 1 and config.get("momentum") == 0:
            config = {
                argument: value
                for argument, value in config.items()
                if argument != "momentum"
            }
        return super().translated(name, config, origin)


class AdagradMigration(OptimizerMigration):
    """Adagrad."""


class AdadeltaMigration(OptimizerMigration):
    """Adadelta."""

    kept = ("rho",)


class AdamMigration(OptimizerMigration):
    """Adam."""

    kept = ("beta_1", "beta_2")


class AdamaxMigration(AdamMigration):
    """Adamax."""


class NadamMigration(OptimizerMigration):
    """Nadam, which has its own decay."""

    kept = ("beta_1", "beta_2", "schedule_decay")

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments.

        `decay` is the schedule's, which later versions fix at 1.
        """
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras > 1:
            if "use_ema" in config:
                decay = 1.0
            else:
                decay = arguments.pop("decay", None) or 0.004
            arguments = {"schedule_decay": decay, **arguments}
        return class_name, arguments
