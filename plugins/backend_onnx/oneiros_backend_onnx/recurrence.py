"""Whole recurrent layers as one node: LSTM, GRU or RNN.

ONNX leaves out steps at the end of a sequence only. Under any other mask, the steps
that are taken move to the front, and the outputs move back.
"""

from dataclasses import dataclass

import numpy as np
from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder

from oneiros_backend_onnx.functions import FUNCTIONS
from oneiros_backend_onnx.graphs import emit, emit_several, graph_in_work
from oneiros_backend_onnx.promotion import (
    as_vector,
    cast,
    constant,
    integers,
    tensor,
    truth,
)
from oneiros_backend_onnx.shapes import as_scalar, expanded, reversed_along, size_of
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import transposed

States = list[Tensor]
Results = tuple[Tensor, States]
"""Outputs by step, and the last states."""
TIME_FIRST = (1, 0, 2)
"""Swaps samples and steps of a sequence."""


@dataclass(frozen=True)
class Operator:
    """An operator of ONNX for a layer.

    # Arguments
        name: str, its name.
        blocks: for each of its blocks of weights, the number of the layer's.
        functions: the attributes of the layer's cell with its activations, in order.
    """

    name: str
    blocks: tuple[int, ...]
    functions: tuple[str, ...]


OPERATORS = {
    "lstm": Operator("LSTM", (0, 3, 1, 2), ("inner", "activation", "activation")),
    "gru": Operator("GRU", (0, 1, 2), ("inner", "activation")),
    "simple_rnn": Operator("RNN", (0,), ("activation",)),
}
"""By function of `K`. The blocks of Keras's LSTM are i, f, c, o, and ONNX's are i, o,
f, c."""

ACTIVATIONS = {
    "hard_sigmoid": "HardSigmoid",
    "linear": "Affine",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
}
"""ONNX's names of activations."""
NUMBERS = {"HardSigmoid": (0.2, 0.5), "Affine": (1.0, 0.0)}
"""The two numbers of activations that take them."""


class RecurrentLayers(FusedRecurrence):
    """`simple_rnn`, `gru` and `lstm` as nodes of ONNX."""

    recorder: Recorder

    def _fused(self, layer: FusedLayer, inputs: LayerInputs):
        def compute(x, U, mask, projection, *initial):
            x = tensor(x)
            weights = list(map(_single, projection))
            run = _Run(layer, _single(U), weights)
            states = list(map(_single, initial))
            sequence = transposed(_single(x), TIME_FIRST)
            if mask is None:
                outputs, last = run.all_steps(sequence, states)
            else:
                seen = transposed(truth(mask), (1, 0))
                outputs, last = run.some_steps(sequence, seen, states)
            by_sample = transposed(outputs, TIME_FIRST)
            results = (by_sample, *last)
            return tuple(cast(result, x.dtype) for result in results)

        tensors = inputs.tensors()
        return self.recorder.record(compute, tensors, label=layer.label)


def _single(x):
    """Returns floats of the one type for which ONNX Runtime has all three operators."""
    x = tensor(x)
    return cast(x, np.float32)


