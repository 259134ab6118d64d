"""Base class of SimpleRNN, GRU and LSTM: joined weights, fused loops."""

from typing import Any

import numpy as np
from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros.engine.node import Shape
from oneiros_initializations.postponed import initialized
from oneiros_layers_core.affine import known_features

from oneiros_layers_recurrent.base import (
    Recurrent,
    Results,
    States,
    filled,
    time_distributed_dense,
)
from oneiros_layers_recurrent.gates import GatedLayer

FUSED_ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")
"""The activations that the fused operations support."""


def _by_phase(training: Results, testing: Results) -> Results:
    """Returns results that depend on the learning phase."""
    pairs = zip(training[2], testing[2], strict=True)
    return (
        K.in_train_phase(training[0], testing[0]),
        K.in_train_phase(training[1], testing[1]),
        [K.in_train_phase(*pair) for pair in pairs],
    )


class GatedRecurrent(GatedLayer, Recurrent):
    """Base of SimpleRNN, GRU and LSTM. Not a layer itself.

    # Arguments
        output_dim: int, size of the output and of each state.
        kwargs: as for `GatedLayer` and `Recurrent`.
    """

    operation = ""
    """The fused operation of `K` for this layer."""

    def __init__(self, *, output_dim: int, **kwargs):
        super().__init__(**kwargs)
        self.output_dim = check_int(self, "output_dim", output_dim)

    @property
    def joined(self) -> bool:
        """Whether there is one matrix for all gates."""
        return self.consume_less == "gpu" or len(self.gates) == 1

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, for each gate or joined."""
        features = known_features(self, input_shape)
        super().build(input_shape)
        self.input_dim = features
        if self.joined:
            self._add_joined(features)
        else:
            self._add_by_gate(features)
        self.set_initial_weights()

    def _add_joined(self, features: int) -> None:
        n = self.output_dim
        size = len(self.gates) * n
        kernel = (features, size), self.init, self.W_regularizer
        recurrent = (n, size), self.inner_init, self.U_regularizer
        bias = (size,), self._joined_bias, self.b_regularizer
        self.add_part("W", kernel)
        self.add_part("U", recurrent)
        self.add_part("b", bias)

    def _add_by_gate(self, features: int) -> None:
        """Makes the weights of each gate.

        `U` has the initialization and penalty of `W`, as in Keras 1.2.2.
        """
        n = self.output_dim
        kernel = (features, n), self.init, self.W_regularizer
        recurrent = (n, n), self.init, self.W_regularizer
        self.add_gates(kernel, recurrent, n)

    def _joined_bias(self, shape: tuple[int, ...], name: str | None = None):
        def make():
            values = []
            for gate in self.gates:
                bias = self.bias_init(gate)((self.output_dim,))
                values.append(K.get_value(bias))
            return K.variable(np.concatenate(values), name=name)

        return initialized(shape, name, make)

    def block(self, part: str):
        """Returns the weights `"W"`, `"U"` or `"b"` of all gates, side by side."""
        return getattr(self, part) if self.joined else self.joined_gates(part)

    def project(self, x):
        """Returns `dot(x, W) + b` for all steps and gates.

        Each gate has its own dropout, unless the gates are joined.
        """
        if self.joined or not self.drops_inputs:
            return time_distributed_dense(
                x, self.block("W"), self.block("b"), self.dropout_W
            )
        projections = [
            time_distributed_dense(x, W, b, self.dropout_W)
            for W, b in self._input_weights()
        ]
        return K.concatenate(projections)

    def _input_weights(self) -> list[tuple[Any, Any]]:
        """Returns `W` and `b` of each gate, if each has its own."""
        return [
            (getattr(self, f"W_{gate}"), getattr(self, f"b_{gate}"))
            for gate in self.gates
        ]

    def preprocess_input(self, x):
        """Returns all projections if `consume_less` is `"cpu"`, else the input."""
        return self.project(x) if self.consume_less == "cpu" else x

    def get_constants(self, x) -> list[Any]:
        """Returns the dropout masks of the state and of the input, one per gate."""
        return [
            self._masks(x, self.output_dim, self.dropout_U),
            self._masks(x, self.input_dim, self.dropout_W),
        ]

    def _masks(self, x, size, rate: float) -> list[Any]:
        return self.dropout_masks(lambda: filled(x, size, 1.0), rate)

    def gate_inputs(self, x, W_masks: list[Any]) -> list[Any]:
        """Returns the projections of one preprocessed step, for each gate."""
        if self.consume_less == "cpu":
            return self.split(x, self.output_dim)
        if self.joined:
            kept = x * W_masks[0]
            projected = K.dot(kept, self.W) + self.b
            return self.split(projected, self.output_dim)
        pairs = zip(W_masks, self._input_weights(), strict=True)
        projections = []
        for mask, (W, b) in pairs:
            projected = K.dot(x * mask, W)
            projections.append(projected + b)
        return projections

    def fed_back(self, h, U_masks: list[Any], count: int | None = None) -> list[Any]:
        """Returns `dot(h, U)` for each gate, or for the first `count`."""
        gates = self.gates[:count]
        if self.joined:
            n = self.output_dim
            U = self.U[:, : len(gates) * n]
            fed_back = K.dot(h * U_masks[0], U)
            return self.split(fed_back, n, len(gates))
        pairs = zip(gates, U_masks)
        projections = []
        for gate, mask in pairs:
            U = getattr(self, f"U_{gate}")
            projections.append(K.dot(h * mask, U))
        return projections

    def _run(self, x, initial: States, mask) -> Results:
        if not self._fusible(mask):
            return super()._run(x, initial, mask)
        trains = "gradients" in K.current().capabilities
        if trains and self.drops_states:
            return super()._run(x, initial, mask)
        if trains and self.drops_inputs:
            return self._fused(self.project(x), initial, mask)
        W = self.block("W")
        b = self.block("b")
        fused = self._fused(x, initial, mask, W=W, b=b)
        if not self.uses_learning_phase:
            return fused
        return _by_phase(super()._run(x, initial, mask), fused)

    def _fused(self, x, initial: States, mask, **weights) -> Results:
        """Runs the fused operation on the layer's input with the weights that project
        it, or without them on the projected input."""
        last, outputs, states = getattr(K, self.operation)(
            x,
            initial,
            U=self.block("U"),
            go_backwards=self.go_backwards,
            mask=mask,
            **weights,
            **{name: getattr(self, name).__name__ for name in self.functions},
        )
        return last, outputs, states

    def _fusible(self, mask) -> bool:
        """Returns whether the fused operation gives the same result as this layer's
        methods."""
        if "fused" not in K.current().capabilities:
            return False
        if self.unroll and mask is not None:
            return False
        fused_activations = [getattr(activations, name) for name in FUSED_ACTIVATIONS]
        if any(getattr(self, name) not in fused_activations for name in self.functions):
            return False
        standard = next(cls for cls in type(self).__mro__ if "operation" in vars(cls))
        return self._keeps(standard, ("step", "preprocess_input", "get_constants"))
