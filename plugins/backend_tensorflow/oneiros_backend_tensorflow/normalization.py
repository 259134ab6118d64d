"""Batch normalisation of images with TensorFlow's fused kernels.

Without them, a training step of the ResNet (case f of the comparison) takes 23 % more
processor time and 19 % more real time (`benchmarks/mechanisms.py normalization`).

TensorFlow's own derivatives of the kernels treat mean and variance as constants, and
have no derivatives themselves.
"""

from collections.abc import Sequence

from oneiros_backend_toolkit.tensors import Tensor, Tensors

from oneiros_backend_tensorflow.derivatives import derivatives_wanted, with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

AXES = (0, 1, 2)


def normalize(x, gamma, beta, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """Normalises float32 images over all axes but the last.

    They have shape (samples, rows, columns, channels).

    Returns the result, the mean, and the variance, divided by the number of values: the
    kernel divides by one less.
    """
    result, mean, variance, *saved = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=[],
        variance=[],
        epsilon=epsilon,
        is_training=True,
    )
    count = tf.cast(tf.size(x) // tf.size(gamma), x.dtype)

    def by_result(results: Tensors, gradients: Sequence[Tensor]) -> Tensors:
        return _gradients(gradients[0], x, gamma, saved, epsilon)

    def by_moments(results: Tensors, gradients: Sequence[Tensor]) -> Tensors:
        by_mean, by_variance = gradients
        return [(by_mean + 2 * (x - tf.reduce_mean(x, AXES)) * by_variance) / count]

    moments = [mean, variance * ((count - 1) / count)]
    (result,) = with_derivative([result], [x, gamma, beta], by_result)
    return result, *with_derivative(moments, [x], by_moments)


def normalize_by(x, mean, variance, beta, gamma, epsilon: float):
    """Normalises float32 images by moments of their channels.

    They have shape (samples, rows, columns, channels).

    A program without gradients uses the kernel, which reads the images once.
    """
    if derivatives_wanted():
        return (x - mean) * (gamma / tf.sqrt(tf.maximum(variance + epsilon, 0))) + beta
    mean, variance, beta, gamma = (
        tf.reshape(part, (-1,)) for part in (mean, variance, beta, gamma)
    )
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=False,
    )[0]


def _gradients(gradient, x, gamma, saved: Sequence[Tensor], epsilon: float) -> Tensors:
    """Returns the derivatives by `x`, `gamma` and `beta`.

    Their own derivatives are those of the formula.
    """
    variables = [gradient, x, gamma]
    by_x, by_gamma, by_beta, *_ = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=gradient,
        x=x,
        scale=gamma,
        reserve_space_1=saved[0],
        reserve_space_2=saved[1],
        reserve_space_3=saved[2],
        epsilon=epsilon,
        is_training=True,
    )

    def derivative(results: Tensors, gradients: Sequence[Tensor]) -> Tensors:
        centred = x - tf.reduce_mean(x, AXES)
        scale = tf.math.rsqrt(tf.reduce_mean(centred * centred, AXES) + epsilon)
        unit = centred * scale
        correlated = tf.reduce_mean(gradient * unit, AXES) * unit
        by_x = gamma * scale * (gradient - tf.reduce_mean(gradient, AXES) - correlated)
        formula = [
            by_x,
            tf.reduce_sum(gradient * unit, AXES),
            tf.reduce_sum(gradient, AXES),
        ]
        return list(
            tf.gradients(formula, variables, list(gradients), stop_gradients=variables)
        )

    return with_derivative([by_x, by_gamma, by_beta], variables, derivative)
