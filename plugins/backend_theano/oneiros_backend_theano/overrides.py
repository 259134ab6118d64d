"""Operations that PyTensor's dispatch to JAX lacks, or computes otherwise than users of
Keras 1 need.

Shapes may be computed from other shapes; PyTensor's functions want constants. Sizes of
1 that are only known when a function runs are broadcast; PyTensor refuses them.
"""

import functools

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.operands import may_agree
from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.products import transposed_product
from pytensor.graph.basic import Apply, Variable
from pytensor.printing import Print
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar.basic import LE, Add, Mul, Second, Switch
from pytensor.tensor.basic import (
    Alloc,
    AllocEmpty,
    Join,
    Split,
    get_underlying_scalar_constant_value,
)
from pytensor.tensor.blockwise import Blockwise
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.math import Dot, Prod, ProdWithoutZeros, Sum
from pytensor.tensor.shape import Reshape, Shape, Shape_i, SpecifyShape

from oneiros_backend_theano.dispatch import (
    dispatched,
    dispatched_if_possible,
    jax_funcify,
)
from oneiros_backend_theano.known_zeros import without_zeros
from oneiros_backend_theano.limits import LinkerError, concrete_sizes, is_concrete
from oneiros_backend_theano.repeated import RepeatedOp

# Element by element


def _elementwise(node: Apply, *values):
    """Inputs are converted to the type that they have in common for NumPy; JAX's has
    fewer digits. Many terms are added one by one; PyTensor stacks them first."""
    scalar_op = node.op.scalar_op
    if isinstance(scalar_op, Switch) and _is_rectifier(*node.inputs):
        shapes = map(np.shape, values)
        shape = np.broadcast_shapes(*shapes)
        x = values[-1]
        largest = jnp.maximum(x, 0)
        return jnp.broadcast_to(largest, shape)
    if not isinstance(scalar_op, (Switch, Second)):
        dtypes = [x.type.dtype for x in node.inputs]
        dtype = np.result_type(*dtypes)
        values = tuple([_of_type(value, dtype) for value in values])
    if isinstance(scalar_op, Add):
        terms = without_zeros(values)
        return functools.reduce(jnp.add, terms)
    if isinstance(scalar_op, Mul):
        return functools.reduce(jnp.multiply, values)
    function = jax_funcify(scalar_op, node=node)
    return function(*values)


def _of_type(value, dtype):
    return value if value.dtype == dtype else value.astype(dtype)


def _is_rectifier(condition: Variable, if_below: Variable, x: Variable) -> bool:
    """Returns whether a switch hands `x` on where that is above zero, and gives zero
    elsewhere.

    XLA's library YNN computes predictions with maxima faster than with switches: with
    these, predictions of case b of `benchmarks/compare.py` take 1.5 times as long
    (`benchmarks/mechanisms.py rectifiers`).
    """
    comparison = condition.owner
    if comparison is None or not isinstance(comparison.op, Elemwise):
        return False
    if not isinstance(comparison.op.scalar_op, LE):
        return False
    compared, limit = comparison.inputs
    if compared is not x:
        return False
    return _is_constant_zero(limit) and _is_constant_zero(if_below)


def _is_constant_zero(variable: Variable) -> bool:
    value = get_underlying_scalar_constant_value(variable, raise_not_constant=False)
    return type(value) is np.ndarray and bool(value == 0)


# Reductions and products


def _of_result_type(node: Apply, x):
    (result,) = node.outputs
    return _of_type(x, result.type.dtype)


def _sum(node: Apply, x):
    """Adds in the type of the result; PyTensor converts to float64."""
    x = _of_result_type(node, x)
    return jnp.sum(x, node.op.axis)


def _product(node: Apply, x):
    x = _of_result_type(node, x)
    return jnp.prod(x, node.op.axis)


def _product_without_zeros(node: Apply, x):
    ones = jnp.ones_like(x)
    is_zero = x == 0
    factors = jnp.where(is_zero, ones, x)
    return jnp.prod(factors, axis=node.op.axis)


def _dot(node: Apply, x, y):
    """Where a matrix is transposed, it is often that of inputs, in the gradient of
    weights."""
    are_matrices = x.ndim == y.ndim == 2
    if are_matrices and _is_transposed(node.inputs[0]):
        return transposed_product(x.T, y)
    return dispatched(node, x, y)


def _is_transposed(variable: Variable) -> bool:
    """Returns whether a variable is another matrix, transposed."""
    node = variable.owner
    if node is None or not isinstance(node.op, DimShuffle):
        return False
    return bool(node.op.new_order == (1, 0))


def _blockwise(node: Apply, *values):
    if isinstance(node.op.core_op, Dot):
        return jnp.matmul(*values)
    return dispatched_if_possible(node, *values)


# Shapes


def _reshape(node: Apply, x, shape):
    sizes = concrete_sizes(shape, node.op)
    return jnp.reshape(x, sizes)


def _split(node: Apply, x, *axis_and_sizes):
    *axes, sizes = axis_and_sizes
    axis = int(axes[0]) if axes else node.op.axis
    known_sizes = concrete_sizes(sizes, node.op)
    *inner_ends, _ = np.cumsum(known_sizes)
    return jnp.split(x, inner_ends, axis)


def _shape(node: Apply, x):
    shape = np.shape(x)
    return np.asarray(shape, np.int64)


def _one_size(node: Apply, x):
    shape = np.shape(x)
    size = shape[node.op.i]
    return np.int64(size)


def _specify_shape(node: Apply, x, *sizes):
    (result,) = node.outputs
    declared = result.type.shape
    shape = np.shape(x)
    if not may_agree(declared, shape):
        raise DataError(
            f"A tensor declared to have shape {declared} has shape {shape} when run."
        )
    return x


def _alloc(node: Apply, x, *sizes):
    namespace = np if is_concrete(x) else jnp
    shape = concrete_sizes(sizes, node.op)
    return namespace.broadcast_to(x, shape)


def _alloc_empty(node: Apply, *sizes):
    zero = np.zeros((), node.op.dtype)
    return _alloc(node, zero, *sizes)


# Others


def _check(node: Apply, x, *conditions):
    """Checks values that are known while tracing, such as sizes.

    PyTensor checks the others.
    """
    message = node.op.msg
    if not all(map(is_concrete, conditions)):
        raise LinkerError(
            f"The JAX linker can't check {message!r}, which depends on the values of a "
            "tensor."
        )
    if not np.all(conditions):
        raise DataError(message)
    return x


def _print(node: Apply, x):
    def show(value) -> None:
        array = np.asarray(value)
        node.op.global_fn(node.op, array)

    jax.debug.callback(show, x, ordered=False)
    return x


def _repeated(node: Apply, *values):
    results = node.op.traced_once(*values)
    return results[0] if len(results) == 1 else results


OF_ANY_VALUES = {
    RepeatedOp: _repeated,
    Shape: _shape,
    Shape_i: _one_size,
    SpecifyShape: _specify_shape,
    Alloc: _alloc,
    AllocEmpty: _alloc_empty,
    CheckAndRaise: _check,
    Print: _print,
}
"""Functions of a node and its inputs' values."""
OF_TRACED_VALUES = {
    Elemwise: _elementwise,
    Sum: _sum,
    Prod: _product,
    ProdWithoutZeros: _product_without_zeros,
    Dot: _dot,
    Blockwise: _blockwise,
    Reshape: _reshape,
    Split: _split,
    DimShuffle: dispatched,
    Join: dispatched,
}
"""The same, but only if not all inputs are known while tracing."""
