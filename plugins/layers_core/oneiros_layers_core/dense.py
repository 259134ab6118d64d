"""Dense, the other layers with a kernel over the features, and their base classes."""

from typing import Any, Unpack

from oneiros import activations, constraints, initializations, regularizers
from oneiros import backend as K
from oneiros.arguments import check_bool, check_int, check_optional_int, label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import (
    Activation,
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)


def sequence_arguments(
    layer: Layer, input_dim, input_length, kwargs: LayerOptions
) -> tuple[int | None, int | None]:
    """Checks the arguments that give the shape of sequences, and adds `input_shape` to
    the other arguments of a constructor if they do."""
    owner = type(layer).__name__
    input_dim = check_optional_int(owner, "input_dim", input_dim)
    input_length = check_optional_int(owner, "input_length", input_length)
    if input_dim:
        kwargs.setdefault("input_shape", (input_length, input_dim))
    return input_dim, input_length


def known_features(layer: Layer, input_shape: Shape) -> int:
    """Returns the size of an input's last axis, which determines a kernel.

    # Raises
        ShapeError: if it is unknown.
    """
    size = input_shape[-1]
    if size is None:
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(input_shape)}; the "
            "size of its last axis must be known to make the weights. Give it at the "
            "origin of the input: Input(shape=(…, n)), input_dim=n in the first "
            "layer, or the argument `output_shape` of a Lambda or Merge layer."
        )
    return size


