"""`simple_rnn`, `gru` and `lstm`, built on one operation of an engine.

It also checks their arguments.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
import functools
from dataclasses import dataclass, replace

from oneiros.errors import ArgumentError, ShapeError

from oneiros_backend_toolkit.recurrent_cells import (
    ACTIVATIONS,
    FusedCell,
    GruCell,
    LstmCell,
    SimpleRnnCell,
    States,
)
from oneiros_backend_toolkit.rnn import check_lengths
from oneiros_backend_toolkit.size_checks import when_known
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_backend_toolkit.types import Types


@dataclass(frozen=True)
class FusedLayer:
    """A call of a recurrent layer without its tensors.

    # Arguments
        function: str, the function of `K` that runs it.
        cell: the FusedCell.
        backwards: bool, whether to process the last step first.
    """

    function: str
    cell: FusedCell
    backwards: bool

    @property
    def label(self) -> str:
        """The function's name in messages."""
        return f"K.{self.function}"


@dataclass(frozen=True, eq=False)
class LayerInputs:
    """The input tensors of a recurrent layer, as for `K.lstm`.

    # Arguments
        x: (samples, steps, features).
        initial_states: sequence of tensors (samples, units).
        U: (units, blocks * units).
        mask: (samples, steps), of any type, or None.
        W: (features, blocks * units), or None.
        b: (blocks * units,), or None.
    """

    x: Tensor
    initial_states: States
    U: Tensor
    mask: Tensor
    W: Tensor
    b: Tensor

    @property
    def projection(self) -> States:
        """The input's weights and the bias; empty if `x` is already projected."""
        return () if self.W is None else (self.W, self.b)

    def tensors(self) -> States:
        """All tensors: x, U, the mask, the projection, and each initial state."""
        weights = (self.U, self.mask, self.projection)
        return (self.x, *weights, *self.initial_states)


class FusedRecurrence(Types):
    """`simple_rnn`, `gru` and `lstm`, built on one method of an engine."""

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        """Returns the outputs, (samples, steps, units) in the order of processing, and
        the last states.

        All tensors in `inputs` except the mask are floats of the same type.
        """
        raise NotImplementedError

    def simple_rnn(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        layer = FusedLayer("simple_rnn", SimpleRnnCell(activation), bool(go_backwards))
        inputs = LayerInputs(x, initial_states, U, mask, W, b)
        return self._run_layer(layer, inputs)

    def gru(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        cell = GruCell(activation, inner_activation)
        layer = FusedLayer("gru", cell, bool(go_backwards))
        inputs = LayerInputs(x, initial_states, U, mask, W, b)
        return self._run_layer(layer, inputs)

    def lstm(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        cell = LstmCell(activation, inner_activation)
        layer = FusedLayer("lstm", cell, bool(go_backwards))
        inputs = LayerInputs(x, initial_states, U, mask, W, b)
        return self._run_layer(layer, inputs)

    def _run_layer(self, layer: FusedLayer, inputs: LayerInputs):
        """Returns the last output, all outputs, and the list of the last states."""
        for activation in (layer.cell.activation, layer.cell.inner):
            if activation not in ACTIVATIONS:
                raise ArgumentError(
                    f"{layer.label} received the activation {activation!r}; expected "
                    f"one of {', '.join(ACTIVATIONS)}. K.rnn accepts a step function "
                    "that may use any other."
                )
        inputs = self._checked(layer, inputs)
        check = functools.partial(check_lengths, layer.function, 1, None)
        sequences = [inputs.x]
        if inputs.mask is not None:
            sequences.append(inputs.mask)
        check(*map(self.int_shape, sequences))
        outputs, *last_states = self._fused(layer, inputs)
        when_known(check, sequences, checked=[outputs, *last_states])
        return last_states[0], outputs, last_states

    def _checked(self, layer: FusedLayer, inputs: LayerInputs) -> LayerInputs:
        """Returns matching inputs: floats of the same type, and a matrix as the
        mask."""
        self._check_weights(layer, inputs)
        self._check_sequence(layer, inputs)
        state_count = len(inputs.initial_states)
        if state_count != layer.cell.states:
            raise ArgumentError(
                f"{layer.label} received {state_count} initial states; it needs "
                f"{layer.cell.states}."
            )
        units = self.int_shape(inputs.U)[0]
        for state in filter(self.owns, inputs.initial_states):
            shape = self.int_shape(state)
            if len(shape) != 2 or shape[1] not in (None, units):
                raise ValueError("a state is (samples, n)")
        mask = self._mask_matrix(layer, inputs.mask)
        inputs = replace(inputs, mask=mask)
        tensors = [inputs.x, inputs.mask, *inputs.initial_states]
        shapes = [self.int_shape(x) for x in tensors if self.owns(x)]
        samples = {shape[0] for shape in shapes}
        if len(samples - {None}) > 1:
            raise ValueError("inputs, mask and states have as many samples")
        return self._with_floats(inputs)

    def _check_weights(self, layer: FusedLayer, inputs: LayerInputs) -> None:
        blocks = layer.cell.blocks
        shape = self.int_shape(inputs.U)
        if len(shape) != 2 or shape[1] != shape[0] * blocks:
            raise ShapeError(
                f"{layer.label} received recurrent weights of shape {shape}. Expected "
                f"{blocks} square block(s) side by side: (n, {blocks} * n)."
            )
        if (inputs.W is None) != (inputs.b is None):
            raise ArgumentError(
                f"{layer.label} received only one of W and b. Pass both, or the "
                "projected input."
            )
        if inputs.W is None:
            return
        columns = shape[1]
        input_shape = self.int_shape(inputs.W)
        if len(input_shape) != 2 or input_shape[1] != columns:
            raise ShapeError(
                f"{layer.label} received W of shape {input_shape}, but U has {columns} "
                "columns."
            )

    def _check_sequence(self, layer: FusedLayer, inputs: LayerInputs) -> None:
        features = self.int_shape(inputs.U)[1]
        if inputs.W is not None:
            features = self.int_shape(inputs.W)[0]
        shape = self.int_shape(inputs.x)
        if len(shape) != 3 or shape[-1] not in (None, features):
            raise ShapeError(
                f"{layer.label} received x of shape {shape}. Expected shape (samples, "
                f"steps, {features}): the input if W and b are passed, else the "
                "projected input, dot(input, W) + b."
            )

    def _mask_matrix(self, layer: FusedLayer, mask):
        """Returns a mask without an axis of features."""
        if mask is None:
            return None
        if self.ndim(mask) == 3:
            return mask[:, :, 0]
        if self.ndim(mask) != 2:
            raise ShapeError(
                f"{layer.label} received a mask of shape {self.int_shape(mask)}. "
                "Expected (samples, steps)."
            )
        return mask

    def _with_floats(self, inputs: LayerInputs) -> LayerInputs:
        """Returns inputs with all tensors except the mask as floats of the same
        type."""
        x, U, *others = self.floats_alike(
            inputs.x, inputs.U, *inputs.projection, *inputs.initial_states
        )
        weight_count = len(inputs.projection)
        W, b = others[:weight_count] or (None, None)
        states = tuple(others[weight_count:])
        return replace(inputs, x=x, U=U, W=W, b=b, initial_states=states)
