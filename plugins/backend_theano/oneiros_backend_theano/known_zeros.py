"""Results that are zero because inputs are, as PyTensor's rewrites would find.

The gradients of the branch of the learning phase that isn't taken are zero, and nothing
is computed from them: without this the first step of case f of `benchmarks/compare.py`
takes 1.1 times as long (`benchmarks/mechanisms.py known_zeros`).
"""

from collections.abc import Callable, Sequence

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.scalar.basic import Add, Cast, Mul, Neg, Second, Sub, TrueDiv
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Dot, Sum
from pytensor.tensor.shape import Reshape

Shape = tuple[int, ...]
Rule = Callable[[Sequence[bool]], bool]
"""Returns, given which inputs are zero, whether the result is zero."""


def _first(zero: Sequence[bool]) -> bool:
    return zero[0]


def _first_only(zero: Sequence[bool]) -> bool:
    return zero[0] and not zero[1]


def _second(zero: Sequence[bool]) -> bool:
    return zero[1]


RULES: dict[type, Rule] = {
    Mul: any,
    Dot: any,
    Add: all,
    Sub: all,
    TrueDiv: _first_only,
    Neg: _first,
    Cast: _first,
    DimShuffle: _first,
    Reshape: _first,
    Sum: _first,
    Second: _second,
}
"""Rules by the classes of Ops, and of scalar Ops."""


def zeros(shape: Shape, dtype):
    """Returns zeros that take no memory."""
    zero = np.zeros((), dtype)
    return np.broadcast_to(zero, shape)


def is_zero(value) -> bool:
    """Returns whether all elements of a value are known to be zero: results of `zeros`,
    and zero scalars."""
    if not isinstance(value, np.ndarray) or value.size == 0:
        return False
    if value.size > 1 and any(value.strides):
        return False
    return not value.flat[0]


def vanishes(node: Apply, values: Sequence[object]) -> bool:
    """Returns whether a node's result is zero because of inputs that are."""
    op = node.op
    if isinstance(op, Elemwise):
        op = op.scalar_op
    rule = RULES.get(type(op))
    if rule is None:
        return False
    zero = list(map(is_zero, values))
    return rule(zero)


def without_zeros(terms):
    """Drops zeros from a sum, unless one of them gives the result its shape, or all
    are."""
    nonzero = [value for value in terms if not is_zero(value)]
    if not nonzero or _shape_of_sum(nonzero) != _shape_of_sum(terms):
        return terms
    return nonzero


def _shape_of_sum(terms) -> Shape:
    shapes = map(np.shape, terms)
    return np.broadcast_shapes(*shapes)
