"""SimpleRNN, GRU and LSTM, with joined weights and fused loops."""

from typing import Any, Unpack

import numpy as np
from oneiros import activations, initializations
from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros.typing import Activation, Initialization, RegularizerLike, Shape
from oneiros_initializations.postponed import initialized
from oneiros_layers_core.dense import known_features

from oneiros_layers_recurrent.base import (
    Recurrent,
    RecurrentOptions,
    Results,
    States,
    Stepped,
    filled,
    time_distributed_dense,
)
from oneiros_layers_recurrent.gates import ForgetfulLayer, GatedLayer

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


class SimpleRNN(GatedRecurrent):
    """Fully connected recurrent layer: its output is fed back to its input.

    `h = activation(dot(x, W) + dot(h, U) + b)`.

    # Example
        ```python
        from oneiros.layers import Dense, SimpleRNN
        from oneiros.models import Sequential

        model = Sequential([SimpleRNN(32, input_shape=(10, 8)), Dense(1)])
        model.layers[0].output_shape  # (None, 32)
        model.layers[0].count_params()  # 1312
        ```

    # Arguments
        output_dim: int, size of the output.
        init: name or function `(shape, name=None)`, initialization of `W`.
        inner_init: name or function, initialization of `U`.
        activation: name or function; None leaves the output unchanged.
        W_regularizer, U_regularizer, b_regularizer: regularizers of `W`, `U` and `b`.
        dropout_W, dropout_U: floats between 0 and 1, fractions of the input's and of
            the state's features to drop in training, the same ones at all steps of a
            sequence. 0 and 1 drop nothing.
        weights: list of arrays, initial values `[W, U, b]`.
        the others: as for `Recurrent`.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        `(samples, steps, output_dim)` with `return_sequences`, else
        `(samples, output_dim)`.

    # Raises
        ShapeError: if the size of the input's last axis is unknown, or differs from
            that of the weights.

    # References
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    operation = "simple_rnn"

    def __init__(
        self,
        output_dim: int,
        init: Initialization = "glorot_uniform",
        inner_init: Initialization = "orthogonal",
        activation: Activation = "tanh",
        W_regularizer: RegularizerLike = None,
        U_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs: Unpack[RecurrentOptions],
    ):
        super().__init__(
            output_dim=output_dim,
            init=init,
            inner_init=inner_init,
            activation=activation,
            W_regularizer=W_regularizer,
            U_regularizer=U_regularizer,
            b_regularizer=b_regularizer,
            dropout_W=dropout_W,
            dropout_U=dropout_U,
            **kwargs,
        )

    def step(self, x, states: States) -> Stepped:
        """Returns the output, which is the new state.

        `states` holds the old one and two dropout masks.
        """
        previous, U_mask, W_mask = states[:3]
        projected = x
        if self.consume_less != "cpu":
            projected = K.dot(x * W_mask, self.W) + self.b
        fed_back = K.dot(previous * U_mask, self.U)
        output = self.activation(projected + fed_back)
        return output, [output]

    def get_constants(self, x) -> list[Any]:
        """Returns the dropout masks of the state and of the input."""
        return [masks[0] for masks in super().get_constants(x)]


class GRU(GatedRecurrent):
    """Gated recurrent unit.

    `h = z * h + (1 - z) * activation(dot(x, W_h) + dot(r * h, U_h) + b_h)`.

    The gates `z` (update) and `r` (reset) are `inner_activation(dot(x, W) + dot(h, U) +
    b)` with their own weights.

    # Example
        ```python
        from oneiros.layers import GRU, Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(GRU(32, return_sequences=True, input_shape=(None, 8)))
        model.add(GRU(16))
        model.add(Dense(1))
        model.layers[0].output_shape  # (None, None, 32)
        len(model.layers[1].weights)  # 9
        ```

    # Arguments
        output_dim: int, size of the output.
        init, W_regularizer: those of the input's weights; also of the recurrent ones,
            unless `consume_less="gpu"`, as in Keras 1.2.2.
        inner_init, U_regularizer: those of the recurrent weights with
            `consume_less="gpu"`.
        activation: name or function, of the candidate for the new state.
        inner_activation: name or function, of the gates.
        b_regularizer: regularizer of the biases.
        dropout_W, dropout_U: as for `SimpleRNN`; each gate drops other features, unless
            `consume_less="gpu"`.
        weights: list of arrays, initial values
            `[W_z, U_z, b_z, W_r, U_r, b_r, W_h, U_h, b_h]`, or `[W, U, b]` with
            `consume_less="gpu"`, the columns in the order z, r, h.
        the others: as for `Recurrent`.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        `(samples, steps, output_dim)` with `return_sequences`, else
        `(samples, output_dim)`.

    # Raises
        ShapeError: if the size of the input's last axis is unknown, or differs from
            that of the weights.

    # References
        - Cho, van Merriënboer, Bahdanau, Bengio: On the Properties of Neural Machine
          Translation: Encoder-Decoder Approaches, arXiv:1409.1259
        - Chung, Gulcehre, Cho, Bengio: Empirical Evaluation of Gated Recurrent Neural
          Networks on Sequence Modeling, arXiv:1412.3555
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    conformance = {"unused": ("inner_init",)}  # unless consume_less is "gpu"
    operation = "gru"
    gates = ("z", "r", "h")
    weight_order = ("z", "r", "h")
    functions = ("activation", "inner_activation")

    U_h: Any

    def __init__(
        self,
        output_dim: int,
        init: Initialization = "glorot_uniform",
        inner_init: Initialization = "orthogonal",
        activation: Activation = "tanh",
        inner_activation: Activation = "hard_sigmoid",
        W_regularizer: RegularizerLike = None,
        U_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs: Unpack[RecurrentOptions],
    ):
        super().__init__(
            output_dim=output_dim,
            init=init,
            inner_init=inner_init,
            activation=activation,
            W_regularizer=W_regularizer,
            U_regularizer=U_regularizer,
            b_regularizer=b_regularizer,
            dropout_W=dropout_W,
            dropout_U=dropout_U,
            **kwargs,
        )
        self.inner_activation = activations.get(inner_activation)

    def step(self, x, states: States) -> Stepped:
        """Returns the output, which is the new state.

        `states` holds the old one and the dropout masks.
        """
        h, U_masks, W_masks = states[:3]
        x_z, x_r, x_h = self.gate_inputs(x, W_masks)
        h_z, h_r = self.fed_back(h, U_masks, 2)
        z = self.inner_activation(x_z + h_z)
        r = self.inner_activation(x_r + h_r)
        kept = r * h * U_masks[0 if self.joined else 2]
        U_h = self.U[:, 2 * self.output_dim :] if self.joined else self.U_h
        h_h = K.dot(kept, U_h)
        output = z * h + (1 - z) * self.activation(x_h + h_h)
        return output, [output]


