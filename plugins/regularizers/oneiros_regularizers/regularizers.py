"""Penalties on weights and activations, added to the loss, as Keras 1.2.2 defines
them.

A penalty on a weight is added to the loss once per batch, whatever the number of
samples. A penalty on an activation is summed over the batch: it grows with the batch
size.
"""

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_number, open_to_old_code
from oneiros.config import get_object
from oneiros.errors import ShapeError
from oneiros.typing import RegularizerLike, Tensor

from oneiros_regularizers.regularizer import Regularizer

_POWER_ITERATIONS = 9


class EigenvalueRegularizer(Regularizer):
    """Penalises the largest singular value of a matrix, `k` times.

    This is the root of the largest eigenvalue of `WᵀW`.

    The eigenvalue is estimated with nine power iterations that start from ones.

    # Arguments
        k: float, weight of the penalty.

    # Input shape
        2D, a weight `(input, output)`.

    # Raises
        ArgumentError: if `k` isn't a number.
        ShapeError: when it is called with a tensor of another rank.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import EigenvalueRegularizer

        W = K.variable([[3.0, 0.0], [0.0, 1.0]])
        penalty = K.eval(EigenvalueRegularizer(0.1)(W))
        print(round(float(penalty), 4))  # 0.3
        ```
    """

    loadable = True
    conformance = {"arguments": {"k": 0.5}, "ranks": (2,), "tags": ("not_at_zero",)}
    arguments = ("k",)

    def __init__(self, k: float):
        self.k = float(check_number(self, "k", k))

    def __call__(self, x) -> Tensor:
        """Returns the penalty of the matrix `x`."""
        if K.ndim(x) != 2:
            raise ShapeError(
                "EigenvalueRegularizer needs a matrix, such as the weight of Dense or "
                f"Embedding; it received a tensor of rank {K.ndim(x)}."
            )
        transposed = K.transpose(x)
        gram = K.dot(transposed, x)
        vector = K.sum(gram, axis=1, keepdims=True)
        for _ in range(_POWER_ITERATIONS - 1):
            largest = K.max(K.abs(vector))
            scaled = vector / K.stop_gradient(largest)
            vector = K.dot(gram, scaled)
        image = K.dot(gram, vector)
        product = K.sum(vector * image)
        square = K.sum(K.square(vector))
        eigenvalue = product / square
        return self.k * K.sqrt(eigenvalue)


class L1L2Regularizer(Regularizer):
    """Penalises `l1 * sum(abs(x)) + l2 * sum(x ** 2)`.

    Both factors are rounded to floatx. There is no factor of 1/2 in front of the
    squares: the gradient of the second part is `2 * l2 * x`.

    # Arguments
        l1: float, factor of the absolute values.
        l2: float, factor of the squares.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import L1L2Regularizer

        W = K.variable([[1.0, -2.0]])
        penalty = K.eval(L1L2Regularizer(l1=0.1, l2=0.2)(W))  # 0.1 * 3 + 0.2 * 5
        print(round(float(penalty), 4))  # 1.3
        ```

    # References
        - Zou, Hastie: Regularization and variable selection via the elastic net,
          Journal of the Royal Statistical Society B 67, 2005
    """

    loadable = True
    arguments = ("l1", "l2")

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1 = self._rounded("l1", l1)
        self.l2 = self._rounded("l2", l2)

    def _rounded(self, name: str, factor) -> float:
        number = check_number(self, name, factor)
        return float(K.cast_to_floatx(number))

    def __call__(self, x) -> Tensor:
        """Returns the penalty of tensor `x`."""
        squares = self.l2 * K.sum(K.square(x))
        if not self.l1:
            return squares
        magnitude = K.sum(K.abs(x))
        penalty = self.l1 * magnitude
        if self.l2:
            penalty += squares
        return penalty


WeightRegularizer = L1L2Regularizer
ActivityRegularizer = L1L2Regularizer


