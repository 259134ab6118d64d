"""Loops over the first axis of tensors, as Scan."""

from collections.abc import Callable, Sequence
from typing import Any

from onnx import GraphProto, TypeProto, helper

from oneiros_backend_onnx.graphs import Graph, emit_several, graph_in_work
from oneiros_backend_onnx.promotion import cast, tensor
from oneiros_backend_onnx.tensors import NamedSize, Tensor, type_of

Step = Callable[[list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor]]]


def scan(
    step: Step, sequences: Sequence[Any], states: Sequence[Any], backwards: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Takes a step for each place of the first axis of `sequences`.

    # Arguments
        step: function of slices and states that returns new states and outputs. It may
            use tensors from outside.
        sequences: tensors of one length.
        states: the first states.
        backwards: whether the last place comes first.

    # Returns
        The last states, and the outputs, stacked by place.
    """
    along = [tensor(x) for x in sequences]
    first = [tensor(x) for x in states]
    body = graph_in_work().body()
    with body.building():
        inner = [_parameter(body, "state", x.type) for x in first]
        slices = [_parameter(body, "slice", _row_type(x)) for x in along]
        new, outputs = step(slices, inner)
        new = [
            _own(body, cast(x, old.dtype)) for x, old in zip(new, inner, strict=True)
        ]
        outputs = [_own(body, x) for x in outputs]
    nodes, _ = body.needed([*new, *outputs])
    graph = _graph_of(nodes, [*inner, *slices], [*new, *outputs])
    length = along[0].named_shape[0]
    stacked = [type_of(x.dtype, [length, *x.named_shape]) for x in outputs]
    way = int(backwards)
    results = emit_several(
        "Scan",
        len(new) + len(outputs),
        *first,
        *along,
        types=[*(x.type for x in first), *stacked],
        body=graph,
        num_scan_inputs=len(along),
        scan_input_directions=[way] * len(along),
        scan_output_directions=[way] * len(outputs) or None,
    )
    return results[: len(new)], results[len(new) :]


def _parameter(body: Graph, role: str, kind: TypeProto) -> Tensor:
    return Tensor(body.new_name(role), kind)


def _row_type(x: Tensor) -> TypeProto:
    sizes: list[NamedSize] = list(x.named_shape[1:])
    return type_of(x.dtype, sizes)


def _own(body: Graph, x: Tensor) -> Tensor:
    """Returns a result under a name of its own: a body may return one tensor twice, or
    one from outside."""
    name = body.new_name("result")
    body.nodes.append(helper.make_node("Identity", [x.name], [name], name=name))
    return Tensor(name, x.type)


def _graph_of(
    nodes: list[Any], parameters: list[Tensor], results: list[Tensor]
) -> GraphProto:
    return helper.make_graph(
        nodes,
        "step",
        [helper.make_value_info(x.name, x.type) for x in parameters],
        [helper.make_value_info(x.name, x.type) for x in results],
    )
