"""Penalties on weights and activations, added to the loss."""

from __future__ import annotations

from typing import Any, ClassVar

from oneiros import backend as K
from oneiros.arguments import check_number
from oneiros.config import get_object
from oneiros.errors import ShapeError

from oneiros_regularizers.regularizer import Regularizer

_POWER_ITERATIONS = 9


class EigenvalueRegularizer(Regularizer):
    """Penalises the largest singular value of a matrix, `k` times.

    It is the root of the top eigenvalue of `WᵀW`.

    The eigenvalue is estimated with nine power iterations that start from ones.

    # Arguments
        k: float, weight of the penalty.

    # Input shape
        2D, a weight `(input, output)`.
    """

    loadable: ClassVar[bool] = True

    def __init__(self, k: float) -> None:
        self.k = check_number(self, "k", k)

    def __call__(self, x: Any) -> Any:
        """Returns the penalty of the matrix `x`."""
        if K.ndim(x) != 2:
            raise ShapeError(
                "EigenvalueRegularizer takes a matrix, such as the weight of Dense or "
                f"Embedding; it received a tensor of rank {K.ndim(x)}."
            )
        gram = K.dot(K.transpose(x), x)
        vector = K.sum(gram, axis=1, keepdims=True)
        for _ in range(_POWER_ITERATIONS - 1):
            largest = K.stop_gradient(K.max(K.abs(vector)))
            vector = K.dot(gram, vector / largest)
        product = K.sum(vector * K.dot(gram, vector))
        eigenvalue = product / K.sum(K.square(vector))
        return self.k * K.sqrt(eigenvalue)

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and `k`."""
        return {
            **super().get_config(),
            "k": float(self.k),
        }


class L1L2Regularizer(Regularizer):
    """Penalises `l1 * sum(abs(x)) + l2 * sum(x ** 2)`.

    Both factors are rounded to floatx.

    # Arguments
        l1: float, factor of the absolute values.
        l2: float, factor of the squares.
    """

    loadable: ClassVar[bool] = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = float(K.cast_to_floatx(check_number(self, "l1", l1)))
        self.l2 = float(K.cast_to_floatx(check_number(self, "l2", l2)))

    def __call__(self, x: Any) -> Any:
        """Returns the penalty of tensor `x`."""
        if not self.l1:
            return self.l2 * K.sum(K.square(x))
        penalty = self.l1 * K.sum(K.abs(x))
        if self.l2:
            penalty += self.l2 * K.sum(K.square(x))
        return penalty

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and both factors."""
        return {
            **super().get_config(),
            "l1": self.l1,
            "l2": self.l2,
        }


WeightRegularizer = L1L2Regularizer
ActivityRegularizer = L1L2Regularizer


def l1(l: float = 0.01) -> L1L2Regularizer:
    """Returns a penalty of `l` times the sum of absolute values."""
    return L1L2Regularizer(l1=check_number("l1", "l", l))


def l2(l: float = 0.01) -> L1L2Regularizer:
    """Returns a penalty of `l` times the sum of squares."""
    return L1L2Regularizer(l2=check_number("l2", "l", l))


def l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2Regularizer:
    """Returns both penalties together."""
    return L1L2Regularizer(l1=l1, l2=l2)


def activity_l1(l: float = 0.01) -> L1L2Regularizer:
    """Returns what `l1` returns; the name that tells it is meant for activations."""
    return l1(l)


def activity_l2(l: float = 0.01) -> L1L2Regularizer:
    """Returns what `l2` returns; the name that tells it is meant for activations."""
    return l2(l)


def activity_l1l2(l1: float = 0.01, l2: float = 0.01) -> L1L2Regularizer:
    """Returns what `l1l2` returns; the name that tells it is meant for activations."""
    return L1L2Regularizer(l1=l1, l2=l2)


def get(identifier: Any, kwargs: dict[str, Any] | None = None) -> Any:
    """Returns the regularizer that `identifier` describes.

    # Arguments
        identifier: name, configuration dict with the class under `name`, regularizer,
            or None.
        kwargs: dict, arguments for a name.

    # Example
        ```python
        from oneiros import regularizers
        regularizers.get("l2", {"l": 0.001})
        ```
    """
    return get_object("regularizer", identifier, instantiate=True, kwargs=kwargs)
