"""GRU: a state that gates partly overwrite."""

from typing import Any

from oneiros import backend as K

from oneiros_layers_recurrent.base import States, Stepped
from oneiros_layers_recurrent.gated import GatedRecurrent


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
        model.layers[1].weights[0].name  # 'gru_2_W_z'
        ```

    # Arguments
        output_dim: int, size of the output.
        init: name or function `(shape, name=None)`, initialization of the input's
            weights; also of the recurrent ones, unless `consume_less="gpu"`, as in
            Keras 1.2.2.
        inner_init: name or function, initialization of the recurrent weights with
            `consume_less="gpu"`.
        activation: name or function; None leaves the candidate for the new state
            unchanged.
        inner_activation: name or function, the activation of the gates.
        W_regularizer: regularizer of the input's weights, such as `l2(0.01)`; also of
            the recurrent ones, unless `consume_less="gpu"`.
        U_regularizer: regularizer of the recurrent weights with `consume_less="gpu"`.
        b_regularizer: regularizer of the biases.
        dropout_W: float between 0 and 1, fraction of the input's features to drop in
            training, the same ones at all steps of a sequence, but different ones for
            each gate, unless `consume_less="gpu"`. 0 and 1 drop nothing.
        dropout_U: float between 0 and 1, the same for the recurrent state.
        weights: list of arrays, initial values
            `[W_z, U_z, b_z, W_r, U_r, b_r, W_h, U_h, b_h]`, or `[W, U, b]` with
            `consume_less="gpu"`, the columns in the order z, r, h.
        return_sequences, go_backwards, stateful, unroll, consume_less, input_dim,
            input_length: as for `Recurrent`.

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
    operation = "gru"
    gates = ("z", "r", "h")
    weight_order = ("z", "r", "h")
    functions = ("activation", "inner_activation")

    U_h: Any

    def __init__(
        self,
        output_dim: int,
        init="glorot_uniform",
        inner_init="orthogonal",
        activation="tanh",
        inner_activation="hard_sigmoid",
        W_regularizer=None,
        U_regularizer=None,
        b_regularizer=None,
        dropout_W: float = 0.0,
        dropout_U: float = 0.0,
        **kwargs,
    ):
        super().__init__(
            output_dim=output_dim,
            init=init,
            inner_init=inner_init,
            activation=activation,
            inner_activation=inner_activation,
            W_regularizer=W_regularizer,
            U_regularizer=U_regularizer,
            b_regularizer=b_regularizer,
            dropout_W=dropout_W,
            dropout_U=dropout_U,
            **kwargs,
        )

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
