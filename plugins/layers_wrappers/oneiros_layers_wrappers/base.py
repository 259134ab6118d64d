"""Composite and Wrapper, the bases of layers that contain layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Unpack

from oneiros.arguments import label, refusal
from oneiros.config import layer_from_config
from oneiros.engine.layer import Layer
from oneiros.engine.node import unique
from oneiros.errors import OneirosError
from oneiros.typing import LayerOptions, Shape


class Composite(Layer):
    """Base of layers that use other layers. Not a layer itself.

    A subclass makes the layers inside in its constructor, builds them in `build`, which
    ends with `super().build(input_shape)`, and uses their `call`. Its weights, losses,
    updates and constraints are its own and those of the layers inside. Files hold its
    constructor's arguments, with which it makes the same layers again.

    # Properties
        wrapped: list of the layers inside, in the order of their weights; set by the
            subclass.

    # Example
        ```python
        from oneiros.layers import Composite, Dense, Input

        class Gated(Composite):
            loadable = True

            def __init__(self, output_dim, **kwargs):
                super().__init__(**kwargs)
                self.output_dim = output_dim
                self.value = Dense(output_dim)
                self.gate = Dense(output_dim, activation="sigmoid")
                self.wrapped = [self.value, self.gate]

            def build(self, input_shape):
                self.value.build(input_shape)
                self.gate.build(input_shape)
                super().build(input_shape)

            def call(self, x, mask=None):
                return self.value.call(x) * self.gate.call(x)

            def get_output_shape_for(self, input_shape):
                return (*input_shape[:-1], self.output_dim)

        len(Gated(3)(Input(shape=(4,)))._keras_history[0].weights)  # 4
        ```
    """

    wrapped: list[Any]

    @property
    def checks_sizes(self) -> bool:
        """Whether the layers inside check sizes."""
        return all(getattr(layer, "checks_sizes", False) for layer in self.wrapped)

    @contextmanager
    def naming(self, input_shape: Shape) -> Iterator[None]:
        """Adds this layer's name to errors of the layers inside."""
        try:
            yield
        except OneirosError as error:
            raise type(error)(
                f"In {label(self)} (input shape {tuple(input_shape)}): {error}"
            ) from error

    def build(self, input_shape: Any) -> None:
        """Collects the state of the layers inside, once they are built."""
        for layer in self.wrapped:
            layer.built = True
        phases = [layer.uses_learning_phase for layer in self.wrapped]
        self.uses_learning_phase = any(phases)
        self.built = True

    def _collected(self, attribute: str) -> list[Any]:
        """Returns the items of the inner layers' lists of this name."""
        items: list[Any] = []
        for layer in self.wrapped:
            items += getattr(layer, attribute)
        return items

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes, the inner layers' first."""
        if not self.trainable:
            return []
        inner_weights = self._collected("trainable_weights")
        own_weights = super().trainable_weights
        return unique([*inner_weights, *own_weights])

    @trainable_weights.setter
    def trainable_weights(self, weights: list[Any]) -> None:
        self._trainable_weights = weights

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that training doesn't change."""
        frozen = [] if self.trainable else self._collected("trainable_weights")
        inner_weights = self._collected("non_trainable_weights")
        own_weights = super().non_trainable_weights
        return unique([*frozen, *inner_weights, *own_weights])

    @non_trainable_weights.setter
    def non_trainable_weights(self, weights: list[Any]) -> None:
        self._non_trainable_weights = weights

    @property
    # A property here, an attribute in Layer.
    def constraints(self) -> dict[Any, Any]:  # type: ignore[override]
        """The constraints of the inner layers' weights and of the wrapper's own."""
        constraints: dict[Any, Any] = vars(self)["constraints"]
        for layer in self.wrapped:
            constraints.update(layer.constraints)
        return constraints

    @property
    # A property here, an attribute in Layer.
    def losses(self) -> list[Any]:  # type: ignore[override]
        """The tensors that the layers inside and the wrapper add to a model's loss."""
        inner_losses = self._collected("losses")
        return unique([*inner_losses, *vars(self)["losses"]])

    @property
    # A property here, an attribute in Layer.
    def updates(self) -> list[Any]:  # type: ignore[override]
        """The `(variable, new value)` pairs of the layers inside and of the wrapper."""
        inner_updates = self._collected("updates")
        return unique([*inner_updates, *vars(self)["updates"]])

    def _items_for(self, kind: str, inputs) -> list[Any]:
        items: list[Any] = []
        for layer in self.wrapped:
            items += getattr(layer, f"get_{kind}_for")(inputs)
        items += super()._items_for(kind, inputs)
        return unique(items)

    @property
    def stateful(self) -> bool:
        """Whether a layer inside keeps state from batch to batch."""
        return bool(self._stateful_layers())

    @property
    def state_updates(self) -> list[Any]:
        """The updates of states, which every step applies, even in testing."""
        updates = []
        for layer in self._stateful_layers():
            updates += getattr(layer, "state_updates", layer.updates)
        return updates

    def reset_states(self) -> None:
        """Resets the states of the layers inside."""
        for layer in self._stateful_layers():
            layer.reset_states()

    def _stateful_layers(self) -> list[Any]:
        return [layer for layer in self.wrapped if getattr(layer, "stateful", False)]

    def ordered_weights(self) -> list[Any]:
        """Returns the inner layers' weights, each in its order, then the wrapper's."""
        inner_weights: list[Any] = []
        for layer in self.wrapped:
            inner_weights += layer.ordered_weights()
        return unique([*inner_weights, *self.weights])


class Wrapper(Composite):
    """Base of the wrappers: a layer that uses another one. Not a layer itself.

    A subclass defines `call`, and `build(input_shape)`, which builds `self.layer` and
    ends with `super().build()`. Its weights, losses, updates and constraints are its
    own and those of the layer inside.

    # Example
        ```python
        from oneiros.layers import Dense, Input, Wrapper

        class Residual(Wrapper):
            loadable = True

            def build(self, input_shape):
                self.layer.build(input_shape)
                super().build()

            def call(self, x, mask=None):
                return x + self.layer.call(x)

        len(Residual(Dense(3))(Input(shape=(3,)))._keras_history[0].weights)  # 2
        ```

    # Arguments
        layer: the layer inside.
    """

    layer: Any

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]):
        self.layer = layer
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise refusal(self, "layer", layer, "a layer to wrap, such as Dense(8)")

    @property
    # A property here, an attribute in Composite.
    def wrapped(self) -> list[Any]:  # type: ignore[override]
        """The layers inside, in the order of their weights."""
        return [self.layer]

    def build(self, input_shape: Any = None) -> None:
        """Collects the state of the layer inside, once it is built."""
        super().build(input_shape)

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Returns an argument, `layer` with the configuration of the layer inside."""
        if argument != "layer":
            return super().argument_config(argument)
        entry = {
            "class_name": type(self.layer).__name__,
            "config": self.layer.get_config(),
        }
        return {"layer": entry}

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Builds the layer inside, and the wrapper.

        # Arguments
            config: the result of `get_config()`, or its form in a file.

        # Raises
            UnsafeFileError: if a file may not use the class of the layer inside.
        """
        arguments = dict(config)
        layer = layer_from_config(arguments.pop("layer"))
        return cls(layer, **arguments)
