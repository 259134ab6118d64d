"""Activation functions that Keras 2 and 3 added. Each maps a float tensor to one of the
same shape and dtype."""

import math

from oneiros import backend as K

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def exponential(x):
    """`exp(x)`.

    # Arguments
        x: tensor of any shape.
    """
    return K.exp(x)


def gelu(x, approximate: bool = False):
    """Gaussian error linear unit: `x` times the probability that a normal variable is
    below it.

    # Arguments
        x: tensor of any shape.
        approximate: bool, whether to compute the probability with a tanh.

    # References
        - Hendrycks, Gimpel: Gaussian Error Linear Units, arXiv:1606.08415
    """
    if approximate:
        cubic = x + 0.044715 * K.pow(x, 3)
        bent = K.tanh(math.sqrt(2 / math.pi) * cubic)
    else:
        bent = K.erf(x / math.sqrt(2))
    probability = 0.5 * (1 + bent)
    return x * probability


def keras3_hard_sigmoid(x):
    """`relu6(x + 3) / 6`, which Keras 3 calls hard_sigmoid; Keras 1's is steeper.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip(x + 3, 0, 6) / 6


def leaky_relu(x):
    """`x`, and a fifth of it below 0.

    # Arguments
        x: tensor of any shape.
    """
    return K.relu(x, alpha=0.2)


def log_softmax(x):
    """Logarithm of the softmax over the last axis, exact for large inputs.

    # Arguments
        x: tensor of rank 2 or more.
    """
    largest = K.max(x, axis=-1, keepdims=True)
    shifted = x - largest
    exponentials = K.exp(shifted)
    total = K.sum(exponentials, axis=-1, keepdims=True)
    return shifted - K.log(total)


def mish(x):
    """`x * tanh(softplus(x))`.

    # Arguments
        x: tensor of any shape.

    # References
        - Misra: Mish: A Self Regularized Non-Monotonic Activation Function,
          arXiv:1908.08681
    """
    gate = K.tanh(K.softplus(x))
    return x * gate


def relu6(x):
    """`min(max(x, 0), 6)`.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip(x, 0, 6)


def selu(x):
    """Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer.

    # Arguments
        x: tensor of any shape.

    # References
        - Klambauer et al.: Self-Normalizing Neural Networks, arXiv:1706.02515
    """
    return SELU_SCALE * K.elu(x, SELU_ALPHA)


def swish(x):
    """`x * sigmoid(x)`, also called silu.

    # Arguments
        x: tensor of any shape.

    # References
        - Ramachandran et al.: Searching for Activation Functions, arXiv:1710.05941
    """
    return x * K.sigmoid(x)
