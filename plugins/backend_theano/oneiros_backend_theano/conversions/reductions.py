"""Sums, maxima and other reductions.

On a CPU sums over all axes but the last are products with ones. Without that a training
step of case f of `benchmarks/compare.py`, which normalises much, takes 1.2 times as
long (`benchmarks/mechanisms.py reductions`), and one of case b 1.07 times.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_jax_support.devices import platform
from pytensor.tensor.elemwise import CAReduce
from pytensor.tensor.math import Argmax, ProdWithoutZeros

from oneiros_backend_theano.conversions.kinds import Conversion, Maker

Axes = tuple[int, ...] | None

REDUCTIONS = {
    "Add": "sum",
    "Mul": "prod",
    "Maximum": "max",
    "Minimum": "min",
    "AND": "all",
    "OR": "any",
}
"""The namespace's functions by the names of scalar Ops."""
ACCUMULATING = ("sum", "prod")
"""Reductions that compute in their own type."""


def _reduce(op: Any, node: Any) -> Conversion | None:
    if getattr(op, "initial", None) is not None:
        return None
    axes = None if op.axis is None else tuple(op.axis)
    if isinstance(op, ProdWithoutZeros):
        return _product_without_zeros(axes)
    name = REDUCTIONS.get(type(op.scalar_op).__name__)
    if name is None:
        return None
    if name not in ACCUMULATING:
        return lambda xp, x: getattr(xp, name)(x, axis=axes)
    dtype = node.outputs[0].type.dtype
    if name == "sum" and _are_all_but_channels(axes, node.inputs[0].ndim):
        return lambda xp, x: _sum_per_channel(xp, x, dtype)
    return lambda xp, x: getattr(xp, name)(x, axis=axes, dtype=dtype)


def _are_all_but_channels(axes: Axes, rank: int) -> bool:
    """Returns whether axes are those of batch and space."""
    return rank > 2 and axes == tuple(range(rank - 1))


def _sum_per_channel(xp: Any, x: Any, dtype: Any) -> Any:
    """Sums over all axes but the last; on a CPU as a product."""
    is_float = np.dtype(dtype).kind == "f"
    if xp is np or platform() != "cpu" or x.dtype != dtype or not is_float:
        axes = tuple(range(np.ndim(x) - 1))
        return xp.sum(x, axis=axes, dtype=dtype)
    rows = jnp.reshape(x, (-1, x.shape[-1]))
    return jnp.ones(len(rows), dtype) @ rows


def _product_without_zeros(axes: Axes) -> Conversion:
    def product(xp: Any, x: Any) -> Any:
        factors = xp.where(xp.equal(x, 0), xp.ones_like(x), x)
        return xp.prod(factors, axis=axes)

    return product


def _argmax(op: Any, node: Any) -> Conversion | None:
    if op.axis is None:
        return lambda xp, x: xp.argmax(x)
    if len(op.axis) > 1:
        return None
    (axis,) = op.axis
    return lambda xp, x: xp.argmax(x, axis=axis)


MAKERS: dict[type, Maker] = {CAReduce: _reduce, Argmax: _argmax}
