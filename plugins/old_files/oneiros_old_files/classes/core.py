"""Core layers in files of Keras 2, and when a model's `dim_ordering` changes.

Keras 2 has a class for each mode of Merge.
"""

from __future__ import annotations

from typing import Any

from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Following, Migration, Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.keras2 import Keras2Layer, part
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer, argument_there
from oneiros_old_files.moves import Moved, unmoved
from oneiros_old_files.rows import AFFINE

ELEMENTWISE_MODES = ("sum", "mul", "ave", "max")
"""Modes of Merge that take each value by itself."""
CLASSES = {
    "ave": "Average",
    "cos": f"{PACKAGE}Cosine",
    "concat": "Concatenate",
    "dot": "Dot",
    "max": "Maximum",
    "mul": "Multiply",
    "sum": "Add",
}
"""Modes of Merge, and the layers that do the same in Keras 3."""
MASKED_MODES = ("ave", "concat", "mul", "sum")
"""Modes that join masks, which Keras 3's layers join in another way."""


class DenseMigration(Keras2Layer):
    """Dense."""

    name = "Dense"
    renamed = {**AFFINE, "units": "output_dim"}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer with its kernel's rows where its input's values are."""
        if inputs[0].places is None:
            return None
        kernel, *bias = arrays
        return config, [kernel[list(inputs[0].places)], *bias], unmoved(1)


class TimeDistributedDenseMigration(DenseMigration):
    """TimeDistributedDense: a Dense, which passes on masks in Keras 3."""

    name = "TimeDistributedDense"
    keras3 = "Dense"
    of_keras1 = True


class ActivationMigration(Keras2Layer):
    """Activation."""

    name = "Activation"
    renamed = {"activation": "activation"}
    elementwise = True

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        penalty = _penalty(config, origin)
        if penalty is None:
            return super().translated(name, config, origin)
        del config["activity_regularizer"]
        _, arguments = super().translated(name, config, origin)
        del arguments["activation"]
        return "ActivityRegularization", {**arguments, **penalty}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer as it is; softmax needs its last axis where it was."""
        axes = inputs[0].axes
        is_last_moved = axes[-1] != len(axes) - 1
        if is_last_moved and config.get("activation") == "softmax":
            return None
        return super().moved(config, arrays, inputs, shapes)


def _penalty(config: dict[str, Any], origin: Origin) -> dict[str, Any] | None:
    """Returns the factors of an `Activation` that only penalizes its input, as Keras
    3 has ActivityRegularization; None for any other one."""
    penalty = config.get("activity_regularizer")
    if origin.keras < 3 or not penalty or config.get("activation") != "linear":
        return None
    factors = part(penalty, origin)
    return {"l1": factors["l1"], "l2": factors["l2"]}


class ActivityRegularizationMigration(Keras2Layer):
    """ActivityRegularization."""

    name = "ActivityRegularization"
    elementwise = True
    renamed = {"l1": "l1", "l2": "l2"}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer:
        """Returns a layer that changes nothing, with the penalty."""
        penalty = argument_there("activity_regularizer", config)
        arguments = {"activation": "linear", "activity_regularizer": penalty}
        return Keras3Layer("Activation", arguments, arrays)


class DropoutMigration(Keras2Layer):
    """Dropout."""

    name = "Dropout"
    elementwise = True
    renamed = {"rate": "p", "noise_shape": "noise_shape", "seed": "seed"}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer as it is, unless what it drops together has a shape."""
        if config.get("noise_shape"):
            return None
        return super().moved(config, arrays, inputs, shapes)


class FlattenMigration(Keras2Layer):
    """Flatten, which keeps the order of the axes here."""

    name = "Flatten"
    neutral = {"data_format": ("channels_last", None)}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer as it is; its output is a vector in another order."""
        return config, arrays, inputs[0].flattened(shapes[0])


class PermuteMigration(Keras2Layer):
    """Permute."""

    name = "Permute"
    renamed = {"dims": "dims"}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer with the `dims` that give the same output."""
        dims = [inputs[0].axis(axis) for axis in config["dims"]]
        return {**config, "dims": dims}, arrays, unmoved(len(dims))


class LambdaMigration(Keras2Layer):
    """Lambda, whose function the caller supplies."""

    name = "Lambda"
    keras3 = None
    renamed = {
        argument: argument
        for argument in (
            "function",
            "function_type",
            "output_shape",
            "output_shape_type",
            "arguments",
        )
    }
    neutral = {"mask": (None,), "mask_type": ("raw",)}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments, without a function's module."""
        if origin.keras > 1:
            config = {
                argument: value
                for argument, value in config.items()
                if "module" not in argument
            }
        class_name, arguments = super().translated(name, config, origin)
        if origin.keras > 2:
            arguments.update(_functions(config))
        if origin.keras > 1 and isinstance(arguments.get("function"), dict):
            arguments["function_type"] = "lambda"
        return class_name, arguments


def _functions(config: dict[str, Any]) -> dict[str, Any]:
    """Returns the functions in the arguments of a Lambda of Keras 3.

    They stay dicts: a file's function may have the name of one that is registered here.
    """
    functions: dict[str, Any] = {}
    for argument in ("function", "output_shape"):
        value = config.get(argument)
        if isinstance(value, dict) and "class_name" in value:
            functions[argument] = value
            functions[f"{argument}_type"] = "lambda"
    return functions


class MergeMigration(Migration):
    """Merge of Keras 1, which may hold the layers that it joins."""

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        layers = config.get("layers")
        if not isinstance(layers, list):
            return name, config
        layers = [migrated(layer, origin) for layer in layers]
        return name, {**config, "layers": layers}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer of the mode, which is a class of its own there."""
        mode = config["mode"]
        if config.get("layers") or not isinstance(mode, str) or mode not in CLASSES:
            raise ConfigError(f"it has mode={mode!r:.80}, which Keras 3 doesn't have.")
        arguments = {}
        if mode == "concat":
            arguments["axis"] = config["concat_axis"]
        if mode in ("cos", "dot"):
            arguments["axes"] = config["dot_axes"]
        class_name = CLASSES[mode]
        masked = f"{PACKAGE}{class_name}" if mode in MASKED_MODES else None
        return Keras3Layer(class_name, arguments, [], masked)

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer for inputs that moved alike, or vectors to be joined."""
        mode = config.get("mode")
        if mode == "concat" and all(map(_is_vector, inputs)):
            return config, arrays, _joined(inputs, shapes)
        first, *others = inputs
        if any(moved != first for moved in others):
            return None
        if mode in ELEMENTWISE_MODES:
            return config, arrays, first
        if mode == "concat":
            axis = first.axis(config["concat_axis"])
            return {**config, "concat_axis": axis}, arrays, first
        return None


def _is_vector(moved: Moved) -> bool:
    return bool(moved.places) or moved.axes == (0,)


def _joined(inputs: list[Moved], shapes: list[Any]) -> Moved:
    """Returns how vectors are moved that were joined one after the other."""
    first_moved = next((moved for moved in inputs if moved.places), None)
    if first_moved is None:
        return inputs[0]
    places: list[int] = []
    for moved, shape in zip(inputs, shapes, strict=True):
        places += [len(places) + place for place in moved.places or range(shape[-1])]
    return Moved((0,), tuple(places), first_moved.source)