@dataclass(frozen=True)
class _Run:
    """A layer and its weights.

    # Arguments
        layer: the FusedLayer.
        U: the recurrent weights.
        projection: the input's weights and the bias; empty if the input is projected.
    """

    layer: FusedLayer
    U: Tensor
    projection: list[Tensor]

    def all_steps(self, x, states: States) -> Results:
        """Returns the outputs in the order of processing, and the last states.

        # Arguments
            x: (steps, samples, features).
            states: the first states.
        """
        backwards = self.layer.backwards
        outputs, last = self._node(x, states, None, backwards)
        if backwards:
            outputs = reversed_along(outputs, [0])
        return outputs, last

    def some_steps(self, x, seen, states: States) -> Results:
        """Like `all_steps`, for the steps at which `seen`, (steps, samples), is
        true."""
        if self.layer.backwards:
            x = reversed_along(x, [0])
            seen = reversed_along(seen, [0])
        taken = cast(seen, np.int64)
        steps = as_scalar(size_of(x, 0))
        order = _taken_first(taken, steps)
        places = _spread(order, x)
        x = emit("GatherElements", x, places, axis=0)
        first_axis = integers(0)
        counts = emit("ReduceSum", taken, first_axis, keepdims=0)
        short_counts = cast(counts, np.int32)
        outputs, last = self._node(x, states, short_counts, False)
        last = _begun(last, counts, states)
        outputs = _moved_back(outputs, taken, states[0])
        return outputs, last

    def _node(self, x, states: States, counts, backwards: bool) -> Results:
        """Returns the outputs by step, and the last states."""
        operator = OPERATORS[self.layer.function]
        W, b = self.projection or self._identity()
        activations = []
        alphas = []
        betas = []
        for part in operator.functions:
            function = getattr(self.layer.cell, part)
            name = ACTIVATIONS[function]
            activations.append(name)
            if name in NUMBERS:
                alpha, beta = NUMBERS[name]
                alphas.append(alpha)
                betas.append(beta)
        # Zeros are taken from the first step, which fails if there is none.
        takes_zeros = graph_in_work().checks_steps and x.shape[0] is None
        first: list[Tensor | None] = []
        for state in states:
            if state.is_zero and not takes_zeros:
                first.append(None)
            else:
                first.append(_with_axis(state))
        direction = "forward"
        if backwards:
            direction = "reverse"
        outputs, *last = emit_several(
            operator.name,
            1 + len(states),
            x,
            self._weights(W),
            self._weights(self.U),
            self._biases(b),
            counts,
            *first,
            hidden_size=self.U.shape[0],
            direction=direction,
            activations=activations,
            activation_alpha=alphas or None,
            activation_beta=betas or None,
        )
        first_axis = integers(0)
        last = [emit("Squeeze", state, first_axis) for state in last]
        outputs = emit("Squeeze", outputs, integers(1))
        return outputs, last

    def _identity(self) -> list[Tensor]:
        """Returns weights that leave an input as it is, and no bias."""
        columns = self.U.shape[1] or 0
        dtype = self.U.dtype
        weights = constant(np.eye(columns), dtype)
        bias = constant(np.zeros(columns), dtype)
        return [weights, bias]

    def _blocks(self, weights) -> list[Tensor]:
        """Returns the blocks of weights in the operator's order."""
        units = self.U.shape[0]
        if units is None:
            raise ValueError("the number of units is open")
        operator = OPERATORS[self.layer.function]
        blocks = []
        for place in operator.blocks:
            start = place * units
            end = start + units
            blocks.append(weights[..., start:end])
        return blocks

    def _weights(self, weights):
        """Returns (inputs, blocks * units) as (1, blocks * units, inputs)."""
        blocks = self._blocks(weights)
        ordered = emit("Concat", *blocks, axis=1)
        by_unit = transposed(ordered, (1, 0))
        return _with_axis(by_unit)

    def _biases(self, bias):
        """Returns the input's biases and the recurrent ones, which are zero."""
        count = bias.shape[0] or 0
        array = np.zeros(count)
        zeros = constant(array, bias.dtype)
        blocks = self._blocks(bias)
        joined = emit("Concat", *blocks, zeros, axis=0)
        return _with_axis(joined)


def _with_axis(x, axis: int = 0):
    """Returns a tensor with one more axis."""
    return emit("Unsqueeze", x, integers(axis))


# Masks


def _taken_first(taken, steps):
    """Returns, for each sample, the numbers of the steps: those that are taken first,
    each in their order."""
    zero = constant(0, np.int64)
    one = constant(1, np.int64)
    places = emit("Range", zero, steps, one)
    column = _with_axis(places, 1)
    is_left_out = 1 - taken
    rank = is_left_out * steps + column
    count = as_vector(steps)
    _, order = emit_several("TopK", 2, rank, count, axis=0, largest=0, sorted=1)
    return order


def _spread(places, like):
    """Returns places of steps for each feature of a tensor."""
    features = size_of(like, 2)
    by_feature = _with_axis(places, 2)
    return expanded(by_feature, [1, 1, features])


def _moved_back(outputs, taken, initial):
    """Returns outputs at the steps that they belong to.

    A step that isn't taken repeats the last one that is; before the first one, there is
    the first state.
    """
    first_axis = constant(0, np.int64)
    done = emit("CumSum", taken, first_axis)
    latest = FUNCTIONS.maximum(done - 1, 0)
    places = _spread(latest, outputs)
    repeated = emit("GatherElements", outputs, places, axis=0)
    has_begun = _with_axis(done > 0, 2)
    first = _first_state(initial)
    return emit("Where", has_begun, repeated, first)


def _begun(last: States, counts, states: States) -> States:
    """Returns the last states; a sample without a step keeps its first ones."""
    has_steps = _with_axis(counts > 0, 1)
    chosen = []
    for new, old in zip(last, states):
        first = _first_state(old)
        begun = emit("Where", has_steps, new, first)
        chosen.append(begun)
    return chosen


def _first_state(state):
    if state.is_zero:
        return constant(0, state.dtype)
    return state
