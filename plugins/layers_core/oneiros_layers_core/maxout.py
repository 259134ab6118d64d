"""MaxoutDense: the largest of several linear maps."""

from oneiros import backend as K
from oneiros.arguments import check_int
from oneiros.engine.layer import InputSpec
from oneiros.engine.node import Shape

from oneiros_layers_core.affine import DenseLayer, known_features


class MaxoutDense(DenseLayer):
    """The largest of `nb_feature` linear maps of the input, element by element.

    This is a learned, convex activation.

    # Example
        ```python
        from oneiros.layers import MaxoutDense
        from oneiros.models import Sequential

        model = Sequential([MaxoutDense(8, nb_feature=3, input_dim=16)])
        [weight.shape for weight in model.get_weights()]  # [(3, 16, 8), (3, 8)]
        ```

    # Arguments
        output_dim: int, number of outputs.
        nb_feature: int, number of linear maps from which the largest is taken.
        init: name or function `(shape, name=None)`, initialization of the kernel.
        weights: list of arrays, initial values `[W, b]`, or `[W]` without bias.
        W_regularizer, b_regularizer, activity_regularizer, W_constraint, b_constraint,
            bias: as for `Dense`.
        input_dim: int, number of inputs, if this is a model's first layer.

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
        init="glorot_uniform",
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

    def call(self, x, mask=None):
        """Returns the largest of `dot(x, W[k]) + b[k]` over `k`."""
        output = K.dot(x, self.W)
        if self.bias:
            output = output + self.b
        return K.max(output, axis=1)
