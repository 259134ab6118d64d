"""Whole recurrent layers as one node: LSTM, GRU or RNN.

ONNX leaves out steps at the end of a sequence only. Under any other mask, the steps
that are taken move to the front, and the outputs move back.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros_backend_toolkit.fused_recurrence import (
    FusedLayer,
    FusedRecurrence,
    LayerInputs,
)
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder

from oneiros_backend_onnx.graphs import emit, emit_several, graph_in_work
from oneiros_backend_onnx.promotion import (
    as_vector,
    cast,
    constant,
    integers,
    tensor,
    truth,
)
from oneiros_backend_onnx.shapes import (
    as_scalar,
    expanded,
    reversed_along,
    size_of,
    sliced,
)
from oneiros_backend_onnx.tensors import Tensor
from oneiros_backend_onnx.transposition import transposed


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
            dtype = tensor(x).dtype
            run = _Run(layer, _single(U), [_single(part) for part in projection])
            states = [_single(state) for state in initial]
            sequence = transposed(_single(x), (1, 0, 2))
            if mask is None:
                outputs, last = run.all_steps(sequence, states)
            else:
                seen = transposed(truth(mask), (1, 0))
                outputs, last = run.some_steps(sequence, seen, states)
            results = (transposed(outputs, (1, 0, 2)), *last)
            return tuple(cast(result, dtype) for result in results)

        return self.recorder.record(compute, inputs.tensors(), label=layer.label)


def _single(x) -> Tensor:
    """Returns floats of the one type for which ONNX Runtime has all three operators."""
    return cast(tensor(x), np.float32)


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

    def all_steps(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Returns the outputs in the order of processing, and the last states.

        # Arguments
            x: (steps, samples, features).
            states: the first states.
        """
        outputs, last = self._node(x, states, None, self.layer.backwards)
        if self.layer.backwards:
            outputs = reversed_along(outputs, [0])
        return outputs, last

    def some_steps(
        self, x: Tensor, seen: Tensor, states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Like `all_steps`, for the steps at which `seen`, (steps, samples), is
        true."""
        if self.layer.backwards:
            x = reversed_along(x, [0])
            seen = reversed_along(seen, [0])
        taken = cast(seen, np.int64)
        order = _taken_first(taken, as_scalar(size_of(x, 0)))
        x = emit("GatherElements", x, _spread(order, x), axis=0)
        counts = emit("ReduceSum", taken, integers(0), keepdims=0)
        outputs, last = self._node(x, states, cast(counts, np.int32), False)
        return _moved_back(outputs, taken, states[0]), _begun(last, counts, states)

    def _node(
        self, x: Tensor, states: list[Tensor], counts: Tensor | None, backwards: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """Returns the outputs by step, and the last states."""
        operator = OPERATORS[self.layer.function]
        W, b = self.projection or self._identity()
        functions = [getattr(self.layer.cell, part) for part in operator.functions]
        activations = [ACTIVATIONS[name] for name in functions]
        numbers = [NUMBERS[name] for name in activations if name in NUMBERS]
        # Zeros are taken from the first step, which fails if there is none.
        takes_zeros = graph_in_work().checks_steps and x.shape[0] is None
        first = [
            emit("Unsqueeze", state, integers(0))
            if takes_zeros or not state.is_zero
            else None
            for state in states
        ]
        outputs, *last = emit_several(
            operator.name,
            1 + len(states),
            x,
            self._weights(W),
            self._weights(self.U),
            self._biases(b),
            counts,
            *first,
            hidden_size=self.units,
            direction="reverse" if backwards else "forward",
            activations=activations,
            activation_alpha=[alpha for alpha, _ in numbers] or None,
            activation_beta=[beta for _, beta in numbers] or None,
        )
        outputs = emit("Squeeze", outputs, integers(1))
        return outputs, [emit("Squeeze", state, integers(0)) for state in last]

    @property
    def units(self) -> int:
        """The number of units."""
        units = self.U.shape[0]
        if units is None:
            raise ValueError("the number of units is open")
        return units

    def _identity(self) -> list[Tensor]:
        """Returns weights that leave an input as it is, and no bias."""
        columns = self.U.shape[1] or 0
        dtype = self.U.dtype
        return [constant(np.eye(columns), dtype), constant(np.zeros(columns), dtype)]

    def _blocks(self, weights: Tensor) -> list[Tensor]:
        """Returns the blocks of weights in the operator's order."""
        axis = weights.ndim - 1
        n = self.units
        order = OPERATORS[self.layer.function].blocks
        return [sliced(weights, axis, block * n, (block + 1) * n) for block in order]

    def _weights(self, weights: Tensor) -> Tensor:
        """Returns (inputs, blocks * units) as (1, blocks * units, inputs)."""
        ordered = emit("Concat", *self._blocks(weights), axis=1)
        return emit("Unsqueeze", transposed(ordered, (1, 0)), integers(0))

    def _biases(self, bias: Tensor) -> Tensor:
        """Returns the input's biases and the recurrent ones, which are zero."""
        zeros = constant(np.zeros(bias.shape[0] or 0), bias.dtype)
        joined = emit("Concat", *self._blocks(bias), zeros, axis=0)
        return emit("Unsqueeze", joined, integers(0))


# Masks


def _taken_first(taken: Tensor, steps: Tensor) -> Tensor:
    """Returns, for each sample, the numbers of the steps: those that are taken first,
    each in their order."""
    places = emit("Range", constant(0, np.int64), steps, constant(1, np.int64))
    column = emit("Unsqueeze", places, integers(1))
    left_out = emit("Sub", constant(1, np.int64), taken)
    rank = emit("Add", emit("Mul", left_out, steps), column)
    count = as_vector(steps)
    _, order = emit_several("TopK", 2, rank, count, axis=0, largest=0, sorted=1)
    return order


def _spread(places: Tensor, like: Tensor) -> Tensor:
    """Returns places of steps for each feature of a tensor."""
    by_feature = emit("Unsqueeze", places, integers(2))
    features: Sequence[Any] = [1, 1, size_of(like, 2)]
    return expanded(by_feature, features)


def _moved_back(outputs: Tensor, taken: Tensor, initial: Tensor) -> Tensor:
    """Returns outputs at the steps that they belong to.

    A step that isn't taken repeats the last one that is; before the first one, there is
    the first state.
    """
    done = emit("CumSum", taken, constant(0, np.int64))
    one = constant(1, np.int64)
    latest = emit("Max", emit("Sub", done, one), constant(0, np.int64))
    repeated = emit("GatherElements", outputs, _spread(latest, outputs), axis=0)
    started = emit(
        "Unsqueeze", emit("Greater", done, constant(0, np.int64)), integers(2)
    )
    return emit("Where", started, repeated, _first_state(initial))


def _begun(last: list[Tensor], counts: Tensor, states: list[Tensor]) -> list[Tensor]:
    """Returns the last states; a sample without a step keeps its first ones."""
    has_steps = emit("Greater", counts, constant(0, np.int64))
    column = emit("Unsqueeze", has_steps, integers(1))
    pairs = zip(last, states, strict=True)
    return [emit("Where", column, new, _first_state(old)) for new, old in pairs]


def _first_state(state: Tensor) -> Tensor:
    return constant(0, state.dtype) if state.is_zero else state