@open_to_old_code
def l1(l: float = 0.01) -> L1L2Regularizer:
    """Penalises `l * sum(abs(x))`, which pulls small values to 0.

    # Arguments
        l: float, the factor.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import l1

        penalty = l1(0.1)(K.variable([1.0, -2.0]))  # 0.1 * (1 + 2)
        print(round(float(K.eval(penalty)), 4))  # 0.3
        ```

    # References
        - Tibshirani: Regression Shrinkage and Selection via the Lasso, Journal of the
          Royal Statistical Society B 58, 1996
    """
    return L1L2Regularizer(l1=check_number("l1", "l", l))


@open_to_old_code
def l2(l: float = 0.01) -> L1L2Regularizer:
    """Penalises `l * sum(x ** 2)`, which shrinks large values most.

    # Arguments
        l: float, the factor.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import l2

        penalty = l2(0.1)(K.variable([1.0, -2.0]))  # 0.1 * (1 + 4)
        print(round(float(K.eval(penalty)), 4))  # 0.5
        ```

    # References
        - Krogh, Hertz: A Simple Weight Decay Can Improve Generalization, NIPS 1991
    """
    return L1L2Regularizer(l2=check_number("l2", "l", l))


@open_to_old_code
def l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2Regularizer:
    """Penalises `l1 * sum(abs(x)) + l2 * sum(x ** 2)`.

    # Arguments
        l1: float, factor of the absolute values.
        l2: float, factor of the squares.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import l1l2

        penalty = l1l2(l1=0.1, l2=0.2)(K.variable([1.0, -2.0]))  # 0.1 * 3 + 0.2 * 5
        print(round(float(K.eval(penalty)), 4))  # 1.3
        ```

    # References
        - Zou, Hastie: Regularization and variable selection via the elastic net,
          Journal of the Royal Statistical Society B 67, 2005
    """
    return L1L2Regularizer(l1=l1, l2=l2)


def activity_l1(l: float = 0.01) -> L1L2Regularizer:
    """The same as `l1`; the name says that it is meant for activations.

    `Dense(32, activity_regularizer=activity_l1(0.01))` penalises `l * sum(abs(output))`
    over all samples of a batch.

    # Arguments
        l: float, the factor.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import activity_l1

        penalty = activity_l1(0.1)(K.variable([1.0, -2.0]))  # 0.1 * (1 + 2)
        print(round(float(K.eval(penalty)), 4))  # 0.3
        ```
    """
    return l1(l)


def activity_l2(l: float = 0.01) -> L1L2Regularizer:
    """The same as `l2`; the name says that it is meant for activations.

    # Arguments
        l: float, the factor.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import activity_l2

        penalty = activity_l2(0.1)(K.variable([1.0, -2.0]))  # 0.1 * (1 + 4)
        print(round(float(K.eval(penalty)), 4))  # 0.5
        ```
    """
    return l2(l)


def activity_l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2Regularizer:
    """The same as `l1l2`; the name says that it is meant for activations.

    # Arguments
        l1: float, factor of the absolute values.
        l2: float, factor of the squares.

    # Returns
        An `L1L2Regularizer`.

    # Raises
        ArgumentError: if a factor isn't a number.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.regularizers import activity_l1l2

        penalty = activity_l1l2(l1=0.1, l2=0.2)(K.variable([1.0, -2.0]))
        print(round(float(K.eval(penalty)), 4))  # 1.3
        ```
    """
    return L1L2Regularizer(l1=l1, l2=l2)


def get(identifier: RegularizerLike, kwargs: dict[str, Any] | None = None) -> Any:
    """Returns the regularizer that `identifier` describes.

    # Arguments
        identifier: name, configuration dict with the class under `name`, regularizer,
            or None.
        kwargs: dict, arguments for a name.

    # Returns
        A function of a tensor that returns a penalty, such as an `L1L2Regularizer`;
        None for None.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes: write `l2(0.01)`, not 0.01.

    # Example
        ```python
        from oneiros import regularizers

        print(regularizers.get("l2", {"l": 0.5}).get_config())
        # {'name': 'L1L2Regularizer', 'l1': 0.0, 'l2': 0.5}
        ```
    """
    return get_object("regularizer", identifier, instantiate=True, kwargs=kwargs)
