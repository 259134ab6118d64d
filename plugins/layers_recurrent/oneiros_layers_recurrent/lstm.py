"""LSTM: a cell that gates write, keep and read."""

from oneiros import initializations

from oneiros_layers_recurrent.base import States, Stepped
from oneiros_layers_recurrent.gated import GatedRecurrent
from oneiros_layers_recurrent.gates import ForgetfulLayer


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
        model.layers[1].weights[0].name  # 'lstm_2_W_i'
        ```

    # Arguments
        output_dim: int, size of the output.
        init: name or function `(shape, name=None)`, initialization of the input's
            weights; also of the recurrent ones, unless `consume_less="gpu"`, as in
            Keras 1.2.2.
        inner_init: name or function, initialization of the recurrent weights with
            `consume_less="gpu"`.
        forget_bias_init: name or function, initialization of the forget gate's bias.
        activation: name or function, applied to the values written to the cell and read
            from it.
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
            `[W_i, U_i, b_i, W_c, U_c, b_c, W_f, U_f, b_f, W_o, U_o, b_o]`, or
            `[W, U, b]` with `consume_less="gpu"`, the columns in the order i, f, c, o.
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
        - Hochreiter, Schmidhuber: Long Short-Term Memory, Neural Computation 9, 1997
        - Gers, Schmidhuber, Cummins: Learning to Forget: Continual Prediction with
          LSTM, Neural Computation 12, 2000
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    operation = "lstm"

    def __init__(
        self,
        output_dim: int,
        init="glorot_uniform",
        inner_init="orthogonal",
        forget_bias_init="one",
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
