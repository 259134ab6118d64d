"""From PyTensor's Ops to JAX.

Covers what `K` builds, without PyTensor's own dispatch module, whose import costs half
a second; any other Op is looked up there. A conversion is a function of a namespace and
the inputs. The namespace is NumPy where all inputs are known while tracing (sizes, the
learning phase), so that shapes stay concrete, else `jax.numpy`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import ArgumentError, DataError
from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.products import transposed_product
from pytensor.compile.ops import DeepCopyOp, TypeCastingOp
from pytensor.printing import Print
from pytensor.tensor import subtensor
from pytensor.tensor.basic import (
    Alloc,
    ARange,
    Join,
    MakeVector,
    ScalarFromTensor,
    Split,
    TensorFromScalar,
)
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import CAReduce, DimShuffle, Elemwise
from pytensor.tensor.math import Argmax, Dot, ProdWithoutZeros
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape
from pytensor.tensor.special import LogSoftmax, Softmax
from pytensor.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedSubtensor,
    IncSubtensor,
    Subtensor,
    indices_from_subtensor,
)

from oneiros_backend_theano.concrete import concrete_sizes, is_concrete
from oneiros_backend_theano.draw import Draw

Conversion = Callable[..., Any]
Maker = Callable[[Any, Any], Conversion | None]
"""Function of an Op and its node; it returns None where it knows no conversion."""


def _ops_if_present(name: str) -> tuple[type, ...]:
    op: type | None = getattr(subtensor, name, None)
    return () if op is None else (op,)


REDUCTIONS = {
    "Add": "sum",
    "Mul": "prod",
    "Maximum": "max",
    "Minimum": "min",
    "AND": "all",
    "OR": "any",
}
GET_BY_VECTOR = _ops_if_present("AdvancedSubtensor1")
SET_BY_VECTOR = _ops_if_present("AdvancedIncSubtensor1")
"""Ops for indexing with a single vector, which PyTensor has no more since 3.2."""
_makers: dict[type, Maker] = {}


def _converts(*ops: type) -> Callable[[Maker], Maker]:
    """Registers a function that makes the conversions of nodes of these Ops."""

    def register(make: Maker) -> Maker:
        _makers.update(dict.fromkeys(ops, make))
        return make

    return register


def conversion(node: Any) -> Conversion:
    """Returns the function that computes a node's outputs from a namespace and its
    inputs."""
    for cls in type(node.op).__mro__:
        make = _makers.get(cls)
        made = None if make is None else make(node.op, node)
        if made is not None:
            return made
    from oneiros_backend_theano.fallback import dispatched

    fallback: Conversion = dispatched(node)
    return fallback


# Element by element


def _folded(combine: str) -> Any:
    return lambda xp, *inputs: functools.reduce(getattr(xp, combine), inputs)


def _second(xp: Any, x: Any, y: Any) -> Any:
    return xp.broadcast_to(y, np.broadcast_shapes(np.shape(x), np.shape(y)))


def _softplus(xp: Any, x: Any) -> Any:
    return xp.logaddexp(x, xp.zeros((), x.dtype))


def _logistic(xp: Any, x: Any) -> Any:
    return jax.lax.logistic(jnp.asarray(x))


SCALAR_OPS: dict[str, Any] = {
    "Add": _folded("add"),
    "Mul": _folded("multiply"),
    "Clip": lambda xp, x, low, high: xp.clip(x, low, high),
    "Identity": lambda xp, x: x,
    "Second": _second,
    "Sigmoid": _logistic,
    "Softplus": _softplus,
    "Switch": lambda xp, condition, x, y: xp.where(xp.not_equal(condition, 0), x, y),
}
TAKE_MIXED_TYPES = ("Switch", "Second")
"""Operations whose inputs needn't be brought to one type."""


@_converts(Elemwise)
def _elemwise(op: Any, node: Any) -> Conversion | None:
    name = type(op.scalar_op).__name__
    if name == "Cast":
        output_dtype = np.dtype(node.outputs[0].type.dtype)
        return lambda xp, x: xp.asarray(x).astype(output_dtype)
    compute = SCALAR_OPS.get(name) or _numpy_function(op.scalar_op, node)
    if compute is None:
        return None
    dtypes = {np.dtype(x.type.dtype) for x in node.inputs}
    if name in TAKE_MIXED_TYPES or len(dtypes) == 1:
        return compute
    return _in_type(np.result_type(*dtypes), compute)


