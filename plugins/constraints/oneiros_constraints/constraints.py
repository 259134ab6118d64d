"""Constraints: functions applied to a weight's new value before an optimizer stores it.

They are those of Keras 1.2.2, with the same epsilon added to norms.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import check_number, is_int, open_to_old_code, refusal
from oneiros.config import get_object
from oneiros.typing import ConstraintLike, Tensor

from oneiros_constraints.constraint import Constraint

Axis = int | Sequence[int]


def _norms(p: Tensor, axis: Axis) -> Tensor:
    """Returns the norms over these axes, which keep the size 1."""
    squares = K.square(p)
    sums = K.sum(squares, axis=axis, keepdims=True)
    return K.sqrt(sums)


def _scaled(p: Tensor, norms: Tensor, desired: Tensor) -> Tensor:
    """Returns a weight with other norms."""
    nonzero = K.epsilon() + norms
    factors = desired / nonzero
    return p * factors


def _number(constraint: Constraint, name: str, value):
    """Returns a number as one of Python, and a tensor as it is."""
    number = check_number(constraint, name, value)
    if isinstance(number, np.generic):
        return number.item()
    return number


def _axis(constraint: Constraint, axis):
    """Returns the axes, as ints of Python; None stands for all."""
    if axis is None:
        return None
    if is_int(axis):
        return int(axis)
    is_list = isinstance(axis, (list, tuple))
    are_axes = is_list and all(map(is_int, axis))
    if are_axes:
        axes = map(int, axis)
        return type(axis)(axes)
    expected = "an int or a list of ints, such as [0, 1]"
    raise refusal(constraint, "axis", axis, expected)


class MaxNorm(Constraint):
    """Scales down the slices of a weight whose norm exceeds `m`.

    `p * min(norm, m) / (K.epsilon() + norm)`, where `norm` is the root of the sum of
    the squares over `axis`.

    # Arguments
        m: float, the largest norm, above 0.
        axis: int or list of ints, the axes over which to compute the norm. To limit the
            incoming weights of each output, use 0 for a Dense weight `(input, output)`,
            and `[0, 1, 2]` for a `"tf"` kernel `(rows, cols, input, output)`.

    # Raises
        ArgumentError: if `m` isn't a number, or `axis` isn't an int or list of ints.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.constraints import MaxNorm

        W = K.variable([[3.0, 0.3], [4.0, 0.4]])  # columns of norm 5 and 0.5
        print(K.eval(MaxNorm(2.0)(W)).round(4))
        # [[1.2 0.3]
        #  [1.6 0.4]]
        ```

    # References
        - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, JMLR 15,
          2014
    """

    loadable = True
    arguments = ("m", "axis")

    @open_to_old_code
    def __init__(self, m: float = 2, axis: Axis = 0):
        self.m = _number(self, "m", m)
        self.axis = _axis(self, axis)

    def __call__(self, p: Tensor) -> Tensor:
        """Returns `p` with norms of at most `m`."""
        norms = _norms(p, self.axis)
        desired = K.clip(norms, 0, self.m)
        return _scaled(p, norms, desired)


class NonNeg(Constraint):
    """Replaces negative values by zero: `p * (p >= 0)`.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.constraints import NonNeg

        print(K.eval(NonNeg()(K.variable([3.0, -4.0]))) == [3, 0])  # [ True  True]
        ```
    """

    loadable = True

    def __call__(self, p: Tensor) -> Tensor:
        """Returns `p` without negative values."""
        positive = K.greater_equal(p, 0.0)
        mask = K.cast(positive, K.floatx())
        return p * mask


class UnitNorm(Constraint):
    """Scales each slice of a weight to norm 1; a slice of zeros doesn't change.

    `p / (K.epsilon() + norm)`, where `norm` is the root of the sum of the squares over
    `axis`.

    # Arguments
        axis: int or list of ints, the axes over which to compute the norm, as in
            `MaxNorm`.

    # Raises
        ArgumentError: if `axis` isn't an int or list of ints.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.constraints import UnitNorm

        W = K.variable([[3.0, 0.0], [4.0, 0.0]])
        print(K.eval(UnitNorm()(W)).round(4))
        # [[0.6 0. ]
        #  [0.8 0. ]]
        ```
    """

    loadable = True
    arguments = ("axis",)

    def __init__(self, axis: Axis = 0):
        self.axis = _axis(self, axis)

    def __call__(self, p: Tensor) -> Tensor:
        """Returns `p` with norms of 1."""
        norms = _norms(p, self.axis)
        nonzero = K.epsilon() + norms
        return p / nonzero


class MinMaxNorm(Constraint):
    """Pulls the norm of each slice into the interval from `low` to `high`.

    `p * (rate * clip(norm, low, high) + (1 - rate) * norm) / (K.epsilon() + norm)`,
    where `norm` is the root of the sum of the squares over `axis`. A slice of zeros
    never changes.

    # Arguments
        low: float, the smallest norm.
        high: float, the largest norm.
        rate: float from 0 to 1, the fraction of the distance to the interval that one
            update covers.
        axis: int or list of ints, the axes over which to compute the norm, as in
            `MaxNorm`.

    # Raises
        ArgumentError: if `low`, `high` or `rate` isn't a number, or `axis` isn't an int
            or list of ints.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.constraints import MinMaxNorm

        W = K.variable([[3.0], [4.0]])  # norm 5; half of the way to 2 is 3.5
        print(K.eval(MinMaxNorm(low=1.0, high=2.0, rate=0.5)(W)).round(4))
        # [[2.1]
        #  [2.8]]
        ```
    """

    loadable = True
    arguments = ("low", "high", "rate", "axis")

    def __init__(
        self, low: float = 0.0, high: float = 1.0, rate: float = 1.0, axis: Axis = 0
    ):
        self.low = _number(self, "low", low)
        self.high = _number(self, "high", high)
        self.rate = _number(self, "rate", rate)
        self.axis = _axis(self, axis)

    def __call__(self, p: Tensor) -> Tensor:
        """Returns `p` with its norms moved towards the interval."""
        norms = _norms(p, self.axis)
        within = K.clip(norms, self.low, self.high)
        kept = (1 - self.rate) * norms
        desired = self.rate * within + kept
        return _scaled(p, norms, desired)


maxnorm = MaxNorm
nonneg = NonNeg
unitnorm = UnitNorm


def get(identifier: ConstraintLike, kwargs: dict[str, Any] | None = None) -> Any:
    """Returns the constraint that `identifier` describes.

    # Arguments
        identifier: name, configuration dict with the class under `name`, constraint, or
            None.
        kwargs: dict, arguments for a name.

    # Returns
        A function of a tensor that returns the constrained one, such as a `MaxNorm`;
        None for None.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes: write `maxnorm(2)`, not 2.

    # Example
        ```python
        from oneiros import constraints

        print(constraints.get("maxnorm", {"m": 3}).get_config())
        # {'name': 'MaxNorm', 'm': 3, 'axis': 0}
        ```
    """
    return get_object("constraint", identifier, instantiate=True, kwargs=kwargs)
