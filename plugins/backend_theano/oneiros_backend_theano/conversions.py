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
REDUCTIONS = {
    "Add": "sum",
    "Mul": "prod",
    "Maximum": "max",
    "Minimum": "min",
    "AND": "all",
    "OR": "any",
}
WITH_ONE_VECTOR = [
    getattr(subtensor, name)
    for name in ("AdvancedSubtensor1", "AdvancedIncSubtensor1")
    if hasattr(subtensor, name)
]
"""Ops for indexing with a single vector, which PyTensor has no more since 3.2."""
_conversions: dict[type, Callable[[Any, Any], Conversion]] = {}


def _converts(*ops: type) -> Callable[[Any], Any]:
    def register(make: Callable[[Any, Any], Conversion]) -> Any:
        _conversions.update(dict.fromkeys(ops, make))
        return make

    return register


def conversion(node: Any) -> Conversion:
    """Returns the function that computes a node's outputs from a namespace and its
    inputs."""
    for cls in type(node.op).__mro__:
        if cls in _conversions:
            found: Conversion | None = _conversions[cls](node.op, node)
            if found is not None:
                return found
    from oneiros_backend_theano.fallback import dispatched

    other: Conversion = dispatched(node)
    return other


# Element by element


def _folded(combine: str) -> Any:
    return lambda xp, *inputs: functools.reduce(getattr(xp, combine), inputs)


def _second(
    xp: Any,
    x: Any,
    y: Any,
) -> Any:
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
KEEP_TYPES = ("Switch", "Second", "Cast")


@_converts(Elemwise)
def _elemwise(op: Any, node: Any) -> Any:
    name, output = type(op.scalar_op).__name__, np.dtype(node.outputs[0].type.dtype)
    if name == "Cast":
        return lambda xp, x: xp.asarray(x).astype(output)
    compute = SCALAR_OPS.get(name)
    if compute is None:
        spec = getattr(op.scalar_op, "nfunc_spec", None)
        if (
            len(node.outputs) > 1
            or spec is None
            or "." in spec[0]
            or len(node.inputs) != spec[1]
        ):
            return None
        compute = _named(spec[0])
    types = {np.dtype(x.type.dtype) for x in node.inputs}
    if name in KEEP_TYPES or len(types) == 1:
        return compute
    common = np.result_type(*types)
    return lambda xp, *inputs: compute(
        xp, *(xp.asarray(x).astype(common) for x in inputs)
    )


def _named(name: str) -> Any:
    return lambda xp, *inputs: getattr(xp, name)(*inputs)


@_converts(Softmax)
def _softmax(op: Any, node: Any) -> Any:
    def softmax(xp: Any, x: Any) -> Any:
        powers = xp.exp(x - xp.max(x, axis=op.axis, keepdims=True))
        return powers / xp.sum(powers, axis=op.axis, keepdims=True)

    return softmax


@_converts(LogSoftmax)
def _log_softmax(op: Any, node: Any) -> Any:
    def log_softmax(xp: Any, x: Any) -> Any:
        shifted = x - xp.max(x, axis=op.axis, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=op.axis, keepdims=True))

    return log_softmax


@_converts(Draw)
def _draw(op: Any, node: Any) -> Any:
    return lambda xp, counter, shape: op.evaluate(
        jnp, jax.lax.erf_inv, counter, concrete_sizes(shape, op)
    )


# Reductions and products


@_converts(CAReduce)
def _reduce(op: Any, node: Any) -> Any:
    name = REDUCTIONS.get(type(op.scalar_op).__name__)
    if getattr(op, "initial", None) is not None:
        return None
    if name is None:
        return _product_without_zeros(op) if isinstance(op, ProdWithoutZeros) else None
    output, axis = (
        node.outputs[0].type.dtype,
        None if op.axis is None else tuple(op.axis),
    )
    if (
        name == "sum"
        and axis == tuple(range(node.inputs[0].ndim - 1))
        and len(axis) > 1
    ):
        return lambda xp, x: _sum_per_channel(xp, x, output)
    if name in ("sum", "prod"):
        return lambda xp, x: getattr(xp, name)(x, axis=axis, dtype=output)
    return lambda xp, x: getattr(xp, name)(x, axis=axis)


def _sum_per_channel(
    xp: Any,
    x: Any,
    dtype: Any,
) -> Any:
    """Sums over all axes but the last; as a product, which XLA is several times faster
    at on a CPU."""
    axes = tuple(range(np.ndim(x) - 1))
    if (
        xp is np
        or platform() != "cpu"
        or x.dtype != dtype
        or np.dtype(dtype).kind != "f"
    ):
        return xp.sum(x, axis=axes, dtype=dtype)
    rows = jnp.reshape(x, (-1, x.shape[-1]))
    return jnp.ones(len(rows), dtype) @ rows


def _product_without_zeros(op: Any) -> Any:
    axis = None if op.axis is None else tuple(op.axis)
    return lambda xp, x: xp.prod(
        xp.where(xp.equal(x, 0), xp.ones_like(x), x), axis=axis
    )


@_converts(Argmax)
def _argmax(op: Any, node: Any) -> Any:
    if op.axis is None or len(op.axis) == 1:
        return lambda xp, x: xp.argmax(x, axis=op.axis and op.axis[0])
    return None