def _numpy_function(scalar_op: Any, node: Any) -> Conversion | None:
    """Returns the function of the namespace that PyTensor names for a scalar operation,
    if it takes all inputs and gives the only output."""
    spec = getattr(scalar_op, "nfunc_spec", None)
    if spec is None or len(node.outputs) > 1:
        return None
    name, input_count, *_ = spec
    if "." in name or len(node.inputs) != input_count:
        return None
    return lambda xp, *inputs: getattr(xp, name)(*inputs)


def _in_type(dtype: Any, compute: Conversion) -> Conversion:
    """Returns a conversion that casts its inputs first."""
    return lambda xp, *inputs: compute(
        xp, *(xp.asarray(x).astype(dtype) for x in inputs)
    )


@_converts(Softmax)
def _softmax(op: Any, node: Any) -> Conversion:
    def softmax(xp: Any, x: Any) -> Any:
        powers = xp.exp(x - xp.max(x, axis=op.axis, keepdims=True))
        return powers / xp.sum(powers, axis=op.axis, keepdims=True)

    return softmax


@_converts(LogSoftmax)
def _log_softmax(op: Any, node: Any) -> Conversion:
    def log_softmax(xp: Any, x: Any) -> Any:
        shifted = x - xp.max(x, axis=op.axis, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=op.axis, keepdims=True))

    return log_softmax


@_converts(Draw)
def _draw(op: Any, node: Any) -> Conversion:
    return lambda xp, counter, shape: op.evaluate(
        jnp, jax.lax.erf_inv, counter, concrete_sizes(shape, op)
    )


# Reductions and products


@_converts(CAReduce)
def _reduce(op: Any, node: Any) -> Conversion | None:
    if getattr(op, "initial", None) is not None:
        return None
    axes = None if op.axis is None else tuple(op.axis)
    if isinstance(op, ProdWithoutZeros):
        return _product_without_zeros(axes)
    name = REDUCTIONS.get(type(op.scalar_op).__name__)
    if name is None:
        return None
    if name not in ("sum", "prod"):
        return lambda xp, x: getattr(xp, name)(x, axis=axes)
    dtype = node.outputs[0].type.dtype
    if name == "sum" and _are_all_but_channels(axes, node.inputs[0].ndim):
        return lambda xp, x: _sum_per_channel(xp, x, dtype)
    return lambda xp, x: getattr(xp, name)(x, axis=axes, dtype=dtype)


def _are_all_but_channels(axes: tuple[int, ...] | None, rank: int) -> bool:
    """Tells whether axes are those of batch and space."""
    return rank > 2 and axes == tuple(range(rank - 1))


def _sum_per_channel(xp: Any, x: Any, dtype: Any) -> Any:
    """Sums over all axes but the last; as a product, which XLA is several times faster
    at on a CPU."""
    is_float = np.dtype(dtype).kind == "f"
    if xp is np or platform() != "cpu" or x.dtype != dtype or not is_float:
        axes = tuple(range(np.ndim(x) - 1))
        return xp.sum(x, axis=axes, dtype=dtype)
    rows = jnp.reshape(x, (-1, x.shape[-1]))
    return jnp.ones(len(rows), dtype) @ rows


def _product_without_zeros(axes: tuple[int, ...] | None) -> Conversion:
    def product(xp: Any, x: Any) -> Any:
        factors = xp.where(xp.equal(x, 0), xp.ones_like(x), x)
        return xp.prod(factors, axis=axes)

    return product


@_converts(Argmax)
def _argmax(op: Any, node: Any) -> Conversion | None:
    if op.axis is None:
        return lambda xp, x: xp.argmax(x)
    if len(op.axis) == 1:
        (axis,) = op.axis
        return lambda xp, x: xp.argmax(x, axis=axis)
    return None


@_converts(Dot)
def _dot(op: Any, node: Any) -> Conversion:
    if not _is_transposed(node.inputs[0]):
        return lambda xp, x, y: xp.dot(x, y)

    def dot(xp: Any, x: Any, y: Any) -> Any:
        if xp is np or y.ndim != 2:
            return xp.dot(x, y)
        return transposed_product(x.T, y)

    return dot


