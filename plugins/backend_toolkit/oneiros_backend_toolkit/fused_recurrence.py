"""`simple_rnn`, `gru` and `lstm`, built on one operation of an engine.

It also checks their arguments.
"""

import functools
from dataclasses import dataclass, replace

from oneiros.typing import Tensor

from oneiros_backend_toolkit.operands import UnsuitedError, may_agree
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
        if self.W is None:
            return ()
        return (self.W, self.b)

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
        self._check_arguments(layer, inputs)
        mask = inputs.mask
        if mask is not None and self.ndim(mask) == 3:
            mask = mask[:, :, 0]
        self._check_shapes(layer, replace(inputs, mask=mask))
        sequences = [inputs.x]
        if mask is not None:
            sequences.append(mask)
        check = functools.partial(check_lengths, layer.function, 1, None)
        check(*map(self.int_shape, sequences))
        floats = self._with_floats(inputs, mask)
        outputs, *last_states = self._fused(layer, floats)
        when_known(check, sequences, checked=[outputs, *last_states])
        return last_states[0], outputs, last_states

    def _check_arguments(self, layer: FusedLayer, inputs: LayerInputs) -> None:
        cell = layer.cell
        if cell.activation not in ACTIVATIONS:
            raise UnsuitedError("activation")
        if cell.inner not in ACTIVATIONS:
            raise UnsuitedError("inner_activation")
        if len(inputs.initial_states) != cell.states:
            raise UnsuitedError("initial_states")
        if (inputs.W is None) != (inputs.b is None):
            raise UnsuitedError("W" if inputs.b is None else "b")

    def _check_shapes(self, layer: FusedLayer, inputs: LayerInputs) -> None:
        """Checks ranks and sizes, as far as they are known."""
        units = self.int_shape(inputs.U)[0]
        columns = layer.cell.blocks * units
        features = columns
        if inputs.projection:
            features = self.int_shape(inputs.W)[0]
        samples = self.int_shape(inputs.x)[0]
        expected = [
            (inputs.U, (units, columns)),
            (inputs.x, (samples, None, features)),
            (inputs.mask, (samples, None)),
            (inputs.W, (features, columns)),
            (inputs.b, (columns,)),
        ]
        expected += [(state, (samples, units)) for state in inputs.initial_states]
        for tensor, shape in expected:
            own_shape = shape
            if self.owns(tensor):
                own_shape = self.int_shape(tensor)
            if not may_agree(own_shape, shape):
                raise ValueError(f"expected a tensor of shape {shape}")

    def _with_floats(self, inputs: LayerInputs, mask) -> LayerInputs:
        """Returns inputs with a mask, and with floats of one type in all others."""
        x, U, *others = self.floats_alike(
            inputs.x, inputs.U, *inputs.projection, *inputs.initial_states
        )
        weight_count = len(inputs.projection)
        W, b = others[:weight_count] or (None, None)
        states = tuple(others[weight_count:])
        return LayerInputs(x, states, U, mask, W, b)
