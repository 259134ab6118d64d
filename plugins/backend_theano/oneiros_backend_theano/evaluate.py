"""Evaluates a PyTensor graph with JAX, under `jax.jit`.

Shapes and the learning phase are known meanwhile: such values are concrete, others are
traced.
"""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from oneiros.errors import DataError, OneirosError
from oneiros_backend_toolkit.interrupts import safe_point
from oneiros_backend_toolkit.size_checks import check_sizes, layers_named
from oneiros_jax_support.jax_import import jax, jnp
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.traversal import ancestors, apply_ancestors
from pytensor.scalar.basic import Switch
from pytensor.tensor.elemwise import DimShuffle, Elemwise
from pytensor.tensor.type import TensorType

from oneiros_backend_theano import indexing, overrides, scan
from oneiros_backend_theano.dispatch import dispatched_if_possible, limit
from oneiros_backend_theano.jax_op import JaxOp, Pullback
from oneiros_backend_theano.known_zeros import is_zero, vanishes, zeros
from oneiros_backend_theano.limits import is_concrete

Function = Callable[..., Any]
Values = list[Any]
ValueByVariable = dict[Variable, Any]
UNKNOWN_VALUE = (jax.errors.JAXTypeError, jax.errors.JAXIndexError, NotImplementedError)
"""Errors that JAX raises if it needs a value during tracing."""
OF_ANY_VALUES = {**overrides.OF_ANY_VALUES, **scan.OF_ANY_VALUES}
OF_TRACED_VALUES = {**overrides.OF_TRACED_VALUES, **indexing.OF_TRACED_VALUES}


def evaluate(outputs: list[Variable], values: ValueByVariable) -> Values:
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

    def __init__(self, outputs: list[Variable], values: ValueByVariable):
        self.outputs = outputs
        self.values = values
        self.pullbacks: dict[Any, Any] = {}

    def run(self) -> Values:
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

    def _missing_inputs(self, node: Apply) -> list[Variable]:
        """Returns the inputs that aren't computed yet; of a switch, the condition
        first, which may leave one branch out."""
        missing = [x for x in node.inputs if x not in self.values]
        if not _is_switch(node):
            return missing
        condition = node.inputs[0]
        if condition in missing:
            return [condition]
        branch = _chosen_branch(node, self.values[condition])
        if branch is None:
            return missing
        return [x for x in missing if x is branch]

    def _compute(self, node: Apply) -> None:
        safe_point()
        try:
            results = self._results(node)
        except OneirosError:
            raise
        except UNKNOWN_VALUE as error:
            raise limit(node, error) from error
        except (TypeError, ValueError, IndexError) as error:
            raise self._data_error(node, error) from error
        pairs = zip(node.outputs, results, strict=True)
        for variable, value in pairs:
            self.values[variable] = _as_declared(value, variable)

    def _data_error(self, node: Apply, error: Exception) -> DataError:
        shapes = []
        for x in node.inputs:
            if x in self.values:
                shape = np.shape(self.values[x])
                shapes.append(str(shape))
        listed = ", ".join(shapes)
        reason = str(error).partition("\n")[0]
        return DataError(
            f"{node.op} can't be computed on tensors of shapes {listed}. {reason}"
        )

    def _results(self, node: Apply):
        """Returns the values of a node's outputs."""
        is_known_switch = False
        if _is_switch(node):
            condition = self.values[node.inputs[0]]
            is_known_switch = _is_known_choice(condition)
            branch = _chosen_branch(node, condition)
            if branch is not None:
                return [self.values[branch]]
        inputs = [self.values[x] for x in node.inputs]
        if is_known_switch:
            return [_broadcast_choice(*inputs)]
        if isinstance(node.op, Pullback):
            return self._pullback_results(node, inputs)
        if isinstance(node.op, JaxOp):
            return self._jax_op_results(node, inputs)
        return _results_of_op(node, inputs)

    def _pullback_results(self, node: Apply, inputs):
        op = node.op
        forward_inputs, cotangents = op.split(inputs)
        forward_variables, _ = op.split(node.inputs)
        if all(map(is_zero, cotangents)):
            results = []
            for place in op.floats:
                shape = np.shape(forward_inputs[place])
                dtype = forward_variables[place].type.dtype
                results.append(zeros(shape, dtype))
            return results
        key = (op.forward, *forward_variables)
        if key not in self.pullbacks:
            return self._jax_op_results(node, inputs)
        pullback = self.pullbacks[key]
        return list(op.pull(pullback, cotangents))

    def _jax_op_results(self, node: Apply, inputs):
        """Computes a JaxOp; if the graph differentiates it, keeps the values that the
        gradient needs."""
        op = node.op
        key = (op, *node.inputs)
        pullback_op = self._pullback_ops.get(key)
        if pullback_op is None:
            return list(op.function(*inputs))
        floats = pullback_op.floats
        places = pullback_op.places
        results, pullback = op.linearized(inputs, floats, places)
        self.pullbacks[key] = pullback
        return list(results)

    @functools.cached_property
    def _pullback_ops(self) -> dict[Any, Pullback]:
        """The Pullbacks in the graph, by the Op and the inputs that they
        differentiate."""
        pullback_ops = {}
        for node in apply_ancestors(self.outputs):
            op = node.op
            if isinstance(op, Pullback):
                forward_variables, _ = op.split(node.inputs)
                key = (op.forward, *forward_variables)
                pullback_ops[key] = op
        return pullback_ops


