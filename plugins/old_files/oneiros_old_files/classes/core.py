"""Layers in files of other versions, and when a model's `dim_ordering` changes: core
layers, activations with parameters, Embedding, BatchNormalization, wrappers.

Keras 2 has a class for each mode of Merge.
"""

from dataclasses import replace

import numpy as np
from oneiros.errors import ConfigError

from oneiros_old_files.base import (
    Arrays,
    Config,
    Described,
    Following,
    Migration,
    MovedCall,
)
from oneiros_old_files.classes.recurrent import OneInputMigration
from oneiros_old_files.configs import inner_migrated
from oneiros_old_files.keras2 import Keras2Layer, part
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer, argument_there
from oneiros_old_files.moves import Moved, unmoved
from oneiros_old_files.parts import plain
from oneiros_old_files.rows import AFFINE, MERGED, same_names

ELEMENTWISE_MODES = ("sum", "mul", "ave", "max")
"""Modes of Merge that take each value by itself."""
CLASSES = {row["added"]["mode"]: name for name, row in MERGED.items()}
"""Modes of Merge, and the layers that do the same in Keras 3."""
MASKED_MODES = ("ave", "concat", "mul", "sum")
"""Modes that join masks, which Keras 3's layers join in another way."""
OF_A_DIRECTION = ("name", "go_backwards")
"""The arguments in which the layers of both directions differ."""
OF_KERAS2 = ("return_state", "time_major")
"""Arguments of a layer that runs in both directions, which no layer here has."""
SHARED_OBJECT = "shared_object_id"


class DenseMigration(Keras2Layer):
    """Dense."""

    name = "Dense"
    renamed = {**AFFINE, "units": "output_dim"}

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer with its kernel's rows where its input's values are."""
        places = call.inputs[0].places
        if places is None:
            return None
        kernel, *bias = call.arrays
        moved_kernel = kernel[list(places)]
        return call.config, [moved_kernel, *bias], unmoved(1)


class ActivationMigration(Keras2Layer):
    """Activation."""

    name = "Activation"
    renamed = {"activation": "activation"}
    elementwise = True

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments: of Keras 3's that only penalizes its
        input, ActivityRegularization."""
        penalty = config.get("activity_regularizer")
        is_linear = config.get("activation") == "linear"
        if self.origin.keras < 3 or not penalty or not is_linear:
            return super().translated(name, config)
        del config["activity_regularizer"]
        _, arguments = super().translated(name, config)
        del arguments["activation"]
        factors = part(penalty, self.origin)
        arguments.update(l1=factors["l1"], l2=factors["l2"])
        return "ActivityRegularization", arguments

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer as it is; softmax needs its last axis where it was."""
        is_softmax = call.config.get("activation") == "softmax"
        if is_softmax and call.inputs[0].is_last_moved:
            return None
        return super().moved(call)


class ActivityRegularizationMigration(Keras2Layer):
    """ActivityRegularization."""

    name = "ActivityRegularization"
    elementwise = True
    renamed = {"l1": "l1", "l2": "l2"}

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer:
        """Returns a layer that changes nothing, with the penalty."""
        penalty = argument_there("activity_regularizer", config)
        arguments = {"activation": "linear", "activity_regularizer": penalty}
        return Keras3Layer("Activation", arguments, arrays)


class DropoutMigration(Keras2Layer):
    """Dropout."""

    name = "Dropout"
    elementwise = True
    renamed = {"rate": "p", "noise_shape": "noise_shape", "seed": "seed"}

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer as it is, unless what it drops together has a shape."""
        return None if call.config.get("noise_shape") else super().moved(call)


class FlattenMigration(Keras2Layer):
    """Flatten, which keeps the order of the axes here."""

    name = "Flatten"

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer as it is; its output is a vector in another order."""
        flattened = call.inputs[0].flattened(call.shapes[0])
        return call.config, call.arrays, flattened


class PermuteMigration(Keras2Layer):
    """Permute."""

    name = "Permute"
    renamed = {"dims": "dims"}

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer with the `dims` that give the same output."""
        moved = call.inputs[0]
        dims = [moved.axis(axis) for axis in call.config["dims"]]
        config = {**call.config, "dims": dims}
        return config, call.arrays, unmoved(len(dims))