class AffineLayer(Layer):
    """Base of the layers that multiply by a kernel and add a bias.

    Not a layer itself. To add an argument to a layer, add a parameter of its
    constructor and an attribute of the same name: `get_config` finds it.

    # Arguments
        all: as for `Dense`.
    """

    W: Any
    b: Any

    def __init__(
        self,
        *,
        init: Initialization,
        weights: list[Array] | None,
        W_regularizer: RegularizerLike,
        b_regularizer: RegularizerLike,
        activity_regularizer: RegularizerLike,
        W_constraint: ConstraintLike,
        b_constraint: ConstraintLike,
        bias: bool,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.init = initializations.get(init)
        self.initial_weights = weights
        self.W_regularizer = regularizers.get(W_regularizer)
        self.b_regularizer = regularizers.get(b_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        self.b_constraint = constraints.get(b_constraint)
        self.bias = check_bool(self, "bias", bias)

    def add_kernel(self, shape: tuple[int, ...]):
        """Makes the kernel."""
        return self.add_weight(
            shape,
            initializer=self.init,
            name=f"{self.name}_W",
            regularizer=self.W_regularizer,
            constraint=self.W_constraint,
        )

    def add_bias(self, shape: tuple[int, ...]):
        """Makes the bias, initially zeros; None for a layer without bias."""
        if not self.bias:
            return None
        return self.add_weight(
            shape,
            initializer="zero",
            name=f"{self.name}_b",
            regularizer=self.b_regularizer,
            constraint=self.b_constraint,
        )


class DenseLayer(AffineLayer):
    """Base of the layers whose kernel spans the features, the input's last axis.

    Not a layer itself.

    # Arguments
        input_dim: int, number of features, if this is a model's first layer.
        the others: as for `AffineLayer`.
    """

    def __init__(self, *, input_dim: int | None, **kwargs):
        owner = type(self).__name__
        # Keras 1 took a shape, too, where a layer before this one makes the input.
        if isinstance(input_dim, tuple) and len(input_dim) == 1:
            (input_dim,) = input_dim
        input_dim = check_optional_int(owner, "input_dim", input_dim)
        if input_dim:
            kwargs.setdefault("input_shape", (input_dim,))
        super().__init__(**kwargs)
        self.input_dim = input_dim


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
        W_regularizer, b_regularizer, activity_regularizer: regularizers of the kernel,
            the bias and the output, such as `l2(0.01)`.
        W_constraint, b_constraint: constraints of kernel and bias, such as
            `maxnorm(2)`.
        bias: bool, whether to add a bias.
        input_dim: int, in place of `input_shape=(input_dim,)`.

    # Input shape
        `(samples, …, input_dim)`, two axes or more.

    # Output shape
        `(samples, …, output_dim)`.

    # Raises
        ShapeError: if the size of the input's last axis is unknown, or differs from the
            one for which the weights were made.
    """

    loadable = True
    supports_masking = True

    def __init__(
        self,
        output_dim: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        input_dim: int | None = None,
        **kwargs: Unpack[LayerOptions],
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

    def call(self, x, mask=None) -> Tensor:
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
        input_length: int, number of steps if it is constant.
        the others: as for `Dense`.

    # Input shape
        3D, `(samples, steps, input_dim)`.

    # Output shape
        3D, `(samples, steps, output_dim)`.
    """

    loadable = True

    def __init__(
        self,
        output_dim: int,
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        input_dim: int | None = None,
        input_length: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        input_dim, input_length = sequence_arguments(
            self, input_dim, input_length, kwargs
        )
        super().__init__(
            output_dim,
            init,
            activation,
            weights,
            W_regularizer,
            b_regularizer,
            activity_regularizer,
            W_constraint,
            b_constraint,
            bias,
            input_dim,
            **kwargs,
        )
        self.input_length = input_length
        self.input_spec = [InputSpec(ndim=3)]

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; `input_dim` stays what the constructor received."""
        input_dim = self.input_dim
        super().build(input_shape)
        self.input_dim = input_dim


class MaxoutDense(DenseLayer):
    """The largest of `nb_feature` linear maps of the input, element by element.

    # Example
        ```python
        from oneiros.layers import MaxoutDense
        from oneiros.models import Sequential

        model = Sequential([MaxoutDense(8, nb_feature=3, input_dim=16)])
        [weight.shape for weight in model.get_weights()]  # [(3, 16, 8), (3, 8)]
        ```

    # Arguments
        nb_feature: int, number of linear maps.
        the others: as for `Dense`, without activation.

    # Input shape
        2D, `(samples, input_dim)`.

    # Output shape
        2D, `(samples, output_dim)`.

    # References
        - Goodfellow, Warde-Farley, Mirza, Courville, Bengio: Maxout Networks,
          arXiv:1302.4389
    """

    loadable = True

    def __init__(
        self,
        output_dim: int,
        nb_feature: int = 4,
        init: Initialization = "glorot_uniform",
        weights: list[Array] | None = None,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        input_dim: int | None = None,
        **kwargs: Unpack[LayerOptions],
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
        self.nb_feature = check_int(self, "nb_feature", nb_feature)
        self.input_spec = [InputSpec(ndim=2)]

    def build(self, input_shape: Shape) -> None:
        """Makes `W` and `b`, with `nb_feature` matrices and rows."""
        features = known_features(self, input_shape)
        self.input_spec = [InputSpec(shape=(None, features))]
        self.W = self.add_kernel((self.nb_feature, features, self.output_dim))
        self.b = self.add_bias((self.nb_feature, self.output_dim))
        self.set_initial_weights()

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Returns `(samples, output_dim)`."""
        return (input_shape[0], self.output_dim)

    def call(self, x, mask=None) -> Tensor:
        """Returns the largest of `dot(x, W[k]) + b[k]` over `k`."""
        output = K.dot(x, self.W)
        if self.bias:
            output = output + self.b
        return K.max(output, axis=1)


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
        init: name or function `(shape, name=None)` for `W` and `W_carry`.
        weights: list of arrays, initial values `[W, W_carry, b, b_carry]`, or
            `[W, W_carry]` without bias.
        the others: as for `Dense`.

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
        init: Initialization = "glorot_uniform",
        activation: Activation = None,
        weights: list[Array] | None = None,
        W_regularizer: RegularizerLike = None,
        b_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        b_constraint: ConstraintLike = None,
        bias: bool = True,
        input_dim: int | None = None,
        **kwargs: Unpack[LayerOptions],
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

    def call(self, x, mask=None) -> Tensor:
        """Returns the mixture of the transformed and the carried input."""
        carry = K.dot(x, self.W_carry)
        output = K.dot(x, self.W)
        if self.bias:
            carry = carry + self.b_carry
            output = output + self.b
        transform = K.sigmoid(carry)
        return self.activation(output) * transform + (1.0 - transform) * x
