"""BatchNormalization in the modes of Keras 1 that Keras 3 lacks."""

from typing import Any

import keras
from keras import ops

from oneiros_keras3.registration import register

Shape = tuple[int | None, ...]
SAMPLE_WISE = 1


@register
class BatchNormalization(keras.layers.Layer):
    """Normalizes its input to mean 0 and variance 1, then applies a learned mean and
    spread; without running averages.

    # Arguments
        mode: int; 1 normalizes sample by sample, over the last axis; 2 feature by
            feature, always with the batch's mean and variance.
        axis: int, the axis of the features.
        epsilon: float, added to the variance; in mode 1 to the root, too.
        center, scale: bools, whether to add `beta` and to multiply by `gamma`.
        beta_initializer, gamma_initializer: their initializers.
        beta_regularizer, gamma_regularizer: penalties on them.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(
        self,
        mode: int,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mode = mode
        self.axis = axis
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_regularizer = keras.regularizers.get(beta_regularizer)
        self.gamma_regularizer = keras.regularizers.get(gamma_regularizer)

    def build(self, input_shape: Shape) -> None:
        """Makes `gamma` and `beta`, a value per feature each."""
        shape = (input_shape[self.axis],)
        self.gamma = None
        self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                name="gamma",
            )
        if self.center:
            self.beta = self.add_weight(
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                name="beta",
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape."""
        return input_shape

    def call(self, inputs: Any) -> Any:
        """Returns the normalised input."""
        if self.mode == SAMPLE_WISE:
            mean, variance = ops.moments(inputs, axes=-1, keepdims=True)
            spread = ops.sqrt(variance + self.epsilon) + self.epsilon
            return self._learned((inputs - mean) / spread, -1)
        rank = len(inputs.shape)
        axis = self.axis % rank
        others = [other for other in range(rank) if other != axis]
        mean, variance = ops.moments(inputs, axes=others, keepdims=True)
        spread = ops.sqrt(variance + self.epsilon)
        return self._learned((inputs - mean) / spread, axis)

    def _learned(self, x: Any, axis: int) -> Any:
        """Returns values with the learned spread and mean, which span an axis."""
        shape = [1] * len(x.shape)
        shape[axis] = -1
        if self.gamma is not None:
            x = x * ops.reshape(self.gamma, shape)
        if self.beta is not None:
            x = x + ops.reshape(self.beta, shape)
        return x

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        initializer = keras.initializers.serialize
        penalty = keras.regularizers.serialize
        return {
            **super().get_config(),
            "mode": self.mode,
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializer(self.beta_initializer),
            "gamma_initializer": initializer(self.gamma_initializer),
            "beta_regularizer": penalty(self.beta_regularizer),
            "gamma_regularizer": penalty(self.gamma_regularizer),
        }
