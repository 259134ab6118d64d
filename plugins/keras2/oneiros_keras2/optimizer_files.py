"""Optimizers, in files of Keras 2 and 3."""

from typing import Any

from oneiros.errors import ConfigError
from oneiros.migrations import OptimizerMigration

from oneiros_keras2.schedules import SCHEDULES

MODULE = "keras.optimizers.schedules"
RATE = "initial_learning_rate"
OF_PIECES = "PiecewiseConstantDecay"


class Keras2OptimizerMigration(OptimizerMigration):
    """An optimizer with what Keras 2 added, such as a schedule of learning rates."""

    own_arguments = ("schedule", "weight_clipnorm", "weight_decay")

    def translated(self, name: str, config):
        """Returns the class and its arguments."""
        rate = config.get("learning_rate")
        if not isinstance(rate, dict) or "schedule" not in self.own_arguments:
            return super().translated(name, config)
        first, schedule = _schedule(rate)
        config = {**config, "learning_rate": first, "schedule": schedule}
        return super().translated(name, config)

    def to_keras3(self, config, arrays):
        """Returns the optimizer of Keras 3."""
        arguments = dict(config)
        schedule = arguments.pop("schedule", None)
        there = super().to_keras3(arguments, arrays)
        if schedule:
            first = arguments["lr"]
            there.arguments["learning_rate"] = _schedule_there(first, schedule)
        return there


def _schedule(stored: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Returns the first rate of a stored schedule, and the schedule here.

    # Raises
        ConfigError: if it isn't known here.
    """
    name = stored.get("class_name")
    if name not in SCHEDULES or stored.get("registered_name"):
        raise ConfigError(f"its learning rate is a {name!s:.80}, which isn't known.")
    arguments = dict(stored["config"])
    arguments.pop("name", None)
    if arguments.pop("cycle", False):
        raise ConfigError(f"its {name} begins again after its end, which isn't known.")
    schedule = {"class_name": name, **arguments}
    if name == OF_PIECES:
        return schedule["values"][0], schedule
    first = schedule.pop(RATE)
    return first, schedule


def _schedule_there(rate: float, schedule: dict[str, Any]) -> dict[str, Any]:
    """Returns a schedule as Keras 3 stores it."""
    arguments = dict(schedule)
    name = arguments.pop("class_name")
    if name != OF_PIECES:
        arguments[RATE] = rate
    return {
        "module": MODULE,
        "class_name": name,
        "config": arguments,
        "registered_name": None,
    }
