"""Dense, and its older version for sequences, TimeDistributedDense."""

from oneiros import activations
from oneiros import backend as K
from oneiros.arguments import check_int, label
from oneiros.engine.layer import InputSpec
from oneiros.engine.node import Shape
from oneiros.errors import ShapeError

from oneiros_layers_core.affine import DenseLayer, known_features, sequence_arguments


class Dense(DenseLayer):
    """Fully connected layer: `activation(dot(x, W) + b)` over the input's last axis.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential()
        model.add(Dense(32, activation="relu", input_dim=16))
        model.add(Dense(10))
        model.output_shape  # (None, 10)
        model.count_params()  # 874
        ```

    # Arguments
        output_dim: int, size of the output's last axis.
        init: name or function `(shape, name=None)`, initialization of the kernel.
        activation: name or function applied to the output; None leaves it unchanged.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        W_regularizer: regularizer of the kernel, such as `l2(0.01)`.
        b_regularizer: regularizer of the bias.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the kernel, such as `maxnorm(2)`.
        b_constraint: constraint of the bias.
        bias: bool, whether to add a bias.
        input_dim: int, size of the input's last axis; or `input_shape`, if this is a
            model's first layer.

    # Input shape
        `(samples, …, input_dim)`, two axes or more.

    # Output shape
        `(samples, …, output_dim)`.

    # Raises
        ShapeError: if the size of the input's last axis is unknown, or differs from the
            one for which the weights were made.
    """

    loadable = True

    def __init__(
        self,
        output_dim: int,
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
        self.output_dim = check_int(self, "output_dim", output_dim)
        self.activation = activations.get(activation)
        self.input_spec = [InputSpec(ndim="2+")]
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Makes `W`, `(input_dim, output_dim)`, and `b`, `(output_dim,)`."""
        self.input_dim = known_features(self, input_shape)
        self.W = self.add_kernel((self.input_dim, self.output_dim))
        self.b = self.add_bias((self.output_dim,))
        self.set_initial_weights()

    def assert_input_compatibility(self, input) -> None:
        """Checks the rank and, once there are weights, the last axis."""
        super().assert_input_compatibility(input)
        if self.built:
            self._check_features(K.int_shape(input))

    def _check_features(self, input_shape: Shape) -> None:
        features = K.get_variable_shape(self.W)[0]
        if input_shape[-1] not in (None, features):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}; its "
                "weights were made for a last axis of "
                f"{features}. Reshape the input, or make "
                "another layer for it."
            )

    def call(self, x, mask=None):
        """Returns `activation(dot(x, W) + b)`."""
        output = K.dot(x, self.W)
        if self.bias:
            output = output + self.b
        return self.activation(output)

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns the input's shape with `output_dim` last."""
        return (*input_shape[:-1], self.output_dim)


class TimeDistributedDense(Dense):
    """Applies the same Dense at each step of a sequence; passes on the mask.

    For models of Keras 1.0 and earlier: `Dense` accepts sequences, too.

    # Example
        ```python
        from oneiros.layers import TimeDistributedDense
        from oneiros.models import Sequential

        model = Sequential([TimeDistributedDense(5, input_dim=16, input_length=10)])
        model.output_shape  # (None, 10, 5)
        ```

    # Arguments
        output_dim: int, size of the output's last axis.
        init, activation, weights, W_regularizer, b_regularizer, activity_regularizer,
            W_constraint, b_constraint, bias: as for `Dense`.
        input_dim: int, size of the input's last axis, if this is a model's first layer.
        input_length: int, number of steps if it is constant; None otherwise.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        3D, `(samples, steps, output_dim)`.
    """

    loadable = True

    def __init__(
        self,
        output_dim: int,
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
        input_length: int | None = None,
        **kwargs,
    ):
        input_dim, input_length = sequence_arguments(
            self, input_dim, input_length, kwargs
        )
        super().__init__(
            output_dim=output_dim,
            init=init,
            activation=activation,
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
        self.input_length = input_length
        self.supports_masking = True
        self.input_spec = [InputSpec(ndim=3)]

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_dim` stays what the constructor received."""
        input_dim = self.input_dim
        super().build(input_shape)
        self.input_dim = input_dim
