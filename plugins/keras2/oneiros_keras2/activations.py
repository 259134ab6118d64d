"""Activation functions that Keras 2 and 3 added. Each maps a float tensor to one of the
same shape and dtype."""

import math
from typing import Any

from oneiros import activations
from oneiros import backend as K
from oneiros.typing import Tensor

from oneiros_keras2.tensors import floats

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
conformance = {
    "glu": {"tags": ("changes_shape",)},
    "threshold": {"arguments": {"threshold": 0.2, "default_value": -1.0}},
}
"""What the checks of oneiros-testing must know of some functions."""


class ActivationWith:
    """An activation function with other arguments than its defaults.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros_keras2.activations import ActivationWith

        Dense(3, activation=ActivationWith("rectified", {"max_value": 6}))
        ```

    # Arguments
        function: str, the name of the activation.
        arguments: dict, what it gets besides its input.
    """

    loadable = True

    conformance = {
        "arguments": {"function": "rectified", "arguments": {"max_value": 6}}
    }

    def __init__(self, function: str, arguments: dict[str, Any]):
        self.function = function
        self.arguments = arguments
        self._activation: Any = activations.get(function)

    def __call__(self, x: Tensor) -> Tensor:
        """Returns the output."""
        return self._activation(x, **self.arguments)

    def get_config(self) -> dict[str, Any]:
        """Returns the name of this class and the arguments."""
        return {
            "name": type(self).__name__,
            "function": self.function,
            "arguments": self.arguments,
        }


def celu(x: Tensor, alpha: float = 1.0):
    """`x`, and `alpha * (exp(x / alpha) - 1)` below 0.

    # Arguments
        x: tensor of any shape.
        alpha: float; the output stays above `-alpha`.
    """
    scaled = x / alpha
    return alpha * K.elu(scaled)


def exponential(x: Tensor) -> Tensor:
    """`exp(x)`.

    # Arguments
        x: tensor of any shape.
    """
    return K.exp(x)


def gelu(x: Tensor, approximate: bool = False):
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


def glu(x: Tensor, axis: int = -1):
    """Gated linear unit: the first half of `x` times the sigmoid of the second.

    # Arguments
        x: tensor, of an even size along the axis.
        axis: int, the axis that is halved.
    """
    half = K.int_shape(x)[axis] // 2
    before = (slice(None),) * (axis % K.ndim(x))
    first = slice(half)
    second = slice(half, None)
    values = x[(*before, first)]
    gates = x[(*before, second)]
    return values * K.sigmoid(gates)


def hard_shrink(x: Tensor, threshold: float = 0.5):
    """`x` where its size is above the threshold, else 0.

    # Arguments
        x: tensor of any shape.
        threshold: float.
    """
    is_beyond = K.greater(K.abs(x), threshold)
    return x * floats(is_beyond)


def hard_silu(x: Tensor) -> Tensor:
    """`x * relu6(x + 3) / 6`, also called hard_swish.

    # Arguments
        x: tensor of any shape.
    """
    return x * keras3_hard_sigmoid(x)


def hard_tanh(x: Tensor) -> Tensor:
    """`x`, bounded by -1 and 1.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip(x, -1, 1)


def keras3_hard_sigmoid(x: Tensor) -> Tensor:
    """`relu6(x + 3) / 6`, which Keras 3 calls hard_sigmoid; Keras 1's is steeper.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip(x + 3, 0, 6) / 6


def leaky_relu(x: Tensor, negative_slope: float = 0.2):
    """`x` above 0, `negative_slope * x` below.

    # Arguments
        x: tensor of any shape.
        negative_slope: float.
    """
    return K.relu(x, alpha=negative_slope)


def log_sigmoid(x: Tensor) -> Tensor:
    """Logarithm of the sigmoid, exact for large inputs.

    # Arguments
        x: tensor of any shape.
    """
    return -K.softplus(-x)


def log_softmax(x: Tensor, axis: int = -1):
    """Logarithm of the softmax over an axis, exact for large inputs.

    # Arguments
        x: tensor of rank 2 or more.
        axis: int.
    """
    largest = K.max(x, axis=axis, keepdims=True)
    shifted = x - largest
    exponentials = K.exp(shifted)
    total = K.sum(exponentials, axis=axis, keepdims=True)
    return shifted - K.log(total)


def mish(x: Tensor) -> Tensor:
    """`x * tanh(softplus(x))`.

    # Arguments
        x: tensor of any shape.

    # References
        - Misra: Mish: A Self Regularized Non-Monotonic Activation Function,
          arXiv:1908.08681
    """
    gate = K.tanh(K.softplus(x))
    return x * gate


