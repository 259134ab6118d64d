"""Activations as layers: ThresholdedReLU, ParametricSoftplus, SReLU."""

import keras
from keras import ops

from oneiros_keras3.registration import Shape, ShapedLikeInput, register


@register
class ThresholdedReLU(ShapedLikeInput):
    """`x` where it is above `theta`, 0 elsewhere.

    # Arguments
        theta: float, the threshold.
        **kwargs: as for `keras.layers.Layer`.
    """

    arguments = {"theta": 1.0}

    def call(self, inputs):
        """Returns the thresholded input."""
        is_above = inputs > self.theta
        return inputs * ops.cast(is_above, inputs.dtype)


class LearnedActivation(ShapedLikeInput):
    """Base of the activations with parameters for each value of their input.

    # Arguments
        shared_axes: list of ints, axes of the input along which parameters are shared;
            axis 0 is the batch.
        **kwargs: as for `keras.layers.Layer`.
    """

    arguments = {"shared_axes": None}
    names: tuple[str, ...]

    def build(self, input_shape: Shape) -> None:
        """Makes the parameters."""
        sizes = list(input_shape)
        for axis in self.shared_axes or ():
            sizes[axis] = 1
        for name in self.names:
            setattr(self, name, self.add_parameter(name, tuple(sizes[1:])))


@register
class ParametricSoftplus(LearnedActivation):
    """`alphas * log(1 + exp(betas * x))`, with both learned.

    # Arguments
        alpha_init: float, initial height.
        beta_init: float, initial steepness.
        **kwargs: as for `LearnedActivation`.
    """

    arguments = {**LearnedActivation.arguments, "alpha_init": 0.2, "beta_init": 5.0}
    names = ("alphas", "betas")

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas` and `betas`."""
        self.alphas_initializer = keras.initializers.Constant(self.alpha_init)
        self.betas_initializer = keras.initializers.Constant(self.beta_init)
        super().build(input_shape)

    def call(self, inputs):
        """Returns the activated input."""
        return self.alphas * ops.softplus(self.betas * inputs)


@register
class SReLU(LearnedActivation):
    """Slope 1 between two learned thresholds, and a learned slope beyond each.

    The upper threshold is `t_left + abs(t_right)`.

    # Arguments
        t_left_initializer, a_left_initializer: initializers of the lower threshold and
            of the slope below it.
        t_right_initializer, a_right_initializer: initializers of the distance of the
            upper threshold and of the slope above it.
        **kwargs: as for `LearnedActivation`.
    """

    arguments = {
        **LearnedActivation.arguments,
        "t_left_initializer": "zeros",
        "a_left_initializer": "glorot_uniform",
        "t_right_initializer": "glorot_uniform",
        "a_right_initializer": "ones",
    }
    names = ("t_left", "a_left", "t_right", "a_right")

    def call(self, inputs):
        """Returns the activated input."""
        relu = ops.relu
        width = ops.absolute(self.t_right)
        upper = self.t_left + width
        distance = inputs - self.t_left
        rise = ops.minimum(relu(distance), width)
        middle = self.t_left + rise
        below = self.a_left * relu(-distance)
        above = self.a_right * relu(inputs - upper)
        return middle - below + above