class LambdaMigration(Keras2Layer):
    """Lambda, whose function the caller supplies."""

    name = "Lambda"
    keras3 = None
    renamed = same_names(
        "function", "function_type", "arguments", "output_shape", "output_shape_type"
    )

    def complete(self, arguments: Config, config: Config) -> None:
        """Marks functions that the caller supplies.

        Those of Keras 3 stay dicts: a file's function may have the name of one that is
        registered here.
        """
        for argument in ("function", "output_shape"):
            value = config.get(argument)
            is_function = isinstance(value, dict) and "class_name" in value
            if self.origin.keras > 2 and is_function:
                arguments[argument] = value
                arguments[f"{argument}_type"] = "lambda"
        if isinstance(arguments.get("function"), dict):
            arguments["function_type"] = "lambda"


class MergeMigration(Migration):
    """Merge of Keras 1, which may hold the layers that it joins."""

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments."""
        layers = config.get("layers")
        if isinstance(layers, list):
            config["layers"] = [inner_migrated(layer, self.origin) for layer in layers]
        return name, config

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer:
        """Returns the layer of the mode, which is a class of its own there."""
        mode = config["mode"]
        is_known = isinstance(mode, str) and mode in CLASSES
        if config.get("layers") or not is_known:
            raise ConfigError(f"it has mode={mode!r:.80}, which Keras 3 doesn't have.")
        arguments = {}
        if mode == "concat":
            arguments["axis"] = config["concat_axis"]
        if mode in ("cos", "dot"):
            arguments["axes"] = config["dot_axes"]
        class_name = CLASSES[mode]
        own_class_name = f"{PACKAGE}{class_name}"
        if mode == "cos":
            class_name = own_class_name
        masked = own_class_name if mode in MASKED_MODES else None
        return Keras3Layer(class_name, arguments, [], masked)

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer for inputs that moved alike, or vectors to be joined."""
        config = call.config
        mode = config.get("mode")
        if mode == "concat" and all(map(_is_vector, call.inputs)):
            return config, call.arrays, _joined(call)
        first = call.inputs[0]
        if any(moved != first for moved in call.inputs):
            return None
        if mode in ELEMENTWISE_MODES:
            return config, call.arrays, first
        if mode == "concat":
            axis = first.axis(config["concat_axis"])
            moved_config = {**config, "concat_axis": axis}
            return moved_config, call.arrays, first
        return None


def _is_vector(moved: Moved) -> bool:
    return bool(moved.places) or moved.axes == (0,)


def _joined(call: MovedCall) -> Moved:
    """Returns how vectors are moved that were joined one after the other."""
    moves = [moved for moved in call.inputs if moved.places]
    if not moves:
        return call.inputs[0]
    places: list[int] = []
    for moved, shape in zip(call.inputs, call.shapes, strict=True):
        start = len(places)
        own_places = moved.places or range(shape[-1])
        places += [start + place for place in own_places]
    return Moved((0,), tuple(places), moves[0].source)


class LearnedMigration(Keras2Layer):
    """A layer with a parameter for each value of its input, apart from shared axes."""

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer with its parameters where the values of its input are."""
        moved = call.inputs[0]
        shared_axes = call.config.get("shared_axes")
        if shared_axes:
            if moved.places:
                return None
            shared_axes = [moved.axis(axis) for axis in shared_axes]
        config = {**call.config, "shared_axes": shared_axes}
        arrays = list(map(moved.sample, call.arrays))
        return config, arrays, moved


class ReLUMigration(Keras2Layer):
    """ReLU as a layer: with a slope LeakyReLU, else Activation."""

    name = "Activation"

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments."""
        slope = plain(config.pop("negative_slope", 0))
        class_name, arguments = super().translated(name, config)
        if slope:
            return "LeakyReLU", {**arguments, "alpha": slope}
        return class_name, {**arguments, "activation": "relu"}


class EmbeddingMigration(Keras2Layer):
    """Embedding, whose input is of integers whatever its table is of."""

    name = "Embedding"
    renamed = {
        **same_names("input_dim", "output_dim", "input_length", "mask_zero"),
        "embeddings_initializer": "init",
        "embeddings_regularizer": "W_regularizer",
        "embeddings_constraint": "W_constraint",
        "activity_regularizer": "activity_regularizer",
    }

    def complete(self, arguments: Config, config: Config) -> None:
        """Leaves out the type of the table."""
        arguments.pop("input_dtype", None)
        if isinstance(arguments.get("input_length"), list):
            (arguments["input_length"],) = arguments["input_length"]