def _ancestors(variable: Variable) -> set[Variable]:
    return set(ancestors([variable]))


def _constant_value(constant: Constant):
    value = constant.data
    if np.ndim(value) == 0:
        return value
    return np.asarray(value)


# Switches


def _is_switch(node: Apply) -> bool:
    if not isinstance(node.op, Elemwise):
        return False
    return isinstance(node.op.scalar_op, Switch)


def _chosen_branch(node: Apply, condition) -> Variable | None:
    """Returns the branch that a switch hands on as a whole, None if that isn't known
    while tracing."""
    if not _is_known_choice(condition):
        return None
    _, *branches = node.inputs
    branch = _choice(condition, *branches)
    (result,) = node.outputs
    if _single_axes(branch) != _single_axes(result):
        return None
    return branch


def _is_known_choice(condition) -> bool:
    return is_concrete(condition) and np.size(condition) == 1


def _choice(condition, if_true, if_false):
    (is_true,) = np.ravel(condition)
    return if_true if is_true else if_false


def _broadcast_choice(condition, if_true, if_false):
    """Returns one of two branches in the shape that they have together."""
    chosen = _choice(condition, if_true, if_false)
    operands = (condition, if_true, if_false)
    shapes = map(np.shape, operands)
    shape = np.broadcast_shapes(*shapes)
    namespace = np if is_concrete(chosen) else jnp
    return namespace.broadcast_to(chosen, shape)


def _single_axes(variable: Variable) -> list[bool]:
    """Tells of each axis whether its size is known to be 1."""
    return [size == 1 for size in variable.type.shape]


# Other operations


def _results_of_op(node: Apply, values):
    """Computes a node with JAX; or with PyTensor's Python code where all inputs are
    known, so that the outputs are known as well.

    An operation that is a graph has no such code: Numba would compile it for seconds.
    """
    compute = _registered(OF_ANY_VALUES, node)
    if compute is None and vanishes(node, values):
        return [_zeros_of(node, values)]
    are_known = all(map(is_concrete, values))
    has_code = not isinstance(node.op, OpFromGraph)
    if compute is None and are_known and has_code:
        with suppress(NotImplementedError):  # as ifelse has no code for values
            return _known_results(node, values)
    compute = compute or _registered(OF_TRACED_VALUES, node) or dispatched_if_possible
    outputs = compute(node, *values)
    if len(node.outputs) == 1:
        return [outputs]
    return list(outputs)


def _zeros_of(node: Apply, values):
    """Returns zeros of the shape of a node's output, which isn't computed."""
    (variable,) = node.outputs
    shape = _result_shape(node, values)
    return zeros(shape, variable.type.dtype)


def _result_shape(node: Apply, values) -> tuple[int, ...]:
    """Returns the shape of a node's output; JAX has to trace those that aren't easily
    told."""
    shapes = list(map(np.shape, values))
    if isinstance(node.op, Elemwise):
        return np.broadcast_shapes(*shapes)
    if isinstance(node.op, DimShuffle):
        (sizes,) = shapes
        order = node.op.new_order
        return tuple(1 if axis == "x" else sizes[axis] for axis in order)
    compute = _registered(OF_TRACED_VALUES, node) or dispatched_if_possible
    compute_node = functools.partial(compute, node, *values)
    like = jax.eval_shape(compute_node)
    return tuple(like.shape)


def _registered(functions: dict[type, Function], node: Apply) -> Function | None:
    for each in type(node.op).__mro__:
        if each in functions:
            return functions[each]
    return None


def _known_results(node: Apply, values):
    inputs = []
    pairs = zip(node.inputs, values, strict=True)
    for x, value in pairs:
        kind = x.type
        if isinstance(kind, TensorType):
            value = np.asarray(value, kind.dtype)
        inputs.append(value)
    outputs: list[Values] = []
    for _ in node.outputs:
        outputs.append([None])
    with np.errstate(all="ignore"):
        node.op.perform(node, inputs, outputs)
    return [value for (value,) in outputs]


def _as_declared(value, variable: Variable):
    """Converts a value to the type that PyTensor declared, as JAX's promotion rules
    differ."""
    dtype = getattr(variable.type, "dtype", None)
    is_untyped = dtype is None or not hasattr(value, "dtype")
    if is_untyped or value.dtype == dtype:
        return value
    if is_zero(value):
        return zeros(value.shape, dtype)
    return value.astype(dtype)
