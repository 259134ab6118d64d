"""Migration from files of Keras 2: optimizers."""

from __future__ import annotations

from typing import Any, ClassVar

from oneiros import backend as K
from oneiros.errors import ConfigError
from oneiros_old_files.base import Migration, Origin
from oneiros_old_files.keras2 import plain

from oneiros_optimizers.optimizer import LATER_NAMES

COMMON = ("lr", "decay", "epsilon", "clipnorm", "clipvalue")
"""Arguments that every optimizer may have in a file, by their names here."""
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "amsgrad": (False, 0),
    "centered": (False,),
    "clipnorm": (None,),
    "clipvalue": (None,),
    "ema_momentum": (0.99, None),
    "ema_overwrite_frequency": (None,),
    "global_clipnorm": (None,),
    "gradient_accumulation_steps": (None, 1),
    "loss_scale_factor": (None, 1),
    "use_ema": (False,),
    "weight_decay": (None, 0),
}
"""Arguments that do nothing if they have one of these values."""
DEFAULT_SCHEDULE_DECAY = 0.004
SILENT = ("name", "is_legacy_optimizer", "jit_compile", "initial_accumulator_value")
"""Arguments that do nothing here."""


class OptimizerMigration(Migration):
    """An optimizer, whose arguments Keras 2 has under the same names but for a few.

    # Properties
        own_arguments: tuple of str, those that it has besides `COMMON`.
    """

    own_arguments: ClassVar[tuple[str, ...]] = ()

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments.

        # Raises
            ConfigError: for what the optimizer can't do here, such as a schedule of
                learning rates.
        """
        if origin.keras < 2:
            return name, config
        arguments: dict[str, Any] = {}
        for argument, stored_value in config.items():
            value = plain(stored_value)
            if _does_nothing(argument, value):
                continue
            if not self._takes(argument, config):
                raise ConfigError(
                    f"its optimizer {name} has {argument}={value!r:.60}, which Keras 1 "
                    "can't do."
                )
            arguments[LATER_NAMES.get(argument, argument)] = value
        if isinstance(arguments.get("lr"), dict):
            raise ConfigError(
                f"its optimizer {name} has a schedule as learning_rate, which Keras 1 "
                "can't do."
            )
        if arguments.get("epsilon", 0) is None:
            arguments["epsilon"] = K.epsilon()
        return name, {
            argument: value
            for argument, value in arguments.items()
            if value is not None
        }

    def _takes(self, argument: str, config: dict[str, Any]) -> bool:
        """Returns whether the optimizer here can do what an argument asks for."""
        if argument == "clipnorm":
            return not _is_of_tensorflow(config)
        return LATER_NAMES.get(argument, argument) in (*COMMON, *self.own_arguments)


def _does_nothing(argument: str, value: Any) -> bool:
    return argument in SILENT or value in NEUTRAL.get(argument, ())


def _is_of_tensorflow(config: dict[str, Any]) -> bool:
    """Returns whether an optimizer is one of TensorFlow's, whose `clipnorm` bounds the
    norm of each weight's gradient by itself."""
    return "learning_rate" in config and "name" in config


class SGDMigration(OptimizerMigration):
    """SGD."""

    own_arguments = ("momentum", "nesterov")


class RMSpropMigration(OptimizerMigration):
    """RMSprop; a momentum is TensorFlow's alone."""

    own_arguments = ("rho",)

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        config = dict(config)
        if origin.keras > 1 and config.get("momentum") == 0:
            del config["momentum"]
        return super().translated(name, config, origin)


class AdagradMigration(OptimizerMigration):
    """Adagrad."""


class AdadeltaMigration(OptimizerMigration):
    """Adadelta."""

    own_arguments = ("rho",)


class AdamMigration(OptimizerMigration):
    """Adam."""

    own_arguments = ("beta_1", "beta_2")


class AdamaxMigration(AdamMigration):
    """Adamax."""


class NadamMigration(OptimizerMigration):
    """Nadam, which has its own decay."""

    own_arguments = ("beta_1", "beta_2", "schedule_decay")

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments.

        `decay` is the schedule's, which later versions fix at 1.
        """
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras < 2:
            return class_name, arguments
        decay = arguments.pop("decay", None) or DEFAULT_SCHEDULE_DECAY
        if "use_ema" in config:
            decay = 1.0
        return class_name, {"schedule_decay": decay, **arguments}
