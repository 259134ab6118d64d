"""Base classes of the layers with a kernel `W` and a bias `b`."""

from typing import Any

from oneiros import constraints, initializations, regularizers
from oneiros.arguments import check_bool, check_optional_int, label
from oneiros.engine.layer import Layer
from oneiros.engine.node import Shape
from oneiros.errors import ShapeError


def sequence_arguments(
    layer: Layer, input_dim, input_length, kwargs: dict[str, Any]
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
        init: name or function, initialization of the kernel.
        weights: list of arrays, initial values of all weights.
        W_regularizer, b_regularizer: penalties on kernel and bias.
        activity_regularizer: penalty on the output.
        W_constraint, b_constraint: constraints of kernel and bias.
        bias: bool, whether to add a bias.
    """

    W: Any
    b: Any

    def __init__(
        self,
        *,
        init,
        weights,
        W_regularizer,
        b_regularizer,
        activity_regularizer,
        W_constraint,
        b_constraint,
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
        input_dim = check_optional_int(owner, "input_dim", input_dim)
        if input_dim:
            kwargs.setdefault("input_shape", (input_dim,))
        super().__init__(**kwargs)
        self.input_dim = input_dim
