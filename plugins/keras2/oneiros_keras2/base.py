"""`Keras2Layer`, the base of the layers here."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from oneiros import activations, constraints, initializations, regularizers
from oneiros.engine.layer import Layer
from oneiros.typing import Tensor

PARTS: dict[str, Callable[[Any], Any]] = {
    "activation": activations.get,
    "_initializer": initializations.get,
    "_regularizer": regularizers.get,
    "_constraint": constraints.get,
}
"""By the ends of arguments' names, what makes functions and objects of their values."""


class Keras2Layer(Layer):
    """A layer with the arguments that it has in Keras 2. Not a layer itself."""

    def set_arguments(self, **arguments: Any) -> None:
        """Sets attributes to the constructor's arguments, names of functions and
        objects to what they stand for."""
        for name, value in arguments.items():
            for end, made in PARTS.items():
                if name.endswith(end):
                    value = made(value)
            setattr(self, name, value)

    def add_parameter(
        self,
        kind: str,
        shape: tuple[Any, ...],
        name: str | None = None,
        trainable: bool = True,
        initializer: Any = None,
    ) -> Tensor:
        """Makes a weight with the initializer, unless another one is passed, the
        regularizer and the constraint that begin with its kind. Kernels begin with
        their window."""
        initializer = initializer or getattr(self, f"{kind}_initializer")
        if "dim_ordering" in inspect.signature(initializer).parameters:
            initializer = partial(initializer, dim_ordering="tf")
        return self.add_weight(
            shape,
            initializer,
            name=f"{self.name}_{name or kind}",
            regularizer=getattr(self, f"{kind}_regularizer", None),
            constraint=getattr(self, f"{kind}_constraint", None),
            trainable=trainable,
        )
