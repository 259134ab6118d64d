"""Migration from files of Keras 2: activations with parameters."""

from __future__ import annotations

from typing import Any

from oneiros_old_files.base import Arrays, Following, Migration, Origin
from oneiros_old_files.keras2 import Keras2Layer, plain
from oneiros_old_files.keras3 import PACKAGE
from oneiros_old_files.moves import Moved


class LearnedMigration(Migration):
    """A layer with a parameter for each value of its input, apart from shared axes."""

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer with its parameters where the values of its input are."""
        (moved,) = inputs
        shared_axes = config.get("shared_axes")
        if shared_axes:
            if moved.places:
                return None
            shared_axes = [moved.axis(axis) for axis in shared_axes]
        return (
            {**config, "shared_axes": shared_axes},
            [moved.sample(value) for value in arrays],
            moved,
        )


class ParametricSoftplusMigration(LearnedMigration, Keras2Layer):
    """ParametricSoftplus, which Keras 2 doesn't have."""

    name = "ParametricSoftplus"
    keras3 = f"{PACKAGE}ParametricSoftplus"
    of_keras1 = True
    renamed = {
        argument: argument for argument in ("alpha_init", "beta_init", "shared_axes")
    }


class SReLUMigration(LearnedMigration, Keras2Layer):
    """SReLU, which Keras 2 doesn't have."""

    name = "SReLU"
    keras3 = f"{PACKAGE}SReLU"
    of_keras1 = True
    renamed = {
        "t_left_initializer": "t_left_init",
        "a_left_initializer": "a_left_init",
        "t_right_initializer": "t_right_init",
        "a_right_initializer": "a_right_init",
        "shared_axes": "shared_axes",
    }


class PReLUMigration(LearnedMigration, Keras2Layer):
    """PReLU."""

    name = "PReLU"
    renamed = {"alpha_initializer": "init", "shared_axes": "shared_axes"}
    neutral = {"alpha_regularizer": (None,), "alpha_constraint": (None,)}


class ReLUMigration(Keras2Layer):
    """ReLU as a layer: with a slope LeakyReLU, else Activation."""

    name = "Activation"
    neutral = {"max_value": (None,), "threshold": (0, None)}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        slope = plain(config.get("negative_slope")) or 0
        others = {
            argument: value
            for argument, value in config.items()
            if argument != "negative_slope"
        }
        class_name, arguments = super().translated(name, others, origin)
        if slope:
            return "LeakyReLU", {**arguments, "alpha": slope}
        return class_name, {**arguments, "activation": "relu"}
