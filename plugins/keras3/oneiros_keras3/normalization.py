"""BatchNormalization in the modes of Keras 1 that Keras 3 lacks."""

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

    arguments = {
        "mode": 2,
        "axis": -1,
        "epsilon": 0.001,
        "center": True,
        "scale": True,
        "beta_initializer": "zeros",
        "gamma_initializer": "ones",
        "beta_regularizer": None,
        "gamma_regularizer": None,
    }

    def build(self, input_shape: Shape) -> None:
        """Makes `gamma` and `beta`, a value per feature each."""
        shape = (input_shape[self.axis],)
        if self.scale:
            self.gamma = self.add_parameter("gamma", shape)
        if self.center:
            self.beta = self.add_parameter("beta", shape)

    def call(self, inputs):
        """Returns the normalised input."""
        rank = inputs.ndim
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
        if self.scale:
            output = output * ops.reshape(self.gamma, shape)
        if self.center:
            output = output + ops.reshape(self.beta, shape)
        return output
