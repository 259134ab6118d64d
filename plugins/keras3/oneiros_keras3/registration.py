"""How classes and functions get the names under which `.keras` files refer to them, and
how classes describe themselves there."""

from collections.abc import Mapping
from typing import Any

import keras

Shape = tuple[int | None, ...]
register = keras.saving.register_keras_serializable("oneiros_keras3")
"""Decorator: the registered name is `oneiros_keras3>` and the object's own."""


PARTS: dict[str, Any] = {
    "activation": keras.activations.get,
    "_initializer": keras.initializers.get,
    "_regularizer": keras.regularizers.get,
    "_constraint": keras.constraints.get,
}
"""By the ends of arguments' names, what makes functions and objects of their values."""


class Described:
    """An object whose constructor and configuration have the same arguments.

    # Properties
        arguments: dict, the names of the arguments and their defaults. They become
            attributes; the name or the configuration of a function or an object becomes
            that.

    # Arguments
        **kwargs: these, and those of the class from Keras.
    """

    arguments: Mapping[str, Any] = {}

    def __init__(self, **kwargs) -> None:
        own = {
            name: kwargs.pop(name, default) for name, default in self.arguments.items()
        }
        super().__init__(**kwargs)
        for name, value in own.items():
            for end, made in PARTS.items():
                if name.endswith(end):
                    value = made(value)
            setattr(self, name, value)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        for name in self.arguments:
            value = getattr(self, name)
            config[name] = keras.saving.serialize_keras_object(value)
        return config


class DescribedLayer(Described, keras.layers.Layer):
    """A layer that describes itself."""

    def add_parameter(self, name: str, shape: Shape):
        """Makes a weight with the initializer, the penalty and the constraint that
        begin with its name."""
        return self.add_weight(
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer", None),
            constraint=getattr(self, f"{name}_constraint", None),
            name=name,
        )


class ShapedLikeInput(DescribedLayer):
    """A layer whose output has the shape and the mask of its input."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape
