"""Finds results that are zero because inputs are, as PyTensor's rewrites would.

The gradients of the branch of the learning phase that isn't taken are zero, and nothing
is computed from them: without this a training step of a dense network with dropout
takes 7 % more of the processor (`benchmarks/mechanisms.py vanishing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pytensor.compile.ops import DeepCopyOp, TypeCastingOp
from pytensor.tensor.basic import Alloc
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import CAReduce, DimShuffle, Elemwise
from pytensor.tensor.math import Dot
from pytensor.tensor.shape import Reshape, SpecifyShape
from pytensor.tensor.subtensor import AdvancedSubtensor, Subtensor

from oneiros_backend_theano.concrete import is_zero

Rule = Callable[[Sequence[bool]], bool]
"""Returns, given which inputs are zero, whether the result is zero."""


def _first(zero: Sequence[bool]) -> bool:
    return zero[0]


def _second(zero: Sequence[bool]) -> bool:
    return zero[1]


def _branches(zero: Sequence[bool]) -> bool:
    return zero[1] and zero[2]


ELEMENTWISE: dict[str, Rule] = {
    "Mul": any,
    "Add": all,
    "Sub": all,
    "TrueDiv": _first,
    "Neg": _first,
    "Cast": _first,
    "Identity": _first,
    "Second": _second,
    "Switch": _branches,
}
"""Functions by the names of scalar Ops."""
LINEAR = (
    DimShuffle,
    Reshape,
    SpecifyShape,
    Alloc,
    Subtensor,
    AdvancedSubtensor,
    TypeCastingOp,
    DeepCopyOp,
)


def vanishes(node: Any, inputs: list[Any]) -> bool:
    """Returns whether a node's result is zero because of inputs that are."""
    rule = _rule(node.op)
    return rule is not None and rule([is_zero(value) for value in inputs])


def is_matrix_product(op: Any) -> bool:
    """Returns whether an Op multiplies matrices, or batches of them."""
    core = op.core_op if isinstance(op, Blockwise) else op
    return isinstance(core, Dot)


def _rule(op: Any) -> Rule | None:
    if isinstance(op, Elemwise):
        return ELEMENTWISE.get(type(op.scalar_op).__name__)
    if is_matrix_product(op):
        return any
    if isinstance(op, LINEAR):
        return _first
    if isinstance(op, CAReduce) and type(op.scalar_op).__name__ == "Add":
        return _first
    return None
