"""Batch normalisation of images with TensorFlow's fused kernels.

Without them, a training step of the ResNet (case f of the comparison) takes 23 % more
processor time and 19 % more real time (`benchmarks/mechanisms.py normalization`).

TensorFlow's own derivatives of the kernels treat mean and variance as constants, and
have no derivatives themselves.
"""

from oneiros.typing import Tensors

from oneiros_backend_tensorflow.derivatives import derivatives_wanted, with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

AXES = (0, 1, 2)


def normalize(x, gamma, beta, epsilon: float):
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
    channels = tf.size(gamma)
    size = tf.size(x) // channels
    count = tf.cast(size, x.dtype)
    variance *= (count - 1) / count

    def by_result(results, gradients):
        (gradient,) = gradients
        return _gradients(gradient, x, gamma, saved, epsilon)

    def by_moments(results, gradients):
        by_mean, by_variance = gradients
        centred = x - tf.reduce_mean(x, AXES)
        total = by_mean + 2 * centred * by_variance
        return [total / count]

    (result,) = with_derivative([result], [x, gamma, beta], by_result)
    mean, variance = with_derivative([mean, variance], [x], by_moments)
    return result, mean, variance


def normalize_by(x, mean, variance, beta, gamma, epsilon: float):
    """Normalises float32 images by moments of their channels.

    They have shape (samples, rows, columns, channels).

    A program without gradients uses the kernel, which reads the images once.
    """
    if derivatives_wanted():
        not_negative = tf.maximum(variance + epsilon, 0)
        scale = gamma / tf.sqrt(not_negative)
        return (x - mean) * scale + beta
    results = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=_flat(gamma),
        offset=_flat(beta),
        mean=_flat(mean),
        variance=_flat(variance),
        epsilon=epsilon,
        is_training=False,
    )
    return results[0]


def _flat(x):
    return tf.reshape(x, (-1,))


def _gradients(gradient, x, gamma, saved: Tensors, epsilon: float) -> Tensors:
    """Returns the derivatives by `x`, `gamma` and `beta`.

    Their own derivatives are those of the formula.
    """
    variables = [gradient, x, gamma]
    first, second, third = saved
    by_x, by_gamma, by_beta, *_ = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=gradient,
        x=x,
        scale=gamma,
        reserve_space_1=first,
        reserve_space_2=second,
        reserve_space_3=third,
        epsilon=epsilon,
        is_training=True,
    )

    def derivative(results, gradients):
        centred = x - tf.reduce_mean(x, AXES)
        variance = tf.reduce_mean(centred * centred, AXES)
        scale = tf.math.rsqrt(variance + epsilon)
        unit = centred * scale
        product = gradient * unit
        correlated = tf.reduce_mean(product, AXES) * unit
        gradient_mean = tf.reduce_mean(gradient, AXES)
        by_x = gamma * scale * (gradient - gradient_mean - correlated)
        by_gamma = tf.reduce_sum(product, AXES)
        by_beta = tf.reduce_sum(gradient, AXES)
        formula = [by_x, by_gamma, by_beta]
        upstream = list(gradients)
        return tf.gradients(formula, variables, upstream, stop_gradients=variables)

    return with_derivative([by_x, by_gamma, by_beta], variables, derivative)
