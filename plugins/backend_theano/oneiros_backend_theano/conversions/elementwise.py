"""Elementwise operations, copies and softmax."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_jax_support.jax_import import jax
from pytensor.compile.ops import DeepCopyOp, TypeCastingOp
from pytensor.printing import Print
from pytensor.tensor.basic import ScalarFromTensor, TensorFromScalar
from pytensor.tensor.elemwise import Elemwise
from pytensor.tensor.special import LogSoftmax, Softmax

from oneiros_backend_theano.concrete import concrete_sizes
from oneiros_backend_theano.conversions.kinds import Conversion, Maker
from oneiros_backend_theano.draw import Draw

# Functions of a namespace and values


def _add(xp: Any, *terms: Any) -> Any:
    return functools.reduce(xp.add, terms)


def _multiply(xp: Any, *factors: Any) -> Any:
    return functools.reduce(xp.multiply, factors)


def _clip(xp: Any, x: Any, low: Any, high: Any) -> Any:
    return xp.clip(x, low, high)


def _identity(xp: Any, x: Any) -> Any:
    return x


def _second(xp: Any, x: Any, y: Any) -> Any:
    return xp.broadcast_to(y, np.broadcast_shapes(np.shape(x), np.shape(y)))


def _logistic(xp: Any, x: Any) -> Any:
    return jax.lax.logistic(jnp.asarray(x))


def _softplus(xp: Any, x: Any) -> Any:
    return xp.logaddexp(x, xp.zeros((), x.dtype))


def _switch(xp: Any, condition: Any, x: Any, y: Any) -> Any:
    return xp.where(xp.not_equal(condition, 0), x, y)


SCALAR_OPS: dict[str, Conversion] = {
    "Add": _add,
    "Mul": _multiply,
    "Clip": _clip,
    "Identity": _identity,
    "Second": _second,
    "Sigmoid": _logistic,
    "Softplus": _softplus,
    "Switch": _switch,
}
"""Functions by the names of scalar Ops."""
TAKE_MIXED_TYPES = ("Switch", "Second")
"""Operations with inputs that needn't have the same type."""


# Conversions


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

    def compute_in_type(xp: Any, *inputs: Any) -> Any:
        return compute(xp, *[xp.asarray(x).astype(dtype) for x in inputs])

    return compute_in_type


def _softmax(op: Any, node: Any) -> Conversion:
    def softmax(xp: Any, x: Any) -> Any:
        powers = xp.exp(x - xp.max(x, axis=op.axis, keepdims=True))
        return powers / xp.sum(powers, axis=op.axis, keepdims=True)

    return softmax


def _log_softmax(op: Any, node: Any) -> Conversion:
    def log_softmax(xp: Any, x: Any) -> Any:
        shifted = x - xp.max(x, axis=op.axis, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=op.axis, keepdims=True))

    return log_softmax


def _draw(op: Any, node: Any) -> Conversion:
    def draw(xp: Any, counter: Any, shape: Any) -> Any:
        sizes = concrete_sizes(shape, op)
        return op.evaluate(jnp, jax.lax.erf_inv, counter, sizes)

    return draw


def _copy(op: Any, node: Any) -> Conversion:
    return _identity


def _print(op: Any, node: Any) -> Conversion:
    def show(value: Any) -> None:
        op.global_fn(op, np.asarray(value))

    def identity_that_shows(xp: Any, x: Any) -> Any:
        jax.debug.callback(show, x, ordered=False)
        return x

    return identity_that_shows


MAKERS: dict[type, Maker] = {
    Elemwise: _elemwise,
    Softmax: _softmax,
    LogSoftmax: _log_softmax,
    Draw: _draw,
    DeepCopyOp: _copy,
    TypeCastingOp: _copy,
    TensorFromScalar: _copy,
    ScalarFromTensor: _copy,
    Print: _print,
}
