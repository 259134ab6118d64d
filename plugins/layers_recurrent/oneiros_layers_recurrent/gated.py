"""Base class of SimpleRNN, GRU and LSTM: weights per gate, dropout, fused loops."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from oneiros import activations, initializations, regularizers
from oneiros import backend as K
from oneiros.arguments import check_fraction, check_int, label
from oneiros.errors import ShapeError
from oneiros_initializations.postponed import initialized

from oneiros_layers_recurrent.base import (
    Recurrent,
    Shape,
    filled,
    time_distributed_dense,
)

FUSED_ACTIVATIONS = ("tanh", "sigmoid", "hard_sigmoid", "linear", "relu")
"""The activations that the fused operations support."""


Results = tuple[Any, Any, list[Any]]
"""The last output, all outputs and the last states."""


def _by_phase(training: Results, testing: Results) -> Results:
    """Returns results that depend on the learning phase."""
    pairs = zip(training[2], testing[2], strict=True)
    return (
        K.in_train_phase(training[0], testing[0]),
        K.in_train_phase(training[1], testing[1]),
        [K.in_train_phase(*pair) for pair in pairs],
    )


class GatedRecurrent(Recurrent):
    """Base of SimpleRNN, GRU and LSTM. Not a layer itself.

    # Arguments
        output_dim: int, size of the output and of each state.
        init, inner_init: names or functions `(shape, name=None)`, initializations of
            the weights.
        activation: name or function applied to the output.
        inner_activation: name or function for the gates, if the layer has gates.
        W_regularizer, U_regularizer, b_regularizer: penalties on the weights.
        dropout_W, dropout_U: floats, fractions of the input and of the state to drop in
            training.
        kwargs: as for `Recurrent`.
    """

    operation: ClassVar[str] = ""
    """The fused operation of `K` for this layer."""

    gates: ClassVar[tuple[str, ...]] = ("",)
    """The names of the gates, in their order in a joined matrix."""

    weight_order: ClassVar[tuple[str, ...]] = ("",)
    """The same names in the order of the layer's weights."""

    functions: ClassVar[tuple[str, ...]] = ("activation",)
    """The arguments that name activations."""

    W: Any
    U: Any
    b: Any
    activation: Any

    def __init__(
        self,
        *,
        output_dim: int,
        init: Any,
        inner_init: Any,
        activation: Any,
        inner_activation: Any = None,
        W_regularizer: Any,
        U_regularizer: Any,
        b_regularizer: Any,
        dropout_W: float,
        dropout_U: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.output_dim = check_int(self, "output_dim", output_dim)
        self.init = initializations.get(init)
        self.inner_init = initializations.get(inner_init)
        self.activation = activations.get(activation)
        if "inner_activation" in self.functions:
            self.inner_activation = activations.get(inner_activation)
        self.W_regularizer = regularizers.get(W_regularizer)
        self.U_regularizer = regularizers.get(U_regularizer)
        self.b_regularizer = regularizers.get(b_regularizer)
        self.dropout_W = check_fraction(self, "dropout_W", dropout_W)
        self.dropout_U = check_fraction(self, "dropout_U", dropout_U)
        self.uses_learning_phase = any(0 < rate < 1 for rate in (dropout_W, dropout_U))

    @property
    def joined(self) -> bool:
        """Whether there is one matrix for all gates."""
        return self.consume_less == "gpu" or len(self.gates) == 1

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, for each gate or joined."""
        features = input_shape[-1]
        if features is None:
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}; the "
                "size of its last axis must be known to make the weights. Give it "
                "at the origin of the input: Input(shape=(None, n)), or input_dim=n in "
                "the first layer."
            )
        super().build(input_shape)
        self.input_dim = features
        if self.joined:
            self._add_joined(features)
        else:
            self._add_by_gate(features)
        self.set_initial_weights()

    def _add_joined(self, features: int) -> None:
        size = len(self.gates) * self.output_dim
        self._add_part("W", (features, size), self.init, self.W_regularizer)
        self._add_part(
            "U", (self.output_dim, size), self.inner_init, self.U_regularizer
        )
        self._add_part("b", (size,), self._joined_bias, self.b_regularizer)

    def _add_by_gate(self, features: int) -> None:
        """Makes the weights of each gate.

        `U` has the initialization and penalty of `W`, as in Keras 1.2.2.
        """
        n = self.output_dim
        for gate in self.gates:
            self._add_part(f"W_{gate}", (features, n), self.init, self.W_regularizer)
            self._add_part(f"U_{gate}", (n, n), self.init, self.W_regularizer)
            bias_init = self.bias_init(gate)
            self._add_part(f"b_{gate}", (n,), bias_init, self.b_regularizer)
        order = [f"{part}_{gate}" for gate in self.weight_order for part in "WUb"]
        self.trainable_weights = [getattr(self, name) for name in order]
        self.W, self.U, self.b = (self.block(part) for part in "WUb")

    def _add_part(self, name: str, shape: Any, init: Any, regularizer: Any) -> None:
        weight = self.add_weight(
            shape, init, name=f"{self.name}_{name}", regularizer=regularizer
        )
        setattr(self, name, weight)

    def bias_init(self, gate: str) -> Any:
        """Returns the initialization of a gate's bias."""
        return initializations.get("zero")

    def _joined_bias(self, shape: tuple[int, ...], name: str | None = None) -> Any:
        def make() -> Any:
            biases = [self.bias_init(gate)((self.output_dim,)) for gate in self.gates]
            values = np.concatenate([K.get_value(bias) for bias in biases])
            return K.variable(values, name=name)

        return initialized(shape, name, make)

    def block(self, part: str) -> Any:
        """Returns the weights `"W"`, `"U"` or `"b"` of all gates, side by side.

        They are in the order of `gates`.
        """
        if self.joined:
            return getattr(self, part)
        return K.concatenate([getattr(self, f"{part}_{gate}") for gate in self.gates])

    def project(self, x: Any) -> Any:
        """Returns `dot(x, W) + b` for all steps and gates.

        Each gate has its own dropout, unless the gates are joined.
        """
        if self.joined or not 0 < self.dropout_W < 1:
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

    def preprocess_input(self, x: Any) -> Any:
        """Returns all projections if `consume_less` is `"cpu"`, else the input."""
        return self.project(x) if self.consume_less == "cpu" else x

    def get_constants(self, x: Any) -> list[Any]:
        """Returns the dropout masks of the state and of the input, one per gate."""
        return [
            self._masks(x, self.output_dim, self.dropout_U),
            self._masks(x, self.input_dim, self.dropout_W),
        ]

    def _masks(self, x: Any, size: Any, rate: float) -> list[Any]:
        if not 0 < rate < 1:
            return [K.cast_to_floatx(1.0)] * len(self.gates)
        ones = filled(x, size, 1.0)
        return [K.in_train_phase(K.dropout(ones, rate), ones) for _ in self.gates]

    def split(self, x: Any, count: int | None = None) -> list[Any]:
        """Returns the blocks of a tensor that holds those of `count` gates in a row."""
        n = self.output_dim
        return [
            x[:, index * n : (index + 1) * n]
            for index in range(count or len(self.gates))
        ]

    def gate_inputs(self, x: Any, W_masks: list[Any]) -> list[Any]:
        """Returns the projections of one preprocessed step, for each gate."""
        if self.consume_less == "cpu":
            return self.split(x)
        if self.joined:
            return self.split(K.dot(x * W_masks[0], self.W) + self.b)
        pairs = zip(W_masks, self._input_weights(), strict=True)
        return [K.dot(x * mask, W) + b for mask, (W, b) in pairs]

    def fed_back(
        self, h: Any, U_masks: list[Any], count: int | None = None
    ) -> list[Any]:
        """Returns `dot(h, U)` for each gate, or for the first `count`."""
        gates = self.gates[:count]
        if self.joined:
            U = self.U[:, : len(gates) * self.output_dim]
            return self.split(K.dot(h * U_masks[0], U), len(gates))
        pairs = zip(gates, U_masks, strict=False)
        return [K.dot(h * mask, getattr(self, f"U_{gate}")) for gate, mask in pairs]

    def _run(self, x: Any, initial: list[Any], mask: Any) -> Results:
        if not self._fusible(mask):
            return super()._run(x, initial, mask)
        drops_inputs = 0 < self.dropout_W < 1
        drops_states = 0 < self.dropout_U < 1
        trains = "gradients" in K.current().capabilities
        if not trains and (drops_inputs or drops_states):
            training = super()._run(x, initial, mask)
            return _by_phase(training, self._fused(x, initial, mask))
        if drops_states:
            return super()._run(x, initial, mask)
        if drops_inputs:
            return self._fused_on_projection(self.project(x), initial, mask)
        return self._fused(x, initial, mask)

    def _fused(self, x: Any, initial: list[Any], mask: Any) -> Results:
        """Runs the fused operation on the layer's input."""
        weights = {"W": self.block("W"), "b": self.block("b")}
        return self._fused_on_projection(x, initial, mask, **weights)

    def _fused_on_projection(
        self, x: Any, initial: list[Any], mask: Any, **weights: Any
    ) -> Results:
        """Runs the fused operation on the projected input, or with the weights that
        project it."""
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

    def _fusible(self, mask: Any) -> bool:
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
