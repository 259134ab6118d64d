"""SimpleRNN: the output is fed back to the input."""

from typing import Any

from oneiros import backend as K

from oneiros_layers_recurrent.base import States, Stepped
from oneiros_layers_recurrent.gated import GatedRecurrent


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
        W_regularizer: regularizer of the input's weights, such as `l2(0.01)`.
        U_regularizer: regularizer of the recurrent weights.
        b_regularizer: regularizer of the bias.
        dropout_W: float between 0 and 1, fraction of the input's features to drop in
            training, the same ones at all steps of a sequence. 0 and 1 drop nothing.
        dropout_U: float between 0 and 1, the same for the recurrent output.
        weights: list of arrays, initial values `[W, U, b]`.
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
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    operation = "simple_rnn"

    def __init__(
        self,
        output_dim: int,
        init="glorot_uniform",
        inner_init="orthogonal",
        activation="tanh",
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
