"""Builds graphs of ONNX: each operation adds a node to the graph under construction.

Equal nodes are one, and what is laid out anew of constants alone, such as a transposed
kernel, is a constant again.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import onnx
from oneiros.typing import Array
from oneiros_backend_toolkit.tensors import AnyFunction
from onnx import AttributeProto, GraphProto, NodeProto, TypeProto, helper, numpy_helper

from oneiros_backend_onnx.tensors import NamedSize, Tensor, type_of

OPSET = 18
"""The version of the operators by default: the first whose reductions take axes."""
SMALL = 64
"""Most elements of constants that count as the same if they are equal, and that ONNX
looks into to tell a shape."""

MISFITS = (onnx.shape_inference.InferenceError, onnx.checker.ValidationError)
"""What ONNX raises for inputs that don't fit an operator."""

_graph_in_work: ContextVar[Graph] = ContextVar("oneiros_onnx_graph")


class Graph:
    """A graph under construction, or the body of a loop.

    # Arguments
        opset: int, the version of the operators.
        infers: whether only shapes and types matter.
        fills: whether rows that `K.gather` doesn't find are NaN; else it takes the
            nearest ones.
        checks_steps: whether recurrent layers fail if a sequence has no steps; ONNX
            Runtime's GRU ends the process then.

    # Properties
        outer: for a body, the graph that it is in.
        nodes: the nodes, in an order in which they can be computed.
        constants: the constants of the outermost graph, by name.
    """

    def __init__(
        self,
        opset: int = OPSET,
        infers: bool = False,
        fills: bool = True,
        checks_steps: bool = False,
    ):
        self.opset = opset
        self.infers = infers
        self.fills = fills
        self.checks_steps = checks_steps
        self.outer: Graph | None = None
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, Tensor] = {}
        self._computed: dict[Any, list[Tensor]] = {}
        self._small: dict[Any, Tensor] = {}
        self._numbers = itertools.count()
        self._names: set[str] = set()

    def body(self) -> Graph:
        """Returns the body of a loop in this graph; they share names and constants."""
        inner = copy.copy(self)
        inner.outer = self
        inner.nodes = []
        inner._computed = {}
        return inner

    @contextmanager
    def building(self) -> Iterator[Graph]:
        """Inside, operations add to this graph."""
        token = _graph_in_work.set(self)
        try:
            yield self
        finally:
            _graph_in_work.reset(token)

    # Names and constants

    def new_name(self, stem: str) -> str:
        """Returns a name that nothing else in the graph has."""
        name = stem
        while name in self._names:
            name = f"{stem}_{next(self._numbers)}"
        self._names.add(name)
        return name

    def reserve(self, names: Iterable[str]) -> None:
        """Keeps names for others."""
        self._names.update(names)

    def constant(self, array: Array, weights: tuple[str, ...] = ()) -> Tensor:
        """Returns an array as a tensor; equal small ones are one.

        # Arguments
            array: its value.
            weights: the names of the variables that it is made of.
        """
        if array.size > SMALL:
            return self._new_constant(array, weights)
        key = (array.dtype.str, array.shape, weights, array.tobytes())
        if key not in self._small:
            result = self._new_constant(array, weights)
            result.is_zero = not weights and not array.any()
            self._small[key] = result
        return self._small[key]

    def _new_constant(self, array: Array, weights: tuple[str, ...]) -> Tensor:
        name = self.new_name("constant")
        own_type = type_of(array.dtype, array.shape)
        result = Tensor(name, own_type, array, weights)
        self.constants[name] = result
        return result

    # Nodes

    def find(self, key) -> list[Tensor] | None:
        """Returns the results of an equal node, here or further out."""
        graph: Graph | None = self
        while graph is not None:
            if key in graph._computed:
                return graph._computed[key]
            graph = graph.outer
        return None

    def remember(self, key, results: list[Tensor]) -> None:
        """Stores the results of a node."""
        self._computed[key] = results

    def needed(self, results: Sequence[Tensor]) -> tuple[list[NodeProto], set[str]]:
        """Returns the nodes that results depend on, and the names that they read."""
        read = {result.name for result in results}
        kept = []
        for node in reversed(self.nodes):
            if read.isdisjoint(node.output):
                continue
            kept.append(node)
            read.update(names_read(node))
        return kept[::-1], read


def graph_in_work() -> Graph:
    """Returns the graph that operations add to."""
    return _graph_in_work.get()


def names_read(node: NodeProto) -> Iterator[str]:
    """Yields the names of what a node computes from; bodies read from outside, too."""
    yield from node.input
    for body in bodies_of(node):
        for inner in body.node:
            yield from names_read(inner)
        for output in body.output:
            yield output.name


def operators_of(nodes: Iterable[NodeProto]) -> Iterator[str]:
    """Yields the operators of nodes, and of those in the bodies of loops."""
    for node in nodes:
        yield node.op_type
        for body in bodies_of(node):
            yield from operators_of(body.node)


def bodies_of(node: NodeProto) -> list[GraphProto]:
    """Returns the graphs inside of a node: the body of a loop."""
    bodies = []
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            bodies.append(attribute.g)
    return bodies


# Emitting nodes


def emit(op: str, *inputs: Tensor | None, **attributes) -> Tensor:
    """Adds a node with one result, and returns that.

    # Arguments
        op: str, the operator.
        *inputs: tensors, None for those that are left out.
        **attributes: the node's attributes; None leaves one out.
    """
    (result,) = emit_several(op, 1, *inputs, **attributes)
    return result


