"""Constraints: what a weight's new value is mapped to before an optimizer stores it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_number, is_int, refusal
from oneiros.config import get_object

from oneiros_constraints.constraint import Constraint

Axis = int | Sequence[int]


def _norms(p: Any, axis: Axis) -> Any:
    """Returns the norms over these axes, which keep the size 1."""
    squares = K.square(p)
    return K.sqrt(K.sum(squares, axis=axis, keepdims=True))


def _number(constraint: Constraint, name: str, value: Any) -> Any:
    """Returns a number as one of Python, and a tensor as it is."""
    number = check_number(constraint, name, value)
    if isinstance(number, np.generic):
        return number.item()
    return number


def _axis(constraint: Constraint, axis: Any) -> Any:
    """Returns the axes, as ints of Python; None stands for all."""
    if axis is None:
        return None
    if is_int(axis):
        return int(axis)
    is_list = isinstance(axis, (list, tuple))
    if not is_list or not all(map(is_int, axis)):
        expected = "an int or a list of ints, such as [0, 1]"
        raise refusal(constraint, "axis", axis, expected)
    return type(axis)(map(int, axis))


class MaxNorm(Constraint):
    """Scales down the slices of a weight whose norm exceeds `m`.

    # Arguments
        m: float, the largest norm.
        axis: int or list of ints, the axes a norm is taken over. In a Dense weight
            `(input, output)` 0 limits each output's incoming weights; in a `"tf"`
            kernel `(rows, cols, input, output)` `[0, 1, 2]` does.

    # References
        - Srivastava et al.: Dropout: A Simple Way to Prevent Neural Networks from
          Overfitting, JMLR 2014
    """

    loadable: ClassVar[bool] = True

    def __init__(self, m: float = 2, axis: Axis = 0) -> None:
        self.m = _number(self, "m", m)
        self.axis = _axis(self, axis)

    def __call__(self, p: Any) -> Any:
        """Returns `p` with norms of at most `m`."""
        norms = _norms(p, self.axis)
        return p * (K.clip(norms, 0, self.m) / (K.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Returns the class name, `m` and `axis`."""
        return {**super().get_config(), "m": self.m, "axis": self.axis}


class NonNeg(Constraint):
    """Replaces negative values by zero."""

    loadable: ClassVar[bool] = True

    def __call__(self, p: Any) -> Any:
        """Returns `p` without negative values."""
        positive = K.greater_equal(p, 0.0)
        return p * K.cast(positive, K.floatx())


class UnitNorm(Constraint):
    """Scales each slice of a weight to norm 1; a slice of zeros stays.

    # Arguments
        axis: int or list of ints, the axes a norm is taken over, as in `MaxNorm`.
    """

    loadable: ClassVar[bool] = True

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = _axis(self, axis)

    def __call__(self, p: Any) -> Any:
        """Returns `p` with norms of 1."""
        return p / (K.epsilon() + _norms(p, self.axis))

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and `axis`."""
        return {**super().get_config(), "axis": self.axis}


class MinMaxNorm(Constraint):
    """Draws each slice's norm into the interval from `low` to `high`.

    # Arguments
        low: float, the smallest norm.
        high: float, the largest norm.
        rate: float from 0 to 1, how much of the way to the interval one update goes.
        axis: int or list of ints, the axes a norm is taken over, as in `MaxNorm`.
    """

    loadable: ClassVar[bool] = True

    def __init__(
        self, low: float = 0.0, high: float = 1.0, rate: float = 1.0, axis: Axis = 0
    ) -> None:
        self.low = _number(self, "low", low)
        self.high = _number(self, "high", high)
        self.rate = _number(self, "rate", rate)
        self.axis = _axis(self, axis)

    def __call__(self, p: Any) -> Any:
        """Returns `p` with its norms moved towards the interval."""
        norms = _norms(p, self.axis)
        within = K.clip(norms, self.low, self.high)
        desired = self.rate * within + (1 - self.rate) * norms
        return p * (desired / (K.epsilon() + norms))

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and all arguments."""
        return {
            **super().get_config(),
            "low": self.low,
            "high": self.high,
            "rate": self.rate,
            "axis": self.axis,
        }


maxnorm = MaxNorm
nonneg = NonNeg
unitnorm = UnitNorm


def get(identifier: Any, kwargs: dict[str, Any] | None = None) -> Any:
    """Returns the constraint that `identifier` describes.

    # Arguments
        identifier: name, configuration dict with the class under `name`, constraint, or
            None.
        kwargs: dict, arguments for a name.

    # Example
        ```python
        from oneiros import constraints
        constraints.get("maxnorm", {"m": 3})
        ```
    """
    return get_object("constraint", identifier, instantiate=True, kwargs=kwargs)
