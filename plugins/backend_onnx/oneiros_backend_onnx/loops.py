"""Loops over the first axis of tensors, as Scan."""

from collections.abc import Callable, Sequence
from typing import Any

from onnx import TypeProto, helper

from oneiros_backend_onnx.graphs import Graph, emit_several, graph_in_work
from oneiros_backend_onnx.promotion import cast, tensor
from oneiros_backend_onnx.tensors import Tensor, type_of

Tensors = list[Tensor]
Step = Callable[[Tensors, Tensors], tuple[Tensors, Tensors]]


def scan(
    step: Step, sequences: Sequence[Any], states: Sequence[Any], backwards: bool
) -> tuple[Tensors, Tensors]:
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
        inner = [Tensor(body.new_name("state"), x.type) for x in first]
        slices = [Tensor(body.new_name("slice"), _row_type(x)) for x in along]
        new, outputs = step(slices, inner)
        pairs = zip(new, inner, strict=True)
        new = [_own(body, cast(x, old.dtype)) for x, old in pairs]
        outputs = [_own(body, x) for x in outputs]
    made = [*new, *outputs]
    nodes, _ = body.needed(made)
    graph = helper.make_graph(
        nodes, "step", [x.info for x in (*inner, *slices)], [x.info for x in made]
    )
    length = along[0].named_shape[0]
    types = [x.type for x in first]
    for x in outputs:
        types.append(type_of(x.dtype, [length, *x.named_shape]))
    way = int(backwards)
    results = emit_several(
        "Scan",
        len(made),
        *first,
        *along,
        types=types,
        body=graph,
        num_scan_inputs=len(along),
        scan_input_directions=[way] * len(along),
        scan_output_directions=[way] * len(outputs) or None,
    )
    count = len(new)
    return results[:count], results[count:]


def _row_type(x: Tensor) -> TypeProto:
    return type_of(x.dtype, x.named_shape[1:])


def _own(body: Graph, x: Tensor) -> Tensor:
    """Returns a result under a name of its own: a body may return one tensor twice, or
    one from outside."""
    name = body.new_name("result")
    copy = helper.make_node("Identity", [x.name], [name], name=name)
    body.nodes.append(copy)
    return Tensor(name, x.type)
