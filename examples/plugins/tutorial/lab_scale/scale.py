"""FeatureScale: a layer."""

from typing import Unpack

from oneiros import constraints, regularizers
from oneiros.engine.layer import Layer
from oneiros.typing import ConstraintLike, LayerOptions, RegularizerLike


class FeatureScale(Layer):
    """Multiplies each feature by a factor that is learned.

    # Arguments
        W_regularizer: name or object, the regularizer of the factors.
        W_constraint: name or object, the constraint of the factors.

    # Input shape
        `(samples, ..., features)`

    # Output shape
        The same.
    """

    loadable = True
    supports_masking = True

    def __init__(
        self,
        W_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        self.W_regularizer = regularizers.get(W_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        super().__init__(**kwargs)

    def build(self, input_shape):
        """Makes the factors, one for each feature."""
        self.W = self.add_weight(
            (input_shape[-1],),
            "one",
            name="W",
            regularizer=self.W_regularizer,
            constraint=self.W_constraint,
        )

    def call(self, x, mask=None):
        """Returns the input times the factors."""
        return x * self.W
