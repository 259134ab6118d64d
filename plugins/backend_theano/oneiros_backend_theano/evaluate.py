"""Evaluates a PyTensor graph with JAX, under `jax.jit`: shapes and the learning phase
are known meanwhile."""

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
        pulls: for a JaxOp and its inputs, what pulls its outputs' cotangents back.
    """

    def __init__(
        self,
        outputs: list[Any],
        values: dict[Any, Any],
    ) -> None:
        self.outputs, self.values = outputs, values
        self.pulls: dict[Any, Any] = {}

    def run(self) -> list[Any]:
        values, pending = self.values, list(self.outputs)
        with layers_named(pending, lambda variable: set(ancestors([variable])), values):
            while pending:
                variable = pending[-1]
                if variable in values:
                    check_sizes(variable, values)
                    pending.pop()
                elif isinstance(variable, Constant):
                    values[variable] = (
                        np.asarray(variable.data)
                        if np.ndim(variable.data)
                        else variable.data
                    )
                else:
                    missing = [
                        x for x in _needed(variable.owner, values) if x not in values
                    ]
                    pending += missing
                    if not missing:
                        self._compute(variable.owner)
        return [values[x] for x in self.outputs]

    def _compute(self, node: Any) -> None:
        values = self.values
        known = [x for x in node.inputs if x in values]
        try:
            if _is_rectifier(node) and _gives_shape(node, values):
                results = [jnp.maximum(values[node.inputs[2]], 0)]
            elif isinstance(node.op, JaxOp):
                results = self._jax(node, [values[x] for x in node.inputs])
            else:
                results = _apply(node, [values.get(x) for x in node.inputs])
        except OneirosError:
            raise
        except (TypeError, ValueError, IndexError) as error:
            shapes = ", ".join(str(np.shape(values[x])) for x in known)
            reason = str(error).partition("\n")[0]
            raise DataError(
                f"{node.op} can't be computed on tensors of shapes {shapes}. {reason}"
            ) from error
        for variable, value in zip(node.outputs, results, strict=True):
            values[variable] = _typed(value, variable)

    def _jax(
        self,
        node: Any,
        inputs: list[Any],
    ) -> list[Any]:
        """Computes a JaxOp; one that is differentiated further on keeps what its
        gradient needs."""
        op = node.op
        if isinstance(op, Pullback):
            variables, _ = op.split(node.inputs)
            values, cotangents = op.split(inputs)
            if all(map(is_zero, cotangents)):
                return [
                    zeros(np.shape(values[i]), node.inputs[i].type.dtype)
                    for i in op.floats
                ]
            pull = self.pulls.get((op.forward, *variables))
            if pull is not None:
                return list(op.pull(pull, cotangents))
        following = self._pullbacks.get((op, *node.inputs))
        if following is None:
            return list(op.function(*inputs))
        results, pull = op.linearized(inputs, following.floats, following.places)
        self.pulls[(op, *node.inputs)] = pull
        return list(results)

    @functools.cached_property
    def _pullbacks(self) -> dict[Any, Any]:
        """The Pullbacks in the graph, by the Op and the inputs that they
        differentiate."""
        nodes = apply_ancestors(self.outputs)
        found = [node for node in nodes if isinstance(node.op, Pullback)]
        return {
            (node.op.forward, *node.op.split(node.inputs)[0]): node.op for node in found
        }


def _needed(node: Any, values: dict[Any, Any]) -> list[Any]:
    """Returns the inputs to compute first; of a switch, the condition, which may leave
    one branch out."""
    if _is(node, Switch):
        if node.inputs[0] not in values:
            return [node.inputs[0]]
        taken = _taken(values[node.inputs[0]])
        if taken and _ones(node.inputs[taken]) == _ones(node.outputs[0]):
            return [node.inputs[taken]]
    return list(node.inputs)


def _is(node: Any, scalar_op: type) -> bool:
    return isinstance(node.op, Elemwise) and isinstance(node.op.scalar_op, scalar_op)


def _gives_shape(node: Any, values: dict[Any, Any]) -> bool:
    """Tells whether a node's inputs are computed, and the last has the shape of the
    result."""
    shapes = [np.shape(values[x]) for x in node.inputs if x in values]
    return len(shapes) == len(node.inputs) and shapes[-1] == np.broadcast_shapes(
        *shapes
    )


def _is_rectifier(node: Any) -> bool:
    """Tells whether a node hands its last input on where that is above zero, and gives
    zero elsewhere."""
    condition = node.inputs[0].owner if _is(node, Switch) else None
    if (
        condition is None
        or not _is(condition, LE)
        or condition.inputs[0] is not node.inputs[2]
    ):
        return False
    zeros = condition.inputs[1], node.inputs[1]
    values = [
        get_underlying_scalar_constant_value(x, raise_not_constant=False) for x in zeros
    ]
    return all(type(x) is np.ndarray and x == 0 for x in values)


def _taken(condition: Any) -> int:
    """Returns which input a switch hands on as a whole, or 0 if that isn't known while
    tracing."""
    if not is_concrete(condition) or np.size(condition) != 1:
        return 0
    return 1 if np.ravel(condition)[0] else 2


def _ones(variable: Any) -> list[bool]:
    return [size == 1 for size in variable.type.shape]


def _apply(node: Any, inputs: list[Any]) -> list[Any]:
    if _is(node, Switch) and _taken(inputs[0]):
        return [_handed_on(inputs)]
    compute = conversion(node)
    namespace = np if all(map(is_concrete, inputs)) else jnp
    if len(node.outputs) > 1:
        return list(compute(namespace, *inputs))
    if namespace is np:
        with np.errstate(all="ignore"):
            return [compute(np, *inputs)]
    if vanishes(node, inputs):
        return [zeros(_result_shape(compute, inputs), node.outputs[0].type.dtype)]
    return [compute(jnp, *(_without_zeros(inputs) if _is(node, Add) else inputs))]


def _handed_on(inputs: list[Any]) -> Any:
    value = inputs[_taken(inputs[0])]
    shape = np.broadcast_shapes(*(np.shape(x) for x in inputs if x is not None))
    if np.shape(value) == shape:
        return value
    return (
        np.broadcast_to(value, shape)
        if is_concrete(value)
        else jnp.broadcast_to(value, shape)
    )


def _result_shape(compute: Any, inputs: list[Any]) -> tuple[int, ...]:
    traced = [
        None if is_concrete(x) else jax.ShapeDtypeStruct(x.shape, x.dtype)
        for x in inputs
    ]

    def call(values: list[Any]) -> Any:
        pairs = zip(inputs, values, strict=True)
        return compute(
            jnp, *(given if value is None else value for given, value in pairs)
        )

    return tuple(jax.eval_shape(call, traced).shape)


def _without_zeros(inputs: list[Any]) -> list[Any]:
    """Drops zeros from a sum, unless one of them gives the result its shape."""
    kept = [value for value in inputs if not is_zero(value)]
    shape = np.broadcast_shapes(*map(np.shape, inputs))
    return kept if np.broadcast_shapes(*map(np.shape, kept)) == shape else inputs


def _typed(value: Any, variable: Any) -> Any:
    """Gives a value the type that PyTensor declared, whatever JAX's promotion made of
    it."""
    dtype = getattr(variable.type, "dtype", None)
    if dtype is None or not hasattr(value, "dtype") or value.dtype == dtype:
        return value
    return (
        zeros(value.shape, dtype)
        if is_zero(value) and value.ndim
        else value.astype(dtype)
    )
