"""Bidirectional: runs a recurrent layer from both ends."""

import inspect
from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label
from oneiros.config import custom_object_scope
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError
from oneiros.typing import Array, LayerOptions, Shape, Tensor

from oneiros_layers_wrappers.base import Wrapper

MERGE_MODES = ("sum", "mul", "concat", "ave", None)


class Bidirectional(Wrapper):
    """Runs a recurrent layer over a sequence from its start and from its end.

    Each direction has its own weights.

    # Example
        ```python
        from oneiros.layers import LSTM, Bidirectional, Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Bidirectional(LSTM(10, return_sequences=True), input_shape=(5, 8)))
        model.output_shape  # (None, 5, 20)
        model.add(Bidirectional(LSTM(10), merge_mode="sum"))
        model.add(Dense(3))
        model.layers[1].output_shape  # (None, 10)
        ```

    # Arguments
        layer: recurrent layer that hasn't been called yet; it isn't used itself, but
            copied for each direction.
        merge_mode: how to merge the two outputs: `"sum"`, `"mul"`, `"ave"` or
            `"concat"`; None returns both.
        weights: list of arrays, initial values of the forward layer's weights, then the
            backward layer's.

    # Input shape
        That of the layer.

    # Output shape
        That of the layer; with `"concat"`, the last axis doubles; with None, a list of
        two such shapes.

    If there is an output for each step, the backward layer's outputs are reversed into
    the order of the input. The layers are named `forward_…` and `backward_…` after the
    original layer.

    # Raises
        ArgumentError: for another `merge_mode`, or for a layer that can't run
            backwards.

    # References
        - Schuster, Paliwal: Bidirectional Recurrent Neural Networks, IEEE Transactions
          on Signal Processing 45, 1997
    """

    loadable = True
    supports_masking = True
    step_axis = 1
    """The axis of the steps."""

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: list[Array] | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(layer=layer, **kwargs)
        self._check(merge_mode)
        self.merge_mode = merge_mode
        backwards: Any = self.layer.go_backwards
        name = layer.name
        self.forward_layer = _made_again(layer, f"forward_{name}", backwards)
        self.backward_layer = _made_again(layer, f"backward_{name}", not backwards)
        self.forward_layer.initial_weights = layer.initial_weights
        if weights is not None:
            half = len(weights) // 2
            self.forward_layer.initial_weights = weights[:half]
            self.backward_layer.initial_weights = weights[half:]
        self.return_sequences = self.forward_layer.return_sequences
        self.input_spec = layer.input_spec

    def _check(self, merge_mode) -> None:
        if merge_mode not in MERGE_MODES:
            raise ArgumentError(
                f"{label(self)} received merge_mode={merge_mode!r}. Expected "
                f"{', '.join(map(repr, MERGE_MODES[:-1]))}, or None for both outputs."
            )
        if not (
            hasattr(self.layer, "go_backwards")
            and hasattr(self.layer, "return_sequences")
        ):
            raise ArgumentError(
                f"{label(self)} received {label(self.layer)}, which can't run "
                "backwards: it has no `go_backwards` and `return_sequences`. Expected "
                "a recurrent layer, such as LSTM(n)."
            )
        if self.layer.built:
            raise ArgumentError(
                f"{label(self)} received {label(self.layer)}, which has been called "
                "and has weights. Pass a new layer: it is copied twice, each with "
                "its own weights."
            )

    @property
    # A property here, an attribute in Composite.
    def wrapped(self) -> list[Any]:  # type: ignore[override]
        """The forward layer and the backward layer."""
        return [self.forward_layer, self.backward_layer]

    # One shape, never a list.
    def build(self, input_shape: Shape) -> None:  # type: ignore[override]
        """Builds both layers."""
        with self.naming(input_shape):
            for layer in self.wrapped:
                layer.build(input_shape)
        super().build()
        self.input_spec = self.forward_layer.input_spec

    def get_output_shape_for(self, input_shape: Shape):
        """Returns the output's shape, or a list of two."""
        with self.naming(input_shape):
            forward, backward = (
                layer.get_output_shape_for(input_shape) for layer in self.wrapped
            )
        return self.merged_shape(forward, backward)

    def merged_shape(self, forward, backward) -> Any:
        """Returns the shape of outputs of these shapes once they are merged, or a list
        of two."""
        if self.merge_mode is None:
            return [forward, backward]
        if self.merge_mode == "concat":
            return (*forward[:-1], forward[-1] + backward[-1])
        return forward

    # As in Keras 1: no default.
    def compute_mask(self, input, mask) -> Tensor:  # type: ignore[override]
        """Returns the mask for each output, if there is one for each step."""
        output_mask = mask if self.return_sequences else None
        return [output_mask, output_mask] if self.merge_mode is None else output_mask

    def call(self, inputs, mask=None) -> Tensor:
        """Returns the merged outputs, or a list of both."""
        with self.naming(K.int_shape(inputs)):
            forward = self.forward_layer.call(inputs, mask)
            backward = self.backward_layer.call(inputs, mask)
        return self.merged(forward, backward)

    def merged(self, forward, backward) -> Tensor:
        """Returns the outputs of both layers merged, or a list of both."""
        if self.return_sequences:
            backward = K.reverse(backward, self.step_axis)
        if self.merge_mode is None:
            return [forward, backward]
        if self.merge_mode == "concat":
            return K.concatenate([forward, backward])
        if self.merge_mode == "mul":
            return forward * backward
        total = forward + backward
        return total if self.merge_mode == "sum" else total / 2


def _made_again(layer, name: str, go_backwards: bool):
    """Returns a layer made from the configuration of another, running this way."""
    functions = {}
    custom_objects: dict[str, Any] = {}
    for attribute, value in vars(layer).items():
        if inspect.isfunction(value):
            functions[attribute] = value
            custom_objects[value.__name__] = value
        elif hasattr(value, "get_config") and not isinstance(value, type):
            custom_objects[type(value).__name__] = type(value)
    config = layer.get_config()
    config["name"] = name
    config["go_backwards"] = go_backwards
    with custom_object_scope(custom_objects):
        made = type(layer).from_config(config)
    vars(made).update(functions, go_backwards=go_backwards)
    return made
