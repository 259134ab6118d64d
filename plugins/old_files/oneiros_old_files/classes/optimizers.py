"""Migration from files of Keras 2: optimizers."""

from dataclasses import replace

from oneiros import backend as K
from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Config, Described, Migration
from oneiros_old_files.keras2 import EXTENDED
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer
from oneiros_old_files.parts import plain

COMMON = ("lr", "decay", "epsilon", "clipnorm", "clipvalue")
"""Arguments that every optimizer may have in a file, by their names here."""
NEUTRAL = {
    "amsgrad": False,
    "centered": False,
    "gradient_accumulation_steps": 1,
    "loss_scale_factor": 1,
    "use_ema": False,
    "weight_decay": 0,
}
"""Arguments that do nothing if they have this value or None."""
SILENT = (
    *("name", "is_legacy_optimizer", "jit_compile", "initial_accumulator_value"),
    *("ema_momentum", "ema_overwrite_frequency"),
)
"""Arguments that do nothing here, unless an optimizer has them of its own."""
CLIPPING = ("clipnorm", "clipvalue", "weight_clipnorm")
NAMES_HERE = {"learning_rate": "lr", "global_clipnorm": "clipnorm"}
"""Later names of arguments, and those here. Keras 1's `clipnorm` bounds the norm of all
gradients together."""
NAMES_THERE = {
    **{here: there for there, here in NAMES_HERE.items()},
    "weight_clipnorm": "clipnorm",
}
"""Arguments and their names in Keras 3, whose `clipnorm` bounds the gradient of each
weight by itself."""
DEFAULT_SCHEDULE_DECAY = 0.004
SCHEDULE = "InverseTimeDecay"
"""The schedule of learning rates that `decay` is here."""


class OptimizerMigration(Migration):
    """An optimizer, most of whose arguments have the same names in Keras 2.

    # Properties
        own_arguments: tuple of str, those that it has besides `COMMON`.
        keras3: str, the class's name in Keras 3.
        later_formula: bool, whether TensorFlow and Keras 3 compute something else.
    """

    own_arguments: tuple[str, ...] = ()
    keras3: str
    later_formula = False

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer:
        """Returns the optimizer of Keras 3, which counts steps from 0, too.

        # Raises
            ConfigError: if it clips gradients in two ways.
        """
        clips = {name for name in CLIPPING if (config.get(name) or 0) > 0}
        if len(clips) > 1:
            names = " and ".join(sorted(clips))
            raise ConfigError(f"it has {names}; Keras 3 takes one")
        arguments = {
            NAMES_THERE.get(argument, argument): value
            for argument, value in config.items()
            if argument not in CLIPPING or argument in clips
        }
        decay = arguments.pop("decay", 0)
        if decay > 0:
            arguments["learning_rate"] = _decaying(config["lr"], decay)
        return Keras3Layer(self.keras3, arguments, arrays)

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments.

        # Raises
            ConfigError: for what the optimizer can't do here, such as a schedule of
                learning rates.
        """
        if self.origin.keras < 2:
            return name, config
        arguments: Config = {}
        taken = (*COMMON, *self.own_arguments)
        names_here = {**NAMES_HERE}
        if "learning_rate" in config and "name" in config:
            # There `clipnorm` bounds the norm of each weight's gradient by itself.
            names_here["clipnorm"] = "weight_clipnorm"
        label = name.removeprefix(EXTENDED)
        for argument, stored_value in _with_decay(config).items():
            name_here = names_here.get(argument, argument)
            value = plain(stored_value)
            if value is None and argument == "epsilon":
                value = K.epsilon()
            is_neutral = value in (None, NEUTRAL.get(argument))
            is_silent = argument in SILENT and argument not in taken
            if is_neutral or is_silent:
                continue
            if name_here not in taken:
                raise ConfigError(
                    f"its optimizer {label} has {argument}={value!r:.60}, which isn't "
                    "done here."
                )
            arguments[name_here] = value
        if isinstance(arguments.get("lr"), dict):
            raise ConfigError(
                f"its optimizer {label} has a schedule as learning_rate, which isn't "
                "done here."
            )
        return name, arguments


def _decaying(rate: float, decay: float) -> Config:
    """Returns a schedule of Keras 3: `rate / (1 + decay * iterations)`."""
    return {
        "module": "keras.optimizers.schedules",
        "class_name": "InverseTimeDecay",
        "config": {
            "initial_learning_rate": rate,
            "decay_steps": 1,
            "decay_rate": decay,
        },
        "registered_name": None,
    }


def _with_decay(config: Config) -> Config:
    """Returns the arguments, with `decay` for the schedule that does the same."""
    schedule = config.get("learning_rate")
    if not isinstance(schedule, dict) or schedule.get("class_name") != SCHEDULE:
        return config
    rates = schedule["config"]
    steps = rates["decay_steps"]
    if rates.get("staircase") or not steps:
        return config
    return {
        **config,
        "learning_rate": rates["initial_learning_rate"],
        "decay": rates["decay_rate"] / steps,
    }


class RMSpropMigration(OptimizerMigration):
    """RMSprop; a momentum is TensorFlow's alone."""

    own_arguments = ("rho",)
    keras3 = f"{PACKAGE}RMSprop"
    later_formula = True
    slots = ("accumulator",)

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments."""
        config = dict(config)
        if self.origin.keras > 1 and config.get("momentum") == 0:
            del config["momentum"]
        return super().translated(name, config)


class NadamMigration(OptimizerMigration):
    """Nadam, which has its own decay."""

    own_arguments = ("beta_1", "beta_2", "schedule_decay")
    keras3 = f"{PACKAGE}Nadam"
    slots = ("momentum", "velocity")

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments.

        `decay` is the schedule's, which later versions fix at 1.
        """
        class_name, arguments = super().translated(name, config)
        if self.origin.keras < 2:
            return class_name, arguments
        decay = arguments.pop("decay", None) or DEFAULT_SCHEDULE_DECAY
        if "use_ema" in config:
            decay = 1.0
        return class_name, {"schedule_decay": decay, **arguments}

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer:
        """Returns the optimizer of Keras 3, whose schedule has a decay of 1."""
        there = super().to_keras3(config, arrays)
        if config["schedule_decay"] != 1:
            return there
        del there.arguments["schedule_decay"]
        return replace(there, class_name="Nadam")
