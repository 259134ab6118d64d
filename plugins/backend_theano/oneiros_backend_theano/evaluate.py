"""Evaluates a PyTensor graph with JAX, under `jax.jit`.

Shapes and the learning phase are known meanwhile: such values are concrete, others are
traced.
"""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros.errors import DataError, OneirosError
from oneiros_backend_toolkit.size_checks import check_sizes, layers_named
from oneiros_jax_support.jax_import import jax
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import ancestors, apply_ancestors
from pytensor.scalar.basic import LE, Add, Switch
from pytensor.tensor.basic import get_underlying_scalar_constant_value
from pytensor.tensor.elemwise import Elemwise

from oneiros_backend_theano.concrete import is_concrete, is_zero, zeros
from oneiros_backend_theano.conversions import conversion
from oneiros_backend_theano.jax_op import JaxOp, Pullback
from oneiros_backend_theano.vanishing import vanishes


def evaluate(outputs: list[Any], values: dict[Any, Any]) -> list[Any]:
    """Returns the outputs' values.

    Works from the outputs backwards: of a switch whose condition is known, only one
    branch is looked at.

    # Arguments
        outputs: PyTensor variables.
        values: the values of inputs and shared variables; filled with those of every
            variable on the way.
    """
    return _Evaluation(outputs, values).run()


class _Evaluation:
    """One evaluation of a graph.

    # Properties
        outputs: the variables to compute.
        values: the values of variables, as far as they are computed.
        pullbacks: by a JaxOp and its inputs, the function that gives the inputs'
            cotangents.
    """

    def __init__(self, outputs: list[Any], values: dict[Any, Any]) -> None:
        self.outputs = outputs
        self.values = values
        self.pullbacks: dict[Any, Any] = {}

    def run(self) -> list[Any]:
        pending = list(self.outputs)
        with layers_named(pending, _ancestors, self.values):
            while pending:
                variable = pending[-1]
                if variable in self.values:
                    check_sizes(variable, self.values)
                    pending.pop()
                elif isinstance(variable, Constant):
                    self.values[variable] = _constant_value(variable)
                elif missing := self._missing_inputs(variable.owner):
                    pending += missing
                else:
                    self._compute(variable.owner)
        return [self.values[x] for x in self.outputs]

    def _missing_inputs(self, node: Any) -> list[Any]:
        needed = _needed_inputs(node, self.values)
        return [x for x in needed if x not in self.values]

    def _compute(self, node: Any) -> None:
        try:
            results = self._results(node)
        except OneirosError:
            raise
        except (TypeError, ValueError, IndexError) as error:
            raise self._data_error(node, error) from error
        for variable, value in zip(node.outputs, results, strict=True):
            self.values[variable] = _as_declared(value, variable)

    def _data_error(self, node: Any, error: Exception) -> DataError:
        known = [self.values[x] for x in node.inputs if x in self.values]
        shapes = ", ".join(str(np.shape(value)) for value in known)
        reason = str(error).partition("\n")[0]
        return DataError(
            f"{node.op} can't be computed on tensors of shapes {shapes}. {reason}"
        )

    def _results(self, node: Any) -> list[Any]:
        inputs = [self.values.get(x) for x in node.inputs]
        if _is_rectifier(node) and _last_gives_shape(inputs):
            return [jnp.maximum(inputs[-1], 0)]
        if isinstance(node.op, Pullback):
            return self._pullback_results(node, inputs)
        if isinstance(node.op, JaxOp):
            return self._jax_op_results(node, inputs)
        return _op_results(node, inputs)

    def _pullback_results(self, node: Any, inputs: list[Any]) -> list[Any]:
        op = node.op
        forward_inputs, cotangents = op.split(inputs)
        if all(map(is_zero, cotangents)):
            return [
                zeros(np.shape(forward_inputs[i]), node.inputs[i].type.dtype)
                for i in op.floats
            ]
        forward_variables, _ = op.split(node.inputs)
        pullback = self.pullbacks.get((op.forward, *forward_variables))
        if pullback is None:
            return self._jax_op_results(node, inputs)
        return list(op.pull(pullback, cotangents))

    def _jax_op_results(self, node: Any, inputs: list[Any]) -> list[Any]:
        """Computes a JaxOp; one that the graph differentiates keeps what its gradient
        needs."""
        op = node.op
        key = (op, *node.inputs)
        pullback_op = self._pullback_ops.get(key)
        if pullback_op is None:
            return list(op.function(*inputs))
        results, pullback = op.linearized(
            inputs, pullback_op.floats, pullback_op.places
        )
        self.pullbacks[key] = pullback
        return list(results)

    @functools.cached_property
    def _pullback_ops(self) -> dict[Any, Pullback]:
        """The Pullbacks in the graph, by the Op and the inputs that they
        differentiate."""
        pullback_ops = {}
        for node in apply_ancestors(self.outputs):
            if isinstance(node.op, Pullback):
                forward_variables, _ = node.op.split(node.inputs)
                pullback_ops[node.op.forward, *forward_variables] = node.op
        return pullback_ops


