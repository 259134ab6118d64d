"""Shapes: reading, checking and changing them, repeating, joining and splitting
tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros.errors import DataError
from pytensor.raise_op import CheckAndRaise
from pytensor.tensor.basic import Alloc, AllocEmpty, ARange, Join, MakeVector, Split
from pytensor.tensor.elemwise import DimShuffle
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape

from oneiros_backend_theano.concrete import concrete_sizes, is_concrete, zeros
from oneiros_backend_theano.conversions.kinds import Conversion, Maker
from oneiros_backend_theano.limits import LinkerError

NEW_AXIS = "x"
"""PyTensor's name of a new axis of size 1."""


def _dim_shuffle(op: Any, node: Any) -> Conversion:
    kept_axes = [axis for axis in op.new_order if axis != NEW_AXIS]
    dropped_axes = [axis for axis in range(op.input_ndim) if axis not in kept_axes]

    def dim_shuffle(xp: Any, x: Any) -> Any:
        shape = [1 if axis == NEW_AXIS else np.shape(x)[axis] for axis in op.new_order]
        return xp.reshape(xp.transpose(x, [*kept_axes, *dropped_axes]), shape)

    return dim_shuffle


def _reshape(op: Any, node: Any) -> Conversion:
    return lambda xp, x, shape: xp.reshape(x, concrete_sizes(shape, op))


def _shape(op: Any, node: Any) -> Conversion:
    return lambda xp, x: np.asarray(np.shape(x), np.int64)


def _one_size(op: Any, node: Any) -> Conversion:
    return lambda xp, x: np.int64(np.shape(x)[op.i])


def _specify_shape(op: Any, node: Any) -> Conversion:
    declared = node.outputs[0].type.shape

    def specify_shape(xp: Any, x: Any, *sizes: Any) -> Any:
        shape = np.shape(x)
        for declared_size, size in zip(declared, shape, strict=True):
            if declared_size is not None and declared_size != size:
                raise DataError(
                    f"A tensor declared to have shape {declared} has shape {shape} "
                    "when run."
                )
        return x

    return specify_shape


def _alloc(op: Any, node: Any) -> Conversion:
    return lambda xp, x, *sizes: xp.broadcast_to(x, concrete_sizes(sizes, op))


def _alloc_empty(op: Any, node: Any) -> Conversion:
    return lambda xp, *sizes: zeros(concrete_sizes(sizes, op), op.dtype)


def _make_vector(op: Any, node: Any) -> Conversion:
    return lambda xp, *items: xp.stack([xp.asarray(item, op.dtype) for item in items])


def _arange(op: Any, node: Any) -> Conversion:
    return lambda xp, *bounds: np.arange(*concrete_sizes(bounds, op), dtype=op.dtype)


def _join(op: Any, node: Any) -> Conversion:
    if hasattr(op, "axis"):
        return lambda xp, *tensors: xp.concatenate(tensors, axis=op.axis)
    return lambda xp, axis, *tensors: xp.concatenate(tensors, axis=int(axis))


def _split(op: Any, node: Any) -> Conversion:
    if hasattr(op, "axis"):
        return lambda xp, x, sizes: _parts(xp, x, op.axis, concrete_sizes(sizes, op))
    return lambda xp, x, axis, sizes: _parts(
        xp, x, int(axis), concrete_sizes(sizes, op)
    )


def _parts(xp: Any, x: Any, axis: int, sizes: tuple[int, ...]) -> Any:
    """Cuts a tensor into parts of these sizes."""
    ends = np.cumsum(sizes)
    return xp.split(x, ends[:-1], axis=axis)


def _check(op: Any, node: Any) -> Conversion:
    """Checks values that are known while tracing, such as sizes.

    PyTensor checks the others.
    """

    def check(xp: Any, x: Any, *conditions: Any) -> Any:
        if not all(map(is_concrete, conditions)):
            raise LinkerError(
                f"The JAX linker can't check {op.msg!r}, which depends on the values "
                "of a tensor."
            )
        if not np.all(conditions):
            raise DataError(op.msg)
        return x

    return check


MAKERS: dict[type, Maker] = {
    DimShuffle: _dim_shuffle,
    Reshape: _reshape,
    Shape: _shape,
    Shape_i: _one_size,
    SpecifyShape: _specify_shape,
    Alloc: _alloc,
    AllocEmpty: _alloc_empty,
    MakeVector: _make_vector,
    ARange: _arange,
    Join: _join,
    Split: _split,
    CheckAndRaise: _check,
}