@_converts(Dot)
def _dot(op: Any, node: Any) -> Any:
    first = node.inputs[0].owner
    if (
        first is None
        or not isinstance(first.op, DimShuffle)
        or first.op.new_order != (1, 0)
    ):
        return lambda xp, x, y: xp.dot(x, y)
    return lambda xp, x, y: (
        xp.dot(x, y) if xp is np or y.ndim != 2 else transposed_product(x.T, y)
    )


@_converts(Blockwise)
def _blockwise(op: Any, node: Any) -> Any:
    return (lambda xp, x, y: xp.matmul(x, y)) if isinstance(op.core_op, Dot) else None


# Shapes


@_converts(DeepCopyOp, TypeCastingOp, TensorFromScalar, ScalarFromTensor)
def _same(op: Any, node: Any) -> Any:
    return lambda xp, x: x


@_converts(DimShuffle)
def _dim_shuffle(op: Any, node: Any) -> Any:
    kept = [axis for axis in op.new_order if axis != "x"]
    order = kept + [axis for axis in range(op.input_ndim) if axis not in kept]

    def dim_shuffle(xp: Any, x: Any) -> Any:
        shape = [1 if axis == "x" else np.shape(x)[axis] for axis in op.new_order]
        return xp.reshape(xp.transpose(x, order), shape)

    return dim_shuffle


@_converts(Reshape)
def _reshape(op: Any, node: Any) -> Any:
    return lambda xp, x, shape: xp.reshape(x, concrete_sizes(shape, op))


@_converts(Shape)
def _shape(op: Any, node: Any) -> Any:
    return lambda xp, x: np.asarray(np.shape(x), np.int64)


@_converts(Shape_i)
def _one_size(op: Any, node: Any) -> Any:
    return lambda xp, x: np.int64(np.shape(x)[op.i])


@_converts(SpecifyShape)
def _specify_shape(op: Any, node: Any) -> Any:
    static = node.outputs[0].type.shape

    def specify_shape(
        xp: Any,
        x: Any,
        *sizes: Any,
    ) -> Any:
        if any(
            want not in (None, got)
            for want, got in zip(static, np.shape(x), strict=True)
        ):
            raise DataError(
                f"A tensor declared to have shape {static} has shape {np.shape(x)} "
                f"when run."
            )
        return x

    return specify_shape


@_converts(Alloc)
def _alloc(op: Any, node: Any) -> Any:
    return lambda xp, x, *sizes: xp.broadcast_to(x, concrete_sizes(sizes, op))


@_converts(MakeVector)
def _make_vector(op: Any, node: Any) -> Any:
    return lambda xp, *items: xp.stack([xp.asarray(item, op.dtype) for item in items])


@_converts(ARange)
def _arange(op: Any, node: Any) -> Any:
    return lambda xp, *bounds: np.arange(*concrete_sizes(bounds, op), dtype=op.dtype)


@_converts(Join)
def _join(op: Any, node: Any) -> Any:
    if hasattr(op, "axis"):
        return lambda xp, *tensors: xp.concatenate(tensors, axis=op.axis)
    return lambda xp, axis, *tensors: xp.concatenate(tensors, axis=int(axis))


@_converts(Split)
def _split(op: Any, node: Any) -> Any:
    def split(
        xp: Any,
        x: Any,
        *axis_and_sizes: Any,
    ) -> Any:
        *axis, sizes = axis_and_sizes
        ends = np.cumsum(concrete_sizes(sizes, op))
        return xp.split(x, ends[:-1], axis=int(axis[0]) if axis else op.axis)

    return split


@_converts(Subtensor)
def _subtensor(op: Any, node: Any) -> Any:
    return lambda xp, x, *indices: x[_indices(op, indices)]


@_converts(AdvancedSubtensor, *WITH_ONE_VECTOR[:1])
def _advanced_subtensor(op: Any, node: Any) -> Any:
    def advanced_subtensor(
        xp: Any,
        x: Any,
        *indices: Any,
    ) -> Any:
        return jnp.asarray(x).at[_indices(op, indices)].get(mode="fill")

    return advanced_subtensor


@_converts(IncSubtensor, AdvancedIncSubtensor, *WITH_ONE_VECTOR[1:])
def _inc_subtensor(op: Any, node: Any) -> Any:
    def inc_subtensor(
        xp: Any,
        x: Any,
        y: Any,
        *indices: Any,
    ) -> Any:
        place = jnp.asarray(x).at[_indices(op, indices)]
        return place.set(y) if op.set_instead_of_inc else place.add(y)

    return inc_subtensor


def _indices(op: Any, values: Any) -> Any:
    values = [int(v) if is_concrete(v) and np.ndim(v) == 0 else v for v in values]
    if any(
        np.dtype(getattr(v, "dtype", int)) == bool and not is_concrete(v)
        for v in values
    ):
        raise ArgumentError(
            "Indexing with a boolean tensor gives a shape that depends on its values, "
            "which the JAX linker can't compile. Write K.switch(mask, x, 0), or pass "
            "mode='NUMBA' to K.function or compile."
        )
    return tuple(indices_from_subtensor(values, op.idx_list))


@_converts(Print)
def _print(op: Any, node: Any) -> Any:
    def show(xp: Any, x: Any) -> Any:
        jax.debug.callback(
            lambda value: op.global_fn(op, np.asarray(value)), x, ordered=False
        )
        return x

    return show
