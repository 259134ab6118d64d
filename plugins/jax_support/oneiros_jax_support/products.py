"""Products of matrices, whose derivatives by weights XLA computes fast on a CPU.

The gradient of weights is `transpose(inputs) @ gradients`. For few outputs, XLA
computes its transpose, `transpose(gradients) @ inputs`, faster. It converts that back
to the first form if the result is transposed at once, so there is a barrier in between.
Without this, a step of a network of Dense layers (case a of `benchmarks/compare.py`)
takes 1.07 times as long on Theano, and 1.08 on JAX. On TensorFlow it made no
difference.
"""

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.symbolic_sizes import has_symbolic_size

FEW_OUTPUTS = 16
"""Number of outputs that is small for any number of samples; with more samples, larger
numbers count as small."""
MANY_SAMPLES = 64
"""Number of samples from which it pays for a single output, too."""


def product(x, y):
    """Returns NumPy's `dot` of arrays of the same type.

    The derivative of matrices by `y` is computed in the faster order.
    """
    are_matrices = x.ndim == y.ndim == 2
    if are_matrices and _is_faster_transposed(x, y):
        return _product_with_derivative(x, y)
    return jnp.dot(x, y)


def transposed_product(x, y):
    """Returns `transpose(x) @ y`, computed in the faster order."""
    if not _is_faster_transposed(x, y):
        return jnp.matmul(x.T, y)
    transposed_result = jnp.matmul(y.T, x)
    hidden = jax.lax.optimization_barrier(transposed_result)
    return hidden.T


def _is_faster_transposed(x, y) -> bool:
    """Returns whether to compute the gradient of weights as its transpose.

    # Arguments
        x: array `(samples, inputs)`.
        y: the weights, or gradients: both have as many columns as there are outputs.
    """
    if platform() != "cpu" or has_symbolic_size(x):
        return False
    samples, inputs = x.shape
    outputs = y.shape[1]
    most = max(FEW_OUTPUTS, samples // 4)
    if outputs > most or 4 * outputs > inputs:
        return False
    return bool(outputs > 1 or samples >= MANY_SAMPLES)


@jax.custom_vjp
def _product_with_derivative(x, y):
    return jnp.matmul(x, y)


def _forward(x, y):
    result = jnp.matmul(x, y)
    return result, (x, y)


def _backward(factors, gradient):
    x, y = factors
    d_x = jnp.matmul(gradient, y.T)
    d_y = transposed_product(x, gradient)
    return d_x, d_y


_product_with_derivative.defvjp(_forward, _backward)
