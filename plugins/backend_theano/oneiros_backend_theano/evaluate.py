"""Evaluates a PyTensor graph with JAX, under `jax.jit`: shapes and the learning phase are known meanwhile."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from oneiros.errors import DataError, OneirosError
from pytensor.graph.basic import Constant
from pytensor.scalar.basic import Add, Switch
from pytensor.tensor.elemwise import Elemwise

from oneiros_backend_theano.jax_ops import conversion, is_concrete, is_zero, vanishes, zeros


def evaluate(outputs: list[Any], values: dict[Any, Any]) -> list[Any]:
    """Returns the outputs' values.

    Works from the outputs backwards: of a switch whose condition is known, only one branch is looked at.

    # Arguments
        outputs: PyTensor variables.
        values: the values of inputs and shared variables; filled with those of every variable on the way.
    """
    pending = list(outputs)
    while pending:
        variable = pending[-1]
        if variable in values:
            pending.pop()
        elif isinstance(variable, Constant):
            values[variable] = np.asarray(variable.data) if np.ndim(variable.data) else variable.data
        else:
            missing = [x for x in _needed(variable.owner, values) if x not in values]
            pending += missing
            if not missing:
                _compute(variable.owner, values)
    return [values[x] for x in outputs]


def _needed(node: Any, values: dict[Any, Any]) -> list[Any]:
    if isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Switch):
        condition = node.inputs[0]
        if condition not in values:
            return [condition]
        chosen = _chosen(node, values)
        return node.inputs if chosen is None else [chosen]
    return list(node.inputs)


def _chosen(node: Any, values: dict[Any, Any]) -> Any:
    """Returns the branch that a switch takes as a whole, if its condition is known and the shape fits."""
    condition, branches = values[node.inputs[0]], node.inputs[1:]
    if not is_concrete(condition) or np.size(condition) != 1:
        return None
    branch = branches[0] if np.ravel(condition)[0] else branches[1]
    ones = [size == 1 for size in node.outputs[0].type.shape]
    return branch if [size == 1 for size in branch.type.shape] == ones else None


def _compute(node: Any, values: dict[Any, Any]) -> None:
    if isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Switch):
        chosen = _chosen(node, values)
        if chosen is not None:
            values[node.outputs[0]] = _typed(values[chosen], node.outputs[0])
            return
    inputs = [values[x] for x in node.inputs]
    try:
        results = _apply(node, inputs)
    except OneirosError:
        raise
    except (TypeError, ValueError, IndexError) as error:
        shapes = ", ".join(str(np.shape(value)) for value in inputs)
        reason = str(error).partition("\n")[0]
        raise DataError(f"{node.op} can't be computed on tensors of shapes {shapes}. {reason}") from error
    for variable, value in zip(node.outputs, results, strict=True):
        values[variable] = _typed(value, variable)


def _apply(node: Any, inputs: list[Any]) -> list[Any]:
    compute = conversion(node)
    namespace = np if all(map(is_concrete, inputs)) else jnp
    if len(node.outputs) > 1:
        return list(compute(namespace, *inputs))
    if namespace is jnp:
        if vanishes(node, inputs):
            return [zeros(_result_shape(compute, inputs), node.outputs[0].type.dtype)]
        if isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, Add):
            inputs = _without_zeros(inputs)
    return [compute(namespace, *inputs)]


def _result_shape(compute: Any, inputs: list[Any]) -> tuple[int, ...]:
    traced = [None if is_concrete(x) else jax.ShapeDtypeStruct(x.shape, x.dtype) for x in inputs]

    def call(values: list[Any]) -> Any:
        pairs = zip(inputs, values, strict=True)
        return compute(jnp, *(given if value is None else value for given, value in pairs))

    return tuple(jax.eval_shape(call, traced).shape)


def _without_zeros(inputs: list[Any]) -> list[Any]:
    """Drops zeros from a sum, unless one of them gives the result its shape."""
    kept = [value for value in inputs if not is_zero(value)]
    shape = np.broadcast_shapes(*map(np.shape, inputs))
    return kept if np.broadcast_shapes(*map(np.shape, kept)) == shape else inputs


def _typed(value: Any, variable: Any) -> Any:
    """Gives a value the type that PyTensor declared, whatever JAX's promotion made of it."""
    dtype = getattr(variable.type, "dtype", None)
    if dtype is None or not hasattr(value, "dtype") or value.dtype == dtype:
        return value
    return zeros(value.shape, dtype) if is_zero(value) and value.ndim else value.astype(dtype)