class LSTM(ForgetfulLayer, GatedRecurrent):
    """Long short-term memory.

    `c = f * c + i * activation(a_c)` and `h = o * activation(c)`.

    Each `a` is `dot(x, W) + dot(h, U) + b` with its own weights. The gates `i` (input),
    `f` (forget) and `o` (output) are `inner_activation(a)`.

    # Example
        ```python
        from oneiros.layers import LSTM, Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(LSTM(32, return_sequences=True, input_shape=(None, 8)))
        model.add(LSTM(16))
        model.add(Dense(1))
        model.layers[0].output_shape  # (None, None, 32)
        len(model.layers[1].weights)  # 12
        ```

    # Arguments
        forget_bias_init: name or function, initialization of the forget gate's bias.
        activation: name or function, applied to the values written to the cell and read
            from it.
        weights: list of arrays, initial values
            `[W_i, U_i, b_i, W_c, U_c, b_c, W_f, U_f, b_f, W_o, U_o, b_o]`, or
            `[W, U, b]` with `consume_less="gpu"`, the columns in the order i, f, c, o.
        the others: as for `GRU`.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        `(samples, steps, output_dim)` with `return_sequences`, else
        `(samples, output_dim)`.

    # Raises
        ShapeError: if the size of the input's last axis is unknown, or differs from
            that of the weights.

    # References
        - Hochreiter, Schmidhuber: Long Short-Term Memory, Neural Computation 9, 1997
        - Gers, Schmidhuber, Cummins: Learning to Forget: Continual Prediction with
          LSTM, Neural Computation 12, 2000
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    conformance = {"unused": ("inner_init",)}  # unless consume_less is "gpu"
    operation = "lstm"

    def __init__(
        self,
        output_dim: int,
        init: Initialization = "glorot_uniform",
        inner_init: Initialization = "orthogonal",
        forget_bias_init: Initialization = "one",
        activation: Activation = "tanh",
        inner_activation: Activation = "hard_sigmoid",
        W_regularizer: RegularizerLike = None,
        U_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs: Unpack[RecurrentOptions],
    ):
        super().__init__(
            output_dim=output_dim,
            init=init,
            inner_init=inner_init,
            activation=activation,
            W_regularizer=W_regularizer,
            U_regularizer=U_regularizer,
            b_regularizer=b_regularizer,
            dropout_W=dropout_W,
            dropout_U=dropout_U,
            **kwargs,
        )
        self.inner_activation = activations.get(inner_activation)
        self.forget_bias_init = initializations.get(forget_bias_init)

    def step(self, x, states: States) -> Stepped:
        """Returns the output and the states `[h, c]`.

        `states` holds the old ones and the dropout masks.
        """
        h, c, U_masks, W_masks = states[:4]
        pairs = zip(
            self.gate_inputs(x, W_masks), self.fed_back(h, U_masks), strict=True
        )
        return self.next_states(c, [fed + fed_back for fed, fed_back in pairs])
