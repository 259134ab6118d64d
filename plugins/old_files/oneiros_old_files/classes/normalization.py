"""Migration from files of Keras 2: BatchNormalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from oneiros_old_files.base import Arrays, Following, Origin
from oneiros_old_files.keras2 import ANY, Keras2Layer
from oneiros_old_files.keras3 import PACKAGE, Keras3Layer
from oneiros_old_files.moves import Moved


class BatchNormalizationMigration(Keras2Layer):
    """BatchNormalization; Keras 2 may leave out its weights gamma and beta."""

    name = "BatchNormalization"
    renamed = {
        "axis": "axis",
        "momentum": "momentum",
        "epsilon": "epsilon",
        "center": "center",
        "scale": "scale",
        "beta_initializer": "beta_init",
        "gamma_initializer": "gamma_init",
        "beta_regularizer": "beta_regularizer",
        "gamma_regularizer": "gamma_regularizer",
    }
    neutral = {
        "moving_mean_initializer": ANY,
        "moving_variance_initializer": ANY,
        "beta_constraint": (None,),
        "gamma_constraint": (None,),
        "fused": ANY,
        "renorm": (False,),
        "renorm_clipping": ANY,
        "renorm_momentum": ANY,
        "virtual_batch_size": (None,),
        "synchronized": (False,),
    }

    unneeded = frozenset({"mode"})

    def to_keras3(self, config: dict[str, Any], arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer; modes 1 and 2, without running averages, are a class of
        their own there."""
        layer = super().to_keras3(config, arrays)
        if layer is None or config["mode"] == 0:
            return layer
        arguments = {**layer.arguments, "mode": config["mode"]}
        *learned, _, _ = layer.arrays
        return Keras3Layer(f"{PACKAGE}BatchNormalization", arguments, learned)

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class and its arguments."""
        modes = {}
        if name.startswith(PACKAGE):
            modes["mode"] = config.pop("mode")
        class_name, arguments = super().translated(name, config, origin)
        arguments.update(modes)
        if origin.keras > 1:
            if isinstance(arguments.get("axis"), list):
                (arguments["axis"],) = arguments["axis"]
            arguments = {
                key: value
                for key, value in arguments.items()
                if (key, value) not in DEFAULTS
            }
        return class_name, arguments

    def stored_count(self, config: dict[str, Any], count: int, origin: Origin) -> int:
        """Returns the number of arrays; those of Keras 3 for modes 1 and 2 have no
        running averages."""
        if origin.keras > 2 and config["mode"]:
            return sum(config.get(name, True) for name in ("center", "scale"))
        return count

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns the weights, with running averages of no batch where Keras 3 has
        none."""
        if origin.keras > 2 and config["mode"]:
            shape = arrays[0].shape
            return [*arrays, np.zeros(shape, "float32"), np.ones(shape, "float32")]
        return arrays

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer with axis or parameters where its input's values are."""
        (moved,) = inputs
        if moved.places:
            return config, [moved.sample(value) for value in arrays], moved
        if config.get("mode") == 1 and moved.axes[-1] != len(moved.axes) - 1:
            return None
        return {**config, "axis": moved.axis(config.get("axis", -1))}, arrays, moved


DEFAULTS = (("center", True), ("scale", True))
