"""Loops over the first axis of tensors, as Scan."""

from collections.abc import Callable

from onnx import helper

from oneiros_backend_onnx.graphs import Graph, emit_several, graph_in_work
from oneiros_backend_onnx.promotion import cast, tensor
from oneiros_backend_onnx.tensors import Tensor, type_of

Tensors = list[Tensor]
Results = tuple[Tensors, Tensors]
"""States and outputs."""
Step = Callable[[Tensors, Tensors], Results]


def scan(step: Step, sequences, states, backwards: bool) -> Results:
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
    along = list(map(tensor, sequences))
    first = list(map(tensor, states))
    body = graph_in_work().body()
    with body.building():
        inner = []
        for x in first:
            name = body.new_name("state")
            inner.append(Tensor(name, x.type))
        slices = []
        for x in along:
            name = body.new_name("slice")
            _, *sizes = x.named_shape
            row = type_of(x.dtype, sizes)
            slices.append(Tensor(name, row))
        found, outputs = step(slices, inner)
        new = []
        for x, old in zip(found, inner, strict=True):
            alike = cast(x, old.dtype)
            new.append(_own(body, alike))
        outputs = [_own(body, x) for x in outputs]
    made = [*new, *outputs]
    nodes, _ = body.needed(made)
    inputs = [x.info for x in (*inner, *slices)]
    ends = [x.info for x in made]
    graph = helper.make_graph(nodes, "step", inputs, ends)
    length, *_ = along[0].named_shape
    types = [x.type for x in first]
    for x in outputs:
        stack = type_of(x.dtype, [length, *x.named_shape])
        types.append(stack)
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


def _own(body: Graph, x: Tensor) -> Tensor:
    """Returns a result under a name of its own: a body may return one tensor twice, or
    one from outside."""
    name = body.new_name("result")
    copy = helper.make_node("Identity", [x.name], [name], name=name)
    body.nodes.append(copy)
    return Tensor(name, x.type)
