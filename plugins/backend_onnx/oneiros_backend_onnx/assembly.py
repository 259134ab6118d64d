"""The last step: a finished graph becomes a model, and what it holds gets its names."""

from collections.abc import Iterable, Iterator, Sequence

from oneiros_backend_toolkit.lazy_graph.names import distinct
from onnx import GraphProto, ModelProto, NodeProto, compose, helper, numpy_helper

from oneiros_backend_onnx.graphs import Graph, bodies_of, names_read
from oneiros_backend_onnx.tensors import Tensor

PRODUCER = "oneiros"
Names = dict[str, str]
Part = tuple[str, Tensor]
"""The name of an output, or of a layer, and its result."""


def assembled(
    graph: Graph,
    inputs: Sequence[Tensor],
    outputs: Sequence[Part],
    parts: Sequence[Part] = (),
) -> ModelProto:
    """Returns a graph as a model of ONNX.

    Constants are initializers: those made of one variable or several have the name that
    these have in common. Nodes have the name of what they are part of and of their
    operator, such as `lstm_1/LSTM`.

    # Arguments
        graph: the finished graph.
        inputs: what it is computed from.
        outputs: pairs of a name and a result.
        parts: pairs of the name of a part, such as a layer's, and its result; what is
            inside of another part comes before it.
    """
    names = _names_of_ends(graph, outputs)
    results = [x for _, x in outputs]
    ends = [Tensor(name, result.type) for name, result in outputs]
    nodes, read = graph.needed([*results, *ends])
    constants = [x for x in graph.constants.values() if x.name in read]
    used = set(_names_inside(nodes))
    used.update(x.name for x in [*inputs, *ends])
    names |= _names_of_constants(constants, used)
    used.update(names.values())
    part_of = _parts_of_nodes(graph.nodes, parts)
    node_names = _names_of_nodes(nodes, part_of, used)
    for node, name in zip(nodes, node_names):
        node.name = name
        first, *others = node.output
        names.setdefault(first, name)
        for place, result in enumerate(others, 1):
            names.setdefault(result, f"{name}_output_{place}")
    arrays = []
    for x in constants:
        if x.value is not None:
            array = numpy_helper.from_array(x.value, x.name)
            arrays.append(array)
    made = helper.make_graph(
        nodes, PRODUCER, [x.info for x in inputs], [x.info for x in ends], arrays
    )
    _rename(made, names)
    opsets = [helper.make_opsetid("", graph.opset)]
    return helper.make_model(
        made,
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),
        producer_name=PRODUCER,
    )


def _rename(graph: GraphProto, names: Names) -> None:
    """Gives other names to what nodes read and compute, in bodies of loops, too."""
    compose.add_prefix_graph(
        graph,
        "",
        rename_edges=False,
        rename_inputs=False,
        rename_outputs=False,
        rename_initializers=False,
        rename_value_infos=False,
        inplace=True,
        name_map=names,
    )


def _names_of_ends(graph: Graph, outputs: Sequence[Part]) -> Names:
    """Returns the names of results by those that they had in the graph. Adds a copy of
    what isn't computed, or is several outputs."""
    names: dict[str, str] = {}
    computed: set[str] = set()
    for node in graph.nodes:
        computed.update(node.output)
    for name, result in outputs:
        if result.name in computed and result.name not in names:
            names[result.name] = name
            continue
        names[name] = name
        copy = helper.make_node("Identity", [result.name], [name], name=name)
        graph.nodes.append(copy)
    return names


def _names_of_constants(constants: Sequence[Tensor], used: Iterable[str]) -> Names:
    """Returns the names of constants by those that they had in the graph."""
    stems = [_common_stem(x.weights) for x in constants]
    before = [x.name for x in constants]
    names = distinct(stems, used)
    return dict(zip(before, names))


def _names_inside(nodes: Iterable[NodeProto]) -> Iterator[str]:
    """Yields the names in the bodies of loops."""
    for node in nodes:
        for body in bodies_of(node):
            for x in body.input:
                yield x.name
            for inner in body.node:
                yield from inner.output
            yield from _names_inside(body.node)


def _names_of_nodes(
    nodes: Sequence[NodeProto], part_of: Names, used: Iterable[str]
) -> list[str]:
    """Returns the names of nodes: their parts' names, and their operators'."""
    wanted = []
    for node in nodes:
        name = node.op_type
        if node.name in part_of:
            part = part_of[node.name]
            name = f"{part}/{name}"
        wanted.append(name)
    return distinct(wanted, used)


def _parts_of_nodes(nodes: Iterable[NodeProto], parts: Iterable[Part]) -> Names:
    """Returns the names of the parts by those of the nodes: a node belongs to the first
    part whose result depends on it."""
    makers: dict[str, NodeProto] = {}
    for node in nodes:
        makers |= dict.fromkeys(node.output, node)
    part_of: dict[str, str] = {}
    for part, result in parts:
        waiting = [result.name]
        while waiting:
            name = waiting.pop()
            maker = makers.get(name)
            if maker is not None and maker.name not in part_of:
                part_of[maker.name] = part
                waiting += names_read(maker)
    return part_of


def _common_stem(names: Sequence[str]) -> str:
    """Returns what names have in common: `lstm_1_W` for `lstm_1_W_i`, `lstm_1_W_f`."""
    if not names:
        return "constant"
    stem = ""
    for letters in zip(*names, strict=False):
        if len(set(letters)) > 1:
            break
        stem += letters[0]
    return stem.rstrip("_") or names[0]