def rectified(x: Tensor, negative_slope=0.0, max_value=None, threshold=0.0) -> Tensor:
    """`min(x, max_value)` above the threshold, `negative_slope * (x - threshold)`
    below.

    # Arguments
        x: tensor of any shape.
        negative_slope: float.
        max_value: float; None for no bound.
        threshold: float.
    """
    if not threshold:
        return K.relu(x, alpha=negative_slope or 0.0, max_value=max_value)
    is_above = K.greater(x, threshold)
    output = x * floats(is_above)
    if max_value is not None:
        output = K.minimum(output, max_value)
    below = K.minimum(x - threshold, 0.0)
    slope = negative_slope or 0.0
    return output + slope * below


def relu6(x: Tensor) -> Tensor:
    """`min(max(x, 0), 6)`.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip(x, 0, 6)


def selu(x: Tensor) -> Tensor:
    """Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer.

    # Arguments
        x: tensor of any shape.

    # References
        - Klambauer et al.: Self-Normalizing Neural Networks, arXiv:1706.02515
    """
    return SELU_SCALE * K.elu(x, SELU_ALPHA)


def soft_shrink(x: Tensor, threshold: float = 0.5):
    """`x` moved towards 0 by the threshold, at most to 0.

    # Arguments
        x: tensor of any shape.
        threshold: float.
    """
    return x - K.clip(x, -threshold, threshold)


def softmax_along(x: Tensor, axis=-1) -> Tensor:
    """Exponentials scaled to sum to one over any axes.

    # Arguments
        x: tensor of rank 2 or more.
        axis: int or list of int.
    """
    largest = K.max(x, axis, keepdims=True)
    exponentials = K.exp(x - largest)
    total = K.sum(exponentials, axis, keepdims=True)
    return exponentials / total


def sparse_plus(x: Tensor) -> Tensor:
    """0 below -1, `x` above 1, and a parabola between.

    # Arguments
        x: tensor of any shape.
    """
    bend = K.clip(x, -1, 1) + 1
    parabola = K.square(bend) / 4
    line = K.relu(x - 1)
    return parabola + line


def sparse_sigmoid(x: Tensor) -> Tensor:
    """`(x + 1) / 2`, bounded by 0 and 1.

    # Arguments
        x: tensor of any shape.
    """
    return K.clip((x + 1) / 2, 0, 1)


def sparsemax(x: Tensor) -> Tensor:
    """A softmax that gives many zeros, over the last axis.

    As in Keras 3, a row sums to 1 only if a single one of its values isn't 0.

    # Arguments
        x: tensor of rank 2 or more.

    # References
        - Martins, Astudillo: From Softmax to Sparsemax, arXiv:1602.02068
    """
    values = K.expand_dims(x, -1)
    others = K.expand_dims(x, -2)
    is_above = floats(K.greater_equal(others, values))
    count = K.sum(is_above, axis=-1)
    total = K.sum(is_above * others, axis=-1)
    bound = 1 + count * x
    is_kept = floats(K.greater(bound, total))
    kept = K.sum(is_kept, axis=-1, keepdims=True)
    kept_totals = is_kept * total
    totals = K.sum(kept_totals, axis=-1, keepdims=True)
    limit = (totals - 1) / kept
    return K.relu(x - limit)


def squareplus(x: Tensor, b: float = 4):
    """`(x + sqrt(x * x + b)) / 2`.

    # Arguments
        x: tensor of any shape.
        b: float, how round the bend is.
    """
    root = K.sqrt(K.square(x) + b)
    return (x + root) / 2


def swish(x: Tensor) -> Tensor:
    """`x * sigmoid(x)`, also called silu.

    # Arguments
        x: tensor of any shape.

    # References
        - Ramachandran et al.: Searching for Activation Functions, arXiv:1710.05941
    """
    return x * K.sigmoid(x)


def tanh_shrink(x: Tensor) -> Tensor:
    """`x - tanh(x)`.

    # Arguments
        x: tensor of any shape.
    """
    return x - K.tanh(x)


def threshold(x: Tensor, threshold: float, default_value: float):
    """`x` above a threshold, another value elsewhere.

    # Arguments
        x: tensor of any shape.
        threshold: float.
        default_value: float.
    """
    is_above = K.greater(x, threshold)
    others = K.zeros_like(x) + default_value
    return K.switch(is_above, x, others)