def _is_transposed(variable: Any) -> bool:
    """Tells whether a variable is another matrix, transposed."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle):
        return False
    return bool(node.op.new_order == (1, 0))


@_converts(Blockwise)
def _blockwise(op: Any, node: Any) -> Conversion | None:
    if not isinstance(op.core_op, Dot):
        return None
    return lambda xp, x, y: xp.matmul(x, y)


# Shapes


@_converts(DeepCopyOp, TypeCastingOp, TensorFromScalar, ScalarFromTensor)
def _same(op: Any, node: Any) -> Conversion:
    return lambda xp, x: x


@_converts(DimShuffle)
def _dim_shuffle(op: Any, node: Any) -> Conversion:
    kept = [axis for axis in op.new_order if axis != "x"]
    order = kept + [axis for axis in range(op.input_ndim) if axis not in kept]

    def dim_shuffle(xp: Any, x: Any) -> Any:
        shape = [1 if axis == "x" else np.shape(x)[axis] for axis in op.new_order]
        return xp.reshape(xp.transpose(x, order), shape)

    return dim_shuffle


@_converts(Reshape)
def _reshape(op: Any, node: Any) -> Conversion:
    return lambda xp, x, shape: xp.reshape(x, concrete_sizes(shape, op))


@_converts(Shape)
def _shape(op: Any, node: Any) -> Conversion:
    return lambda xp, x: np.asarray(np.shape(x), np.int64)


@_converts(Shape_i)
def _one_size(op: Any, node: Any) -> Conversion:
    return lambda xp, x: np.int64(np.shape(x)[op.i])


@_converts(SpecifyShape)
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


@_converts(Alloc)
def _alloc(op: Any, node: Any) -> Conversion:
    return lambda xp, x, *sizes: xp.broadcast_to(x, concrete_sizes(sizes, op))


@_converts(MakeVector)
def _make_vector(op: Any, node: Any) -> Conversion:
    return lambda xp, *items: xp.stack([xp.asarray(item, op.dtype) for item in items])


@_converts(ARange)
def _arange(op: Any, node: Any) -> Conversion:
    return lambda xp, *bounds: np.arange(*concrete_sizes(bounds, op), dtype=op.dtype)


@_converts(Join)
def _join(op: Any, node: Any) -> Conversion:
    if hasattr(op, "axis"):
        return lambda xp, *tensors: xp.concatenate(tensors, axis=op.axis)
    return lambda xp, axis, *tensors: xp.concatenate(tensors, axis=int(axis))


@_converts(Split)
def _split(op: Any, node: Any) -> Conversion:
    def split(xp: Any, x: Any, *axis_and_sizes: Any) -> Any:
        *given_axis, sizes = axis_and_sizes
        axis = int(given_axis[0]) if given_axis else op.axis
        ends = np.cumsum(concrete_sizes(sizes, op))
        return xp.split(x, ends[:-1], axis=axis)

    return split


@_converts(Subtensor)
def _subtensor(op: Any, node: Any) -> Conversion:
    return lambda xp, x, *indices: x[_indices(op, indices)]


@_converts(AdvancedSubtensor, *GET_BY_VECTOR)
def _advanced_subtensor(op: Any, node: Any) -> Conversion:
    def advanced_subtensor(xp: Any, x: Any, *indices: Any) -> Any:
        return jnp.asarray(x).at[_indices(op, indices)].get(mode="fill")

    return advanced_subtensor


@_converts(IncSubtensor, AdvancedIncSubtensor, *SET_BY_VECTOR)
def _inc_subtensor(op: Any, node: Any) -> Conversion:
    def inc_subtensor(xp: Any, x: Any, y: Any, *indices: Any) -> Any:
        place = jnp.asarray(x).at[_indices(op, indices)]
        return place.set(y) if op.set_instead_of_inc else place.add(y)

    return inc_subtensor


def _indices(op: Any, values: Any) -> Any:
    """Returns what to index with, given the values of an Op's index inputs."""
    values = [_as_index(value) for value in values]
    return tuple(indices_from_subtensor(values, op.idx_list))


def _as_index(value: Any) -> Any:
    if is_concrete(value):
        return int(value) if np.ndim(value) == 0 else value
    if getattr(value, "dtype", None) == np.dtype(bool):
        raise ArgumentError(
            "Indexing with a boolean tensor gives a shape that depends on its values, "
            "which the JAX linker can't compile. Write K.switch(mask, x, 0), or pass "
            "mode='NUMBA' to K.function or compile."
        )
    return value


@_converts(Print)
def _print(op: Any, node: Any) -> Conversion:
    def show(xp: Any, x: Any) -> Any:
        jax.debug.callback(
            lambda value: op.global_fn(op, np.asarray(value)), x, ordered=False
        )
        return x

    return show
