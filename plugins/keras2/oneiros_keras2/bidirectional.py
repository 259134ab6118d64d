"""Bidirectional as Keras 2 has it."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import label, refusal
from oneiros.config import layer_from_config
from oneiros.engine.layer import Layer
from oneiros.engine.node import one_or_all, shape_list, to_list
from oneiros.errors import ArgumentError
from oneiros.layers import Bidirectional
from oneiros.typing import Array, LayerOptions, Tensor

from oneiros_keras2.base import Checked
from oneiros_keras2.recurrent import Keras2LSTM, Recurring, check_states, described


class Keras2Bidirectional(Checked, Bidirectional):
    """Runs a recurrent layer of Keras 2 from both ends of a sequence, or one from each.

    # Example
        ```python
        from oneiros.layers import Input, Keras2Bidirectional, Keras2LSTM
        from oneiros.models import Model

        x = Input(shape=(6, 5))
        backward = Keras2LSTM(4, activation="relu", go_backwards=True)
        output = Keras2Bidirectional(Keras2LSTM(4), backward_layer=backward)(x)
        Model(x, output).output_shape  # (None, 8)
        ```

    # Arguments
        layer: recurrent layer of this plugin, such as `Keras2LSTM`.
        merge_mode: how to merge the outputs: `"sum"`, `"mul"`, `"ave"` or `"concat"`;
            None returns both.
        weights: list of arrays, as for `Bidirectional`.
        backward_layer: the layer that begins at the end; None for one like `layer`.
        zero_output_for_mask: bool, whether masked steps have outputs of zero, as since
            Keras 2.4, if the layers return sequences.

    # Input shape
        That of the layer; or a list of it and the initial states of both directions.

    # Output shape
        As for `Bidirectional`. If the layer has `return_state`, a list of that and the
        states of both directions.
    """

    loadable = True
    conformance = {
        "arguments": lambda: {"layer": Keras2LSTM(3, return_sequences=True)},
        "input_shape": (5, 4),
    }
    zero_output_for_mask: bool

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: list[Array] | None = None,
        backward_layer: Layer | None = None,
        zero_output_for_mask: bool = False,
        **kwargs: Unpack[LayerOptions],
    ):
        if not isinstance(layer, Recurring):
            raise refusal(self, "layer", layer, "a recurrent layer like Keras2LSTM(8)")
        super().__init__(layer, merge_mode, weights, **kwargs)
        if backward_layer is not None:
            self.backward_layer = self._checked(backward_layer)
        self.set_arguments(zero_output_for_mask=zero_output_for_mask)
        self.step_axis = 0 if layer.time_major else 1
        if self.return_sequences:
            for inner in self.wrapped:
                inner.zero_output_for_mask = self.zero_output_for_mask

    def _checked(self, backward_layer) -> Any:
        """Returns the layer for the other direction.

        # Raises
            ArgumentError: if it returns something else, or has the same direction.
        """
        if not isinstance(backward_layer, Recurring):
            expected = "a recurrent layer like Keras2LSTM(8, go_backwards=True)"
            raise refusal(self, "backward_layer", backward_layer, expected)
        for name in ("return_sequences", "return_state", "stateful", "time_major"):
            expected = getattr(self.layer, name)
            if getattr(backward_layer, name) != expected:
                raise ArgumentError(
                    f"{label(self)} received layers that differ in {name}. Expected "
                    "the same for both."
                )
        if backward_layer.go_backwards == self.layer.go_backwards:
            raise ArgumentError(
                f"{label(self)} received layers with the same go_backwards. Expected "
                "backward_layer to have the other."
            )
        return backward_layer

    def build(self, input_shape=None) -> None:
        """Builds both layers."""
        super().build(shape_list(input_shape)[0])

    def get_output_shape_for(self, input_shape) -> Any:
        """Returns the output's shape, or a list of the outputs' and the states'."""
        shape, *_ = shape_list(input_shape)
        with self.naming(shape):
            shapes = [layer.get_output_shape_for(shape) for layer in self.wrapped]
        ahead, back = shapes
        forward, *states = shape_list(ahead)
        backward, *others = shape_list(back)
        merged = shape_list(self.merged_shape(forward, backward))
        return one_or_all([*merged, *states, *others])

    def compute_mask(self, x, mask=None) -> Tensor:
        """Returns the mask of each output; None for the states."""
        steps_mask = to_list(mask)[0]
        masks = to_list(super().compute_mask(x, steps_mask))
        if self.layer.return_state:
            counts = [layer.state_count for layer in self.wrapped]
            masks += [None] * sum(counts)
        return one_or_all(masks)

    def assert_input_compatibility(self, input) -> None:
        """Checks a sequence, and the number of the initial states if they come with it
        in a list.

        # Raises
            ArgumentError: for another number of states.
        """
        sequences, *_ = to_list(input)
        counts = [layer.state_count for layer in self.wrapped]
        check_states(self, input, sum(counts))
        super().assert_input_compatibility(sequences)

    def call(self, inputs, mask=None) -> Tensor:
        """Returns the merged outputs, or a list of them and the states.

        # Arguments
            inputs: tensor; or a list of it and the initial states of both layers.
            mask: mask of the steps, or a list of it and others.
        """
        x, *initial = to_list(inputs)
        half = len(initial) // 2
        steps_mask = to_list(mask)[0]
        before = [x, *initial[:half]]
        behind = [x, *initial[half:]]
        with self.naming(K.int_shape(x)):
            outputs = self.forward_layer.call(before, steps_mask)
            other_outputs = self.backward_layer.call(behind, steps_mask)
        forward, *states = to_list(outputs)
        backward, *others = to_list(other_outputs)
        merged = to_list(self.merged(forward, backward))
        return one_or_all([*merged, *states, *others])

    def argument_config(self, argument) -> Tensor:
        """Returns an argument, a layer with its configuration."""
        if argument != "backward_layer":
            return dict(super().argument_config(argument))
        return {argument: described(self.backward_layer)}

    @classmethod
    def from_config(cls, config: dict[str, Any]):
        """Makes the layers inside, and the wrapper."""
        arguments = dict(config)
        if arguments.get("backward_layer"):
            entry = arguments["backward_layer"]
            arguments["backward_layer"] = layer_from_config(entry)
        found: Keras2Bidirectional = super().from_config(arguments)
        return found