def _ancestors(variable: Any) -> set[Any]:
    return set(ancestors([variable]))


def _constant_value(constant: Constant) -> Any:
    if np.ndim(constant.data) == 0:
        return constant.data
    return np.asarray(constant.data)


def _needed_inputs(node: Any, values: dict[Any, Any]) -> list[Any]:
    """Returns the inputs to compute first; of a switch, the condition, which may leave
    one branch out."""
    if not _computes(node, Switch):
        return list(node.inputs)
    condition = node.inputs[0]
    if condition not in values:
        return [condition]
    chosen = _chosen_input(values[condition])
    if chosen is not None:
        branch = node.inputs[chosen]
        if _single_axes(branch) == _single_axes(node.outputs[0]):
            return [branch]
    return list(node.inputs)


def _computes(node: Any, scalar_op: type) -> bool:
    """Tells whether a node computes a scalar operation, element by element."""
    return isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, scalar_op)


# Rectifiers


def _is_rectifier(node: Any) -> bool:
    """Tells whether a node hands its last input on where that is above zero, and gives
    zero elsewhere."""
    if not _computes(node, Switch):
        return False
    condition, if_below, x = node.inputs
    comparison = condition.owner
    if comparison is None or not _computes(comparison, LE):
        return False
    compared, threshold = comparison.inputs
    if compared is not x:
        return False
    return _is_constant_zero(threshold) and _is_constant_zero(if_below)


def _is_constant_zero(variable: Any) -> bool:
    value = get_underlying_scalar_constant_value(variable, raise_not_constant=False)
    return type(value) is np.ndarray and bool(value == 0)


def _last_gives_shape(inputs: list[Any]) -> bool:
    """Tells whether all inputs are computed, and the last has the shape of the
    result."""
    if any(value is None for value in inputs):
        return False
    shapes = [np.shape(value) for value in inputs]
    return bool(shapes[-1] == np.broadcast_shapes(*shapes))


# Switches


def _chosen_input(condition: Any) -> int | None:
    """Returns the place of the input that a switch hands on as a whole, None if that
    isn't known while tracing."""
    if not is_concrete(condition) or np.size(condition) != 1:
        return None
    return 1 if np.ravel(condition)[0] else 2


def _single_axes(variable: Any) -> list[bool]:
    """Tells of each axis whether its size is known to be 1."""
    return [size == 1 for size in variable.type.shape]


def _handed_on(inputs: list[Any], chosen: int) -> Any:
    """Returns a switch's chosen input in the shape of the result."""
    value = inputs[chosen]
    shape = np.broadcast_shapes(*(np.shape(x) for x in inputs if x is not None))
    if np.shape(value) == shape:
        return value
    namespace = np if is_concrete(value) else jnp
    return namespace.broadcast_to(value, shape)


# Other Ops


def _op_results(node: Any, inputs: list[Any]) -> list[Any]:
    if _computes(node, Switch):
        chosen = _chosen_input(inputs[0])
        if chosen is not None:
            return [_handed_on(inputs, chosen)]
    compute = conversion(node)
    all_concrete = all(map(is_concrete, inputs))
    if len(node.outputs) > 1:
        return list(compute(np if all_concrete else jnp, *inputs))
    if all_concrete:
        with np.errstate(all="ignore"):
            return [compute(np, *inputs)]
    if vanishes(node, inputs):
        return [zeros(_result_shape(compute, inputs), node.outputs[0].type.dtype)]
    if _computes(node, Add):
        inputs = _without_zeros(inputs)
    return [compute(jnp, *inputs)]


def _result_shape(compute: Any, inputs: list[Any]) -> tuple[int, ...]:
    """Returns the shape of what `compute` gives, without computing it."""
    traced_places = [i for i, value in enumerate(inputs) if not is_concrete(value)]
    traced_types = [
        jax.ShapeDtypeStruct(inputs[i].shape, inputs[i].dtype) for i in traced_places
    ]

    def compute_traced(*traced_values: Any) -> Any:
        arguments = list(inputs)
        for place, value in zip(traced_places, traced_values, strict=True):
            arguments[place] = value
        return compute(jnp, *arguments)

    return tuple(jax.eval_shape(compute_traced, *traced_types).shape)


def _without_zeros(inputs: list[Any]) -> list[Any]:
    """Drops zeros from a sum, unless one of them gives the result its shape."""
    others = [value for value in inputs if not is_zero(value)]
    shape = np.broadcast_shapes(*map(np.shape, inputs))
    shape_of_others = np.broadcast_shapes(*map(np.shape, others))
    return others if shape_of_others == shape else inputs


def _as_declared(value: Any, variable: Any) -> Any:
    """Gives a value the type that PyTensor declared, whatever JAX's promotion made of
    it."""
    dtype = getattr(variable.type, "dtype", None)
    if dtype is None or not hasattr(value, "dtype") or value.dtype == dtype:
        return value
    if is_zero(value) and value.ndim:
        return zeros(value.shape, dtype)
    return value.astype(dtype)
