"""Switches with only one needed branch, and rectifiers, which are switches.

A rectifier is computed as a maximum: without that a training step of case b of
`benchmarks/compare.py` takes 6 % more of the processor and 8 % more memory
(`benchmarks/mechanisms.py rectifiers`).

Of a switch whose condition is known, one branch is looked at, so that the other need
not be possible to compute. That saves no time, since XLA leaves out what isn't used
(`benchmarks/mechanisms.py switches`).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from pytensor.scalar.basic import LE, Switch
from pytensor.tensor.basic import get_underlying_scalar_constant_value
from pytensor.tensor.elemwise import Elemwise

from oneiros_backend_theano.concrete import is_concrete

IF_TRUE = 1
IF_FALSE = 2
"""Indices of a switch's branches among its inputs; the condition comes first."""


def computes(node: Any, scalar_op: type) -> bool:
    """Returns whether a node computes a scalar operation, element by element."""
    return isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, scalar_op)


def needed_inputs(node: Any, values: dict[Any, Any]) -> list[Any]:
    """Returns the inputs to compute before a node; of a switch, the condition, which
    may leave one branch out.

    # Arguments
        values: the values of variables that are computed.
    """
    if not computes(node, Switch):
        return list(node.inputs)
    condition = node.inputs[0]
    if condition not in values:
        return [condition]
    chosen = _chosen_branch(values[condition])
    if chosen is None:
        return list(node.inputs)
    branch = node.inputs[chosen]
    if _single_axes(branch) == _single_axes(node.outputs[0]):
        return [branch]
    return list(node.inputs)


def _chosen_branch(condition: Any) -> int | None:
    """Returns the place of the branch that a switch hands on as a whole, None if that
    isn't known while tracing."""
    if not is_concrete(condition) or np.size(condition) != 1:
        return None
    return IF_TRUE if np.ravel(condition)[0] else IF_FALSE


def _single_axes(variable: Any) -> list[bool]:
    """Tells of each axis whether its size is known to be 1."""
    return [size == 1 for size in variable.type.shape]


def switch_result(node: Any, inputs: list[Any]) -> Any:
    """Returns the result of a switch for which one branch is enough; None for other
    nodes.

    # Arguments
        inputs: the values of the node's inputs, None for those that aren't computed.
    """
    if not computes(node, Switch):
        return None
    if _is_rectifier(node) and _last_has_shape_of_result(inputs):
        return jnp.maximum(inputs[-1], 0)
    chosen = _chosen_branch(inputs[0])
    if chosen is None:
        return None
    return _in_shape_of_result(inputs[chosen], inputs)


def _in_shape_of_result(branch: Any, inputs: list[Any]) -> Any:
    computed = [value for value in inputs if value is not None]
    shape = np.broadcast_shapes(*map(np.shape, computed))
    if np.shape(branch) == shape:
        return branch
    namespace = np if is_concrete(branch) else jnp
    return namespace.broadcast_to(branch, shape)


def _is_rectifier(node: Any) -> bool:
    """Returns whether a switch hands its last input on where that is above zero, and
    gives zero elsewhere."""
    condition, if_below, x = node.inputs
    comparison = condition.owner
    if comparison is None or not computes(comparison, LE):
        return False
    compared, threshold = comparison.inputs
    if compared is not x:
        return False
    return _is_constant_zero(threshold) and _is_constant_zero(if_below)


def _is_constant_zero(variable: Any) -> bool:
    value = get_underlying_scalar_constant_value(variable, raise_not_constant=False)
    return type(value) is np.ndarray and bool(value == 0)


def _last_has_shape_of_result(inputs: list[Any]) -> bool:
    """Returns whether all inputs are computed, and the last has the shape of the
    result."""
    if any(value is None for value in inputs):
        return False
    shapes = [np.shape(value) for value in inputs]
    return bool(shapes[-1] == np.broadcast_shapes(*shapes))
