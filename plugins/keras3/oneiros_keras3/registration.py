"""How classes and functions get the names under which `.keras` files refer to them, and
how classes describe themselves there."""

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
    """An object whose configuration has its constructor's arguments."""

    described: tuple[str, ...] = ()

    def keep(self, **arguments: Any) -> None:
        """Sets attributes, which become a part of the configuration; the name or the
        configuration of a function or an object becomes that."""
        self.described = (*self.described, *arguments)
        for name, value in arguments.items():
            for end, made in PARTS.items():
                if name.endswith(end):
                    value = made(value)
            setattr(self, name, value)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        for name in self.described:
            value = getattr(self, name)
            config[name] = keras.saving.serialize_keras_object(value)
        return config


class ShapedLikeInput(Described, keras.layers.Layer):
    """A layer whose output has the shape of its input."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape
