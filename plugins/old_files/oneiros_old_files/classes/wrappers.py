"""Migration from files of Keras 2: the layers that hold a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oneiros.errors import ConfigError

from oneiros_old_files.base import Arrays, Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.keras2 import Keras2Layer
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer

OF_A_DIRECTION = ("name", "go_backwards")
"""The arguments in which the layers of both directions differ."""
SHARED_OBJECT = "shared_object_id"


class TimeDistributedMigration(Keras2Layer):
    """TimeDistributed."""

    name = "TimeDistributed"
    renamed = {"layer": "layer"}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments, the layer's among them."""
        class_name, arguments = super().translated(name, config, origin)
        if "layer" in arguments:
            arguments["layer"] = migrated(arguments["layer"], origin)
        return class_name, arguments

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer. Keras 3's calls its layer step by step, and Keras 1's with
        all steps at once, which differs in a layer that joins the rows of a batch."""
        if _joins_rows(config["layer"]):
            raise ConfigError(
                "it applies a BatchNormalization with mode=2 to all steps at once, and "
                "Keras 3 to each step by itself."
            )
        return super().to_keras3(config, arrays)


class BidirectionalMigration(TimeDistributedMigration):
    """Bidirectional."""

    name = "Bidirectional"
    renamed = {"layer": "layer", "merge_mode": "merge_mode"}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments; the layer is used in both directions.

        # Raises
            ConfigError: if the layer for the other direction isn't the same.
        """
        backward = config.pop("backward_layer", None) if origin.keras > 1 else None
        if backward is not None and _essence(backward) != _essence(config["layer"]):
            class_name = backward.get("class_name")
            raise ConfigError(
                f"The Bidirectional layer {config.get('name')!r} has a backward_layer, "
                f"{class_name}, that isn't like its layer. Keras 1 uses one in both "
                "directions: build both layers by themselves, the second with "
                "go_backwards=True, and merge them."
            )
        return super().translated(name, config, origin)

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer. If it returns sequences, Keras 3's own has zeros at steps
        that a mask hides."""
        layer = super().to_keras3(config, arrays)
        if layer is not None and config["layer"]["config"]["return_sequences"]:
            return replace(layer, class_name=f"{PACKAGE}{self.name}")
        return layer


def _joins_rows(part: Any) -> bool:
    """Returns whether a layer is, or holds, one that normalises by the batch."""
    if isinstance(part, list):
        return any(map(_joins_rows, part))
    if not isinstance(part, dict):
        return False
    if part.get("class_name") == "BatchNormalization":
        return bool(part["config"]["mode"] == 2)
    return any(map(_joins_rows, part.values()))


def _essence(layer: Any) -> tuple[Any, Any]:
    """Returns the class and the arguments of a layer that don't depend on its direction
    or on its first weights."""
    arguments = {
        name: _unshared(value)
        for name, value in layer["config"].items()
        if name not in OF_A_DIRECTION and not name.endswith("_initializer")
    }
    return layer["class_name"], arguments


def _unshared(value: Any) -> Any:
    """Returns a part of a configuration without the numbers that Keras 3 gives to
    objects, also to equal ones of its own."""
    if not isinstance(value, dict):
        return value
    return {
        name: _unshared(part) for name, part in value.items() if name != SHARED_OBJECT
    }
