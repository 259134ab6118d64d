"""How files describe recurrent layers of Keras 2."""

from dataclasses import replace
from typing import Any

import numpy as np
from oneiros import registry
from oneiros.errors import ConfigError
from oneiros.migrations import Keras2Layer, from_cudnn, migrated

Config = dict[str, Any]
Arrays = list[np.ndarray]
EXTENDED = "Keras2"
INNER = ("cell", "cells", "layer", "backward_layer")
"""Arguments with layers inside."""
ANY = None


class RecurrentMigration(Keras2Layer):
    """A recurrent layer, with the arguments and the weights of the file."""

    as_stored = True
    neutral = {"implementation": ANY, "num_constants": (0, None)}
    inputs = ("initial_state", "a second argument")

    def translated(self, name: str, config) -> tuple[str, Config]:
        """Returns the class and its arguments, the layers inside among them."""
        class_name, arguments = super().translated(name, config)
        for argument in arguments.keys() & {*INNER}:
            arguments[argument] = self._inside(arguments[argument])
        return class_name, arguments

    def _inside(self, entry):
        """Returns a layer inside; one of Keras 1 doesn't take the states of a call."""
        if isinstance(entry, list):
            return list(map(self._inside, entry))
        is_old = self.origin.keras < 2
        if is_old or not isinstance(entry, dict):
            return entry
        extended = f"{EXTENDED}{entry.get('class_name')}"
        if registry.find("layer", extended) is not None:
            entry = {**entry, "class_name": extended}
        return migrated(entry, self.origin)

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Refuses what Keras 3 doesn't have."""
        if config.get("time_major"):
            raise ConfigError(
                "it has time_major=True, which Keras 3 doesn't have: put Permute "
                "before and behind a layer without it."
            )


class Keras2GRUMigration(RecurrentMigration):
    """GRU."""

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights; CuDNN's as Keras has them."""
        *_, bias = arrays
        if not config["reset_after"] or bias.ndim != 1:
            return arrays
        kernel, recurrent, biases = from_cudnn(arrays, 3)
        return [kernel, recurrent, biases]


class Keras2LSTMMigration(RecurrentMigration):
    """LSTM."""

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights; CuDNN's as Keras has them, with one bias."""
        *_, bias = arrays
        size_there = 8 * config["units"]
        if not config["use_bias"] or bias.size != size_there:
            return arrays
        kernel, recurrent, biases = from_cudnn(arrays, 4)
        return [kernel, recurrent, biases.sum(axis=0)]


class Keras2BidirectionalMigration(RecurrentMigration):
    """Bidirectional."""

    def to_keras3(self, config: Config, arrays: Arrays):
        """Returns the layer. If it returns sequences, Keras 3's own has zeros at masked
        steps."""
        layer = super().to_keras3(config, arrays)
        returns_steps = config["layer"]["config"]["return_sequences"]
        if not (layer and returns_steps) or config["zero_output_for_mask"]:
            return layer
        return replace(layer, class_name="oneiros_keras3>Bidirectional")
