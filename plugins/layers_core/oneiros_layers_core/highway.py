"""Highway: a Dense layer that learns how much of its input to pass through."""

from typing import Any

from oneiros import activations
from oneiros import backend as K
from oneiros.engine.layer import InputSpec
from oneiros.engine.node import Shape

from oneiros_layers_core.affine import DenseLayer, known_features


class Highway(DenseLayer):
    """Mixes the output of a Dense layer with its input, in learned proportions.

    `y = T * activation(dot(x, W) + b) + (1 - T) * x`, where `T = sigmoid(dot(x,
    W_carry) + b_carry)`; `b_carry` starts from 1. Regularizers and constraints apply
    only to `W` and `b`.

    # Example
        ```python
        from oneiros.layers import Highway
        from oneiros.models import Sequential

        model = Sequential([Highway(activation="tanh", input_dim=16)])
        [weight.ndim for weight in model.get_weights()]  # [2, 2, 1, 1]
        ```

    # Arguments
        init: name or function `(shape, name=None)`, initialization of `W` and
            `W_carry`.
        activation: name or function applied to the transformed part; None leaves it
            unchanged.
        weights: list of arrays, initial values `[W, W_carry, b, b_carry]`, or
            `[W, W_carry]` without bias.
        W_regularizer, b_regularizer, activity_regularizer, W_constraint, b_constraint,
            bias: as for `Dense`.
        input_dim: int, number of inputs, if this is a model's first layer.

    # Input shape
        2D, `(samples, input_dim)`.

    # Output shape
        The same.

    # References
        - Srivastava, Greff, Schmidhuber: Highway Networks, arXiv:1505.00387
    """

    loadable = True
    W_carry: Any
    b_carry: Any

    def __init__(
        self,
        init="glorot_uniform",
        activation=None,
        weights=None,
        W_regularizer=None,
        b_regularizer=None,
        activity_regularizer=None,
        W_constraint=None,
        b_constraint=None,
        bias: bool = True,
        input_dim: int | None = None,
        **kwargs,
    ):
        super().__init__(
            init=init,
            weights=weights,
            W_regularizer=W_regularizer,
            b_regularizer=b_regularizer,
            activity_regularizer=activity_regularizer,
            W_constraint=W_constraint,
            b_constraint=b_constraint,
            bias=bias,
            input_dim=input_dim,
            **kwargs,
        )
        self.activation = activations.get(activation)
        self.input_spec = [InputSpec(ndim=2)]

    def build(self, input_shape: Shape) -> None:
        """Makes `W`, `W_carry`, and with a bias `b` and `b_carry`, in this order."""
        features = known_features(self, input_shape)
        self.input_spec = [InputSpec(shape=(None, features))]
        self.W = self.add_kernel((features, features))
        self.W_carry = self.add_weight(
            (features, features), initializer=self.init, name=f"{self.name}_W_carry"
        )
        self.b = self.add_bias((features,))
        self.b_carry = None
        if self.bias:
            self.b_carry = self.add_weight(
                (features,), initializer="one", name=f"{self.name}_b_carry"
            )
        self.set_initial_weights()

    def call(self, x, mask=None):
        """Returns the mixture of the transformed and the carried input."""
        carry = K.dot(x, self.W_carry)
        output = K.dot(x, self.W)
        if self.bias:
            carry = carry + self.b_carry
            output = output + self.b
        transform = K.sigmoid(carry)
        return self.activation(output) * transform + (1.0 - transform) * x