def emit_shaped(
    op: str, shape: Sequence[NamedSize], *inputs: Tensor | None, **attributes
) -> Tensor:
    """Like `emit`, for a result whose shape ONNX may not find out by itself."""
    result = emit(op, *inputs, **attributes)
    if result.static_shape is None or None in result.shape:
        sizes = _merged(result, shape)
        told = type_of(result.dtype, sizes)
        result.type.CopyFrom(told)
    return result


def _merged(result: Tensor, shape: Sequence[NamedSize]) -> list[NamedSize]:
    """Returns the sizes that either ONNX or the caller knows."""
    sizes = list(shape)
    if result.static_shape is None:
        return sizes
    for axis, known in enumerate(result.named_shape):
        if known is not None:
            sizes[axis] = known
    return sizes


def emit_several(
    op: str,
    count: int,
    *inputs: Tensor | None,
    types: Sequence[TypeProto] | None = None,
    **attributes,
) -> list[Tensor]:
    """Adds a node with several results, and returns those.

    # Arguments
        op: str, the operator.
        count: int, the number of results.
        *inputs: tensors, None for those that are left out.
        types: the results' types, if ONNX shouldn't tell them.
        **attributes: the node's attributes; None leaves one out.

    # Raises
        ValueError: if the shapes or types don't fit.
    """
    graph = graph_in_work()
    given = {name: x for name, x in attributes.items() if x is not None}
    present = [x for x in inputs if x is not None]
    names = ["" if x is None else x.name for x in inputs]
    key = None
    if "body" not in given:
        items = sorted(given.items())
        key = (op, count, *names, repr(items))
        results = graph.find(key)
        if results is not None:
            return results
    layout = LAYOUT.get(op)
    are_constants = all(x.value is not None for x in present)
    if layout and present and are_constants:
        results = [_laid_out(graph, layout, present, given)]
    else:
        name = graph.new_name(f"{op}_{len(graph.nodes)}")
        others = [f"{name}_output_{i}" for i in range(1, count)]
        outputs = [name, *others]
        node = helper.make_node(op, names, outputs, name=name, **given)
        types = types or _inferred(graph, node, present)
        graph.nodes.append(node)
        results = list(map(Tensor, node.output, types))
        results[0].is_zero = _is_zero(op, present)
    if key:
        graph.remember(key, results)
    return results


def _inferred(
    graph: Graph, node: NodeProto, inputs: Sequence[Tensor]
) -> list[TypeProto]:
    """Returns the types of a node's results."""
    schema = onnx.defs.get_schema(node.op_type, graph.opset)
    opset = helper.make_opsetid("", graph.opset)
    types = {}
    data = {}
    for x in inputs:
        types[x.name] = x.type
        if x.value is not None and x.value.size <= SMALL:
            data[x.name] = numpy_helper.from_array(x.value, x.name)
    try:
        inferred = onnx.shape_inference.infer_node_outputs(
            schema, node, types, data, opset_imports=[opset]
        )
    except MISFITS as error:
        reason, *_ = str(error).splitlines()
        told = reason.removeprefix("[ShapeInferenceError] ")
        raise ValueError(told) from None
    return [inferred[name] for name in node.output]


# What is computed of constants while a graph is built


def _slice(x, starts, ends, axes, steps):
    index = [slice(None)] * x.ndim
    columns = zip(starts.tolist(), ends.tolist(), axes, steps)
    for start, end, axis, step in columns:
        if step < 0 and end < -x.shape[axis]:
            end = None
        index[axis] = slice(start, end, step)
    return x[tuple(index)]


def _cast(x, to):
    dtype = helper.tensor_dtype_to_np_dtype(to)
    return x.astype(dtype)


LAYOUT: dict[str, AnyFunction] = {
    "Cast": _cast,
    "Concat": lambda *parts, axis: np.concatenate(parts, axis),
    "Reshape": np.reshape,
    "Slice": _slice,
    "Squeeze": lambda x, axes: np.squeeze(x, tuple(axes)),
    "Transpose": lambda x, perm: x.transpose(perm),
    "Unsqueeze": lambda x, axes: np.expand_dims(x, tuple(axes)),
}
"""Functions of arrays, by the operator that does the same."""

KEEPS_ZERO = frozenset(
    {"Cast", "Expand", "ReduceSum", "Reshape", "Slice", "Squeeze", "Tile", "Unsqueeze"}
)
"""Operators whose result is zero if their first input is."""
KEEPS_ZEROS = frozenset({"Add", "Concat", "Sub"})
"""Operators whose result is zero if all their inputs are."""


def _is_zero(op: str, inputs: Sequence[Tensor]) -> bool:
    if op in KEEPS_ZERO:
        return inputs[0].is_zero
    if op in KEEPS_ZEROS:
        return all(x.is_zero for x in inputs)
    return False


def _laid_out(graph: Graph, layout: AnyFunction, inputs, attributes) -> Tensor:
    arrays = [x.value for x in inputs]
    result = layout(*arrays, **attributes)
    weights: dict[str, None] = {}
    for x in inputs:
        weights |= dict.fromkeys(x.weights)
    array = np.asarray(result, order="C")
    return graph.constant(array, tuple(weights))
