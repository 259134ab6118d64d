"""Core layers in files of Keras 2, and when a model's `dim_ordering` changes.

Keras 2 has a class for each mode of Merge.
"""

from __future__ import annotations

from typing import Any

from oneiros.errors import ConfigError
from oneiros_old_files.base import (
    Arrays,
    ElementwiseMigration,
    Following,
    Migration,
    Origin,
)
from oneiros_old_files.configs import migrated
from oneiros_old_files.keras2 import AFFINE, Keras2Layer, RegisteredLayer, part
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer, argument_there
from oneiros_old_files.moves import Moved, unmoved

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

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the layer as it is; Keras 2 doesn't have it."""
        return name, config


class HighwayMigration(RegisteredLayer):
    """Highway."""

    name = "Highway"
    keras3 = f"{PACKAGE}Highway"
    renamed = AFFINE


class MaxoutDenseMigration(RegisteredLayer):
    """MaxoutDense."""

    name = "MaxoutDense"
    keras3 = f"{PACKAGE}MaxoutDense"
    renamed = {**AFFINE, "units": "output_dim", "maps": "nb_feature"}


class ActivationMigration(ElementwiseMigration, Keras2Layer):
    """Activation."""

    name = "Activation"
    renamed = {"activation": "activation"}

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


class ActivityRegularizationMigration(ElementwiseMigration, Keras2Layer):
    """ActivityRegularization."""

    name = "ActivityRegularization"
    renamed = {"l1": "l1", "l2": "l2"}

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer:
        """Returns a layer that changes nothing, with the penalty."""
        penalty = argument_there("activity_regularizer", config)
        arguments = {"activation": "linear", "activity_regularizer": penalty}
        return Keras3Layer("Activation", arguments, arrays)


class DropoutMigration(ElementwiseMigration, Keras2Layer):
    """Dropout."""

    name = "Dropout"
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


class SpatialDropout1DMigration(Keras2Layer):
    """SpatialDropout1D."""

    name = "SpatialDropout1D"
    renamed = {"rate": "p", "seed": "seed"}
    neutral = {"noise_shape": (None,)}


class SpatialDropout2DMigration(SpatialDropout1DMigration):
    """SpatialDropout2D."""

    name = "SpatialDropout2D"
    renamed = {**SpatialDropout1DMigration.renamed, "data_format": "dim_ordering"}


class SpatialDropout3DMigration(SpatialDropout2DMigration):
    """SpatialDropout3D."""

    name = "SpatialDropout3D"


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


class ReshapeMigration(Keras2Layer):
    """Reshape."""

    name = "Reshape"
    renamed = {"target_shape": "target_shape"}


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


class RepeatVectorMigration(Keras2Layer):
    """RepeatVector."""

    name = "RepeatVector"
    renamed = {"n": "n"}


class MaskingMigration(Keras2Layer):
    """Masking."""

    name = "Masking"
    renamed = {"mask_value": "mask_value"}


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


class MergeLayerMigration(Keras2Layer):
    """What Merge with one mode is in Keras 2."""

    name = "Merge"

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns Merge and its arguments, of which `trainable` is none."""
        class_name, arguments = super().translated(name, config, origin)
        return class_name, {
            key: value for key, value in arguments.items() if key != "trainable"
        }


class AddMigration(MergeLayerMigration):
    """Merge by sum."""

    added = {"mode": "sum"}


class MultiplyMigration(MergeLayerMigration):
    """Merge by product."""

    added = {"mode": "mul"}


class AverageMigration(MergeLayerMigration):
    """Merge by average."""

    added = {"mode": "ave"}


class MaximumMigration(MergeLayerMigration):
    """Merge by maximum."""

    added = {"mode": "max"}


class ConcatenateMigration(MergeLayerMigration):
    """Merge along an axis."""

    added = {"mode": "concat"}
    renamed = {"axis": "concat_axis"}


class DotMigration(MergeLayerMigration):
    """Merge by dot product; Keras 1's cosine has another shape."""

    added = {"mode": "dot"}
    renamed = {"axes": "dot_axes"}
    neutral = {"normalize": (False,)}


class CosineMigration(MergeLayerMigration, RegisteredLayer):
    """Merge by cosine."""

    added = {"mode": "cos"}
    renamed = {"axes": "dot_axes"}
