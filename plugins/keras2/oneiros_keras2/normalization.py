"""Layers that normalise their input to mean 0 and variance 1."""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_bool, check_number
from oneiros.typing import Shape

from oneiros_keras2.base import Keras2Layer


class LayerNormalization(Keras2Layer):
    """Normalises each sample over some of its axes, then applies a learned mean and
    spread.

    # Example
        ```python
        from oneiros.layers import LayerNormalization
        from oneiros.models import Sequential

        model = Sequential([LayerNormalization(input_shape=(10, 16))])
        model.count_params()  # 32
        ```

    # Arguments
        axis: int or list of int, the axes to normalise over.
        epsilon: float, added to the variance.
        center: bool, whether to add beta.
        scale: bool, whether to multiply by gamma.
        beta_initializer, gamma_initializer: initializations of both.
        beta_regularizer, gamma_regularizer: regularizers of both.
        beta_constraint, gamma_constraint: constraints of both.
        rms_scaling: bool, whether to divide by the root of the mean square instead, as
            Keras 3 can.

    # Input shape
        Any; the axes must be known.

    # Output shape
        The same.

    # References
        - Ba, Kiros, Hinton: Layer Normalization, arXiv:1607.06450
    """

    loadable = True
    supports_masking = True
    gamma: Any = None
    beta: Any = None

    def __init__(
        self,
        axis=-1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer="zero",
        gamma_initializer="one",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        rms_scaling: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = check_number(self, "epsilon", epsilon)
        self.center = check_bool(self, "center", center)
        self.scale = check_bool(self, "scale", scale)
        self.rms_scaling = check_bool(self, "rms_scaling", rms_scaling)
        self.set_arguments(
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes gamma and beta, a value per place on the axes each."""
        rank = len(input_shape)
        axes = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        self.axes = sorted(axis % rank for axis in axes)
        shape = tuple(input_shape[axis] for axis in self.axes)
        if self.scale:
            self.gamma = self.add_parameter("gamma", shape)
        if self.center:
            self.beta = self.add_parameter("beta", shape)
        self.broadcast = [
            size if axis in self.axes else 1 for axis, size in enumerate(input_shape)
        ]

    def call(self, x, mask=None):
        """Returns the normalised input."""
        if self.rms_scaling:
            square = K.mean(K.square(x), axis=self.axes, keepdims=True)
            return x / K.sqrt(square + self.epsilon) * self._spread(self.gamma)
        mean = K.mean(x, axis=self.axes, keepdims=True)
        variance = K.var(x, axis=self.axes, keepdims=True)
        normalised = (x - mean) / K.sqrt(variance + self.epsilon)
        if self.scale:
            normalised = normalised * self._spread(self.gamma)
        if self.center:
            normalised = normalised + self._spread(self.beta)
        return normalised

    def _spread(self, weight):
        return K.reshape(weight, tuple(self.broadcast))