class BatchNormalizationMigration(Keras2Layer):
    """BatchNormalization; Keras 2 may leave out its weights gamma and beta."""

    name = "BatchNormalization"
    renamed = {
        **same_names("mode", "axis", "momentum", "epsilon", "center", "scale"),
        **same_names("beta_regularizer", "gamma_regularizer"),
        "beta_initializer": "beta_init",
        "gamma_initializer": "gamma_init",
    }

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer; modes 1 and 2, without running averages, are a class of
        their own there."""
        layer = super().to_keras3(config, arrays)
        if layer is None or config["mode"] == 0:
            return layer
        *learned, _, _ = layer.arrays
        return Keras3Layer(f"{PACKAGE}BatchNormalization", layer.arguments, learned)

    def complete(self, arguments: Config, config: Config) -> None:
        """Leaves out what says that both weights are there, as they always are."""
        if isinstance(arguments.get("axis"), list):
            if len(arguments["axis"]) != 1:
                self.refuse("BatchNormalization", config, "axis")
            (arguments["axis"],) = arguments["axis"]
        for name in ("center", "scale"):
            if arguments.get(name) is True:
                del arguments[name]

    def stored_count(self, config: Config, count: int) -> int:
        """Returns the number of arrays; those of Keras 3 for modes 1 and 2 have no
        running averages."""
        if self.origin.keras > 2 and config["mode"]:
            return sum(config.get(name, True) for name in ("center", "scale"))
        return count

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights, with running averages of no batch where Keras 3 has
        none."""
        if self.origin.keras > 2 and config["mode"]:
            shape = arrays[0].shape
            mean = np.zeros(shape, "float32")
            variance = np.ones(shape, "float32")
            return [*arrays, mean, variance]
        return arrays

    def moved(self, call: MovedCall) -> Following | None:
        """Returns the layer with axis or parameters where its input's values are."""
        moved = call.inputs[0]
        config = call.config
        if moved.places:
            arrays = list(map(moved.sample, call.arrays))
            return config, arrays, moved
        if config.get("mode") == 1 and moved.is_last_moved:
            return None
        axis = moved.axis(config.get("axis", -1))
        moved_config = {**config, "axis": axis}
        return moved_config, call.arrays, moved


class TimeDistributedMigration(Keras2Layer):
    """TimeDistributed."""

    name = "TimeDistributed"
    renamed = {"layer": "layer"}

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments, the layer's among them."""
        class_name, arguments = super().translated(name, config)
        if "layer" in arguments:
            arguments["layer"] = inner_migrated(arguments["layer"], self.origin)
        return class_name, arguments

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Refuses a layer that joins the rows of a batch: Keras 3 calls a layer step by
        step, and Keras 1 with all steps at once."""
        if _joins_rows(config["layer"]):
            raise ConfigError(
                "it applies a BatchNormalization with mode=2 to all steps at once, and "
                "Keras 3 to each step by itself."
            )


class BidirectionalMigration(OneInputMigration, TimeDistributedMigration):
    """Bidirectional."""

    name = "Bidirectional"
    renamed = {"layer": "layer", "merge_mode": "merge_mode"}

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments; the layer is used in both directions.

        # Raises
            ConfigError: if the layer for the other direction isn't the same.
        """
        if self.origin.keras < 2:
            return super().translated(name, config)
        backward = config.pop("backward_layer", None)
        if backward and _essence(backward) != _essence(config["layer"]):
            raise ConfigError(
                f"The Bidirectional layer {config.get('name')!r} has a backward_layer "
                "that isn't like its layer, and Keras 1 uses one in both directions."
            )
        inner = config["layer"]["config"]
        for argument in filter(inner.get, OF_KERAS2):
            self.refuse(name, inner, argument)
        return super().translated(name, config)

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer. If it returns sequences, Keras 3's own has zeros at steps
        that a mask hides."""
        layer = super().to_keras3(config, arrays)
        if layer is not None and config["layer"]["config"]["return_sequences"]:
            return replace(layer, class_name=f"{PACKAGE}{self.name}")
        return layer


def _joins_rows(part) -> bool:
    """Returns whether a layer is, or holds, one that normalises by the batch."""
    if isinstance(part, list):
        return any(map(_joins_rows, part))
    if not isinstance(part, dict):
        return False
    if part.get("class_name") == "BatchNormalization":
        return bool(part["config"]["mode"] == 2)
    return any(map(_joins_rows, part.values()))


def _essence(layer) -> Described:
    """Returns the class and the arguments of a layer that don't depend on its direction
    or on its first weights."""
    arguments = {
        name: _unshared(value)
        for name, value in layer["config"].items()
        if name not in OF_A_DIRECTION and not name.endswith("_initializer")
    }
    return layer["class_name"], arguments


def _unshared(value):
    """Returns a part of a configuration without the numbers that Keras 3 gives to
    objects, also to equal ones of its own."""
    if not isinstance(value, dict):
        return value
    return {
        name: _unshared(part) for name, part in value.items() if name != SHARED_OBJECT
    }
