"""Layers of Keras 2 and 3 that other layers have as their activation."""

from oneiros.errors import ConfigError
from oneiros.migrations import Keras3Layer, Migration

FUNCTIONS = {
    "ELU": "elu",
    "LeakyReLU": "leaky_relu",
    "ReLU": "rectified",
    "Softmax": "softmax_along",
}
"""The functions here of layers there."""
LAYERS = {function: name for name, function in FUNCTIONS.items()}
ARGUMENTS = ("alpha", "axis", "max_value", "negative_slope", "threshold")
"""The arguments of those layers."""


class ActivationWithMigration(Migration):
    """A layer as an activation; it is a function with arguments here."""

    def translated(self, name: str, config):
        """Returns the function with the arguments of a layer.

        # Raises
            ConfigError: if it isn't one of Keras's layers without weights.
        """
        if name not in FUNCTIONS:
            raise ConfigError(
                f"The activation is a layer of the class {name}. Known as activations "
                f"are {', '.join(FUNCTIONS)}."
            )
        arguments = {key: value for key, value in config.items() if key in ARGUMENTS}
        if name == "LeakyReLU" and "alpha" in arguments:
            arguments["negative_slope"] = arguments.pop("alpha")
        described = {"function": FUNCTIONS[name], "arguments": arguments}
        return "ActivationWith", {"name": "ActivationWith", **described}

    def to_keras3(self, config, arrays):
        """Returns the layer of Keras 3; None if it has none for the function."""
        name = LAYERS.get(config["function"])
        return name and Keras3Layer(name, config["arguments"], arrays)
