"""BatchNormalization in the modes of Keras 1 that Keras 3 lacks."""

from typing import Any

from keras import ops

from oneiros_keras3.registration import Shape, ShapedLikeInput, register

SAMPLE_WISE = 1


@register
class BatchNormalization(ShapedLikeInput):
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
        self.keep(
            mode=mode,
            axis=axis,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes `gamma` and `beta`, a value per feature each."""
        shape = (input_shape[self.axis],)
        self.gamma = self._parameter("gamma", shape) if self.scale else None
        self.beta = self._parameter("beta", shape) if self.center else None

    def _parameter(self, name: str, shape: Shape) -> Any:
        return self.add_weight(
            shape=shape,
            initializer=getattr(self, f"{name}_initializer"),
            regularizer=getattr(self, f"{name}_regularizer"),
            name=name,
        )

    def call(self, inputs: Any) -> Any:
        """Returns the normalised input."""
        rank = len(inputs.shape)
        is_sample_wise = self.mode == SAMPLE_WISE
        axis = rank - 1 if is_sample_wise else self.axis % rank
        axes = [axis]
        if not is_sample_wise:
            axes = [other for other in range(rank) if other != axis]
        mean, variance = ops.moments(inputs, axes=axes, keepdims=True)
        spread = ops.sqrt(variance + self.epsilon)
        if is_sample_wise:
            spread = spread + self.epsilon
        output = (inputs - mean) / spread
        shape = [1] * rank
        shape[axis] = -1
        if self.gamma is not None:
            output = output * ops.reshape(self.gamma, shape)
        if self.beta is not None:
            output = output + ops.reshape(self.beta, shape)
        return output
