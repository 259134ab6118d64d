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
from pytensor.scalar.basic import Add

from oneiros_backend_theano.concrete import CONCRETE, is_concrete, is_zero, zeros
from oneiros_backend_theano.conversions import conversion
from oneiros_backend_theano.jax_op import JaxOp, Pullback
from oneiros_backend_theano.limits import LinkerError
from oneiros_backend_theano.switches import computes, needed_inputs, switch_result
from oneiros_backend_theano.vanishing import vanishes

UNKNOWN_VALUE = (jax.errors.JAXTypeError, jax.errors.JAXIndexError, NotImplementedError)
"""Errors that JAX raises if it needs a value during tracing."""


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
        needed = needed_inputs(node, self.values)
        return [x for x in needed if x not in self.values]

    def _compute(self, node: Any) -> None:
        try:
            results = self._results(node)
        except OneirosError:
            raise
        except UNKNOWN_VALUE as error:
            raise _limit(node, error) from error
        except (TypeError, ValueError, IndexError) as error:
            raise self._data_error(node, error) from error
        for variable, value in zip(node.outputs, results, strict=True):
            self.values[variable] = _as_declared(value, variable)

    def _data_error(self, node: Any, error: Exception) -> DataError:
        computed = [self.values[x] for x in node.inputs if x in self.values]
        shapes = ", ".join(str(np.shape(value)) for value in computed)
        reason = str(error).partition("\n")[0]
        return DataError(
            f"{node.op} can't be computed on tensors of shapes {shapes}. {reason}"
        )

    def _results(self, node: Any) -> list[Any]:
        """Returns the values of a node's outputs."""
        inputs = [self.values.get(x) for x in node.inputs]
        if isinstance(node.op, Pullback):
            return self._pullback_results(node, inputs)
        if isinstance(node.op, JaxOp):
            return self._jax_op_results(node, inputs)
        branch = switch_result(node, inputs)
        if branch is not None:
            return [branch]
        return _converted_results(node, inputs)

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
        """Computes a JaxOp; if the graph differentiates it, keeps the values that the
        gradient needs."""
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


def _limit(node: Any, error: Exception) -> LinkerError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return LinkerError(f"The JAX linker can't compile {node.op}: {reason}.")


def _ancestors(variable: Any) -> set[Any]:
    return set(ancestors([variable]))


def _constant_value(constant: Constant) -> Any:
    if np.ndim(constant.data) == 0:
        return constant.data
    return np.asarray(constant.data)


def _converted_results(node: Any, inputs: list[Any]) -> list[Any]:
    """Computes a node with the conversion of its Op: with NumPy if all inputs are
    concrete, as zeros if inputs that are zero decide the result, otherwise with JAX."""
    compute = conversion(node)
    all_concrete = all(map(is_concrete, inputs))
    if len(node.outputs) > 1:
        return list(compute(np if all_concrete else jnp, *inputs))
    if all_concrete:
        with np.errstate(all="ignore"):
            return [compute(np, *inputs)]
    if vanishes(node, inputs):
        return [zeros(_result_shape(compute, inputs), node.outputs[0].type.dtype)]
    if computes(node, Add):
        inputs = _without_zeros(inputs)
    return [compute(jnp, *inputs)]


def _result_shape(compute: Any, inputs: list[Any]) -> tuple[int, ...]:
    """Returns the shape of what `compute` gives, without computing it."""
    not_traced = (*CONCRETE, type(None))
    traced_places = [i for i, x in enumerate(inputs) if not isinstance(x, not_traced)]
    traced_types = [
        jax.ShapeDtypeStruct(inputs[i].shape, inputs[i].dtype) for i in traced_places
    ]

    def compute_traced(*traced_values: Any) -> Any:
        arguments = list(inputs)
        for place, value in zip(traced_places, traced_values, strict=True):
            arguments[place] = value
        return compute(jnp, *arguments)

    return tuple(jax.eval_shape(compute_traced, *traced_types).shape)


def _without_zeros(terms: list[Any]) -> list[Any]:
    """Drops zeros from a sum, unless one of them gives the result its shape."""
    nonzero = [value for value in terms if not is_zero(value)]
    shape = np.broadcast_shapes(*map(np.shape, terms))
    shape_of_nonzero = np.broadcast_shapes(*map(np.shape, nonzero))
    return nonzero if shape_of_nonzero == shape else terms


def _as_declared(value: Any, variable: Any) -> Any:
    """Converts a value to the type that PyTensor declared, as JAX's promotion rules
    differ."""
    dtype = getattr(variable.type, "dtype", None)
    if dtype is None or not hasattr(value, "dtype") or value.dtype == dtype:
        return value
    if is_zero(value) and value.ndim:
        return zeros(value.shape, dtype)
    return value.astype(dtype)
