"""Activations as layers: ThresholdedReLU, ParametricSoftplus, SReLU."""

from collections.abc import Sequence
from typing import Any

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

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.keep(theta=theta)

    def call(self, inputs: Any) -> Any:
        """Returns the thresholded input."""
        return inputs * ops.cast(inputs > self.theta, inputs.dtype)


class LearnedActivation(ShapedLikeInput):
    """Base of the activations with parameters for each value of their input.

    # Arguments
        shared_axes: list of ints, axes of the input along which parameters are shared;
            axis 0 is the batch.
        **kwargs: as for `keras.layers.Layer`.
    """

    def __init__(self, shared_axes: Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.keep(shared_axes=list(shared_axes or []))

    def add_parameter(self, name: str, initializer: Any, input_shape: Shape) -> Any:
        """Makes a parameter."""
        sizes = [
            1 if axis in self.shared_axes else size
            for axis, size in enumerate(input_shape)
        ]
        return self.add_weight(
            shape=tuple(sizes[1:]), initializer=initializer, name=name
        )


@register
class ParametricSoftplus(LearnedActivation):
    """`alphas * log(1 + exp(betas * x))`, with both learned.

    # Arguments
        alpha_init: float, initial height.
        beta_init: float, initial steepness.
        **kwargs: as for `LearnedActivation`.
    """

    def __init__(
        self, alpha_init: float = 0.2, beta_init: float = 5.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.keep(alpha_init=alpha_init, beta_init=beta_init)

    def build(self, input_shape: Shape) -> None:
        """Makes `alphas` and `betas`."""
        alphas = keras.initializers.Constant(self.alpha_init)
        betas = keras.initializers.Constant(self.beta_init)
        self.alphas = self.add_parameter("alphas", alphas, input_shape)
        self.betas = self.add_parameter("betas", betas, input_shape)

    def call(self, inputs: Any) -> Any:
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

    def __init__(
        self,
        t_left_initializer: Any = "zeros",
        a_left_initializer: Any = "glorot_uniform",
        t_right_initializer: Any = "glorot_uniform",
        a_right_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.keep(
            t_left_initializer=t_left_initializer,
            a_left_initializer=a_left_initializer,
            t_right_initializer=t_right_initializer,
            a_right_initializer=a_right_initializer,
        )

    def build(self, input_shape: Shape) -> None:
        """Makes `t_left`, `a_left`, `t_right` and `a_right`."""
        for name in ("t_left", "a_left", "t_right", "a_right"):
            initializer = getattr(self, f"{name}_initializer")
            setattr(self, name, self.add_parameter(name, initializer, input_shape))

    def call(self, inputs: Any) -> Any:
        """Returns the activated input."""
        relu = ops.relu
        width = ops.absolute(self.t_right)
        upper = self.t_left + width
        rise = ops.minimum(relu(inputs - self.t_left), width)
        middle = self.t_left + rise
        below = self.a_left * relu(self.t_left - inputs)
        above = self.a_right * relu(inputs - upper)
        return middle - below + above
