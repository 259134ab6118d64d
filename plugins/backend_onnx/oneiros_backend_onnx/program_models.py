"""Programs as models of ONNX."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from oneiros_backend_toolkit.lazy_graph.graph import by_age, reachable
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.tensors import LAYER_CALL
from onnx import ModelProto

from oneiros_backend_onnx.assembly import Part, assembled
from oneiros_backend_onnx.graphs import OPSET, Graph
from oneiros_backend_onnx.promotion import tensor
from oneiros_backend_onnx.tensors import NamedSize, Size, Tensor, type_of

Shape = tuple[Size, ...]


@dataclass
class End:
    """An input or output of a model.

    # Arguments
        name: str.
        sizes: of its axes: ints, and names for open ones.
    """

    name: str
    sizes: Sequence[NamedSize] = ()


@dataclass
class ProgramModel:
    """A program as a model of ONNX.

    # Arguments
        program: what it computes.
        phase: the learning phase, 0 or 1.
        opset: int, the version of the operators.
        fills: whether rows that `K.gather` doesn't find are NaN; else it takes the
            nearest ones.
        checks_steps: whether recurrent layers fail if a sequence has no steps.
    """

    program: Program
    phase: int
    opset: int = OPSET
    fills: bool = True
    checks_steps: bool = True

    def for_sessions(self, shapes: Sequence[Shape] | None = None) -> ModelProto:
        """Returns the model with inputs `input_0`, … and outputs `output_0`, …

        Variables that the program writes follow the inputs, and their new values the
        outputs.

        # Arguments
            shapes: those of the inputs, if the model is to be for these alone.
        """
        program = self.program
        nodes = [*program.inputs, *program.written]
        known = shapes or [node.shape or () for node in nodes]
        inputs = []
        for i, shape in enumerate(known):
            end = End(f"input_{i}", shape)
            inputs.append(end)
        count = len(program.outputs) + len(program.written)
        outputs = [f"output_{i}" for i in range(count)]
        return self.with_ends(inputs, outputs)

    def with_ends(self, inputs: Sequence[End], outputs: Sequence[str]) -> ModelProto:
        """Returns the model with these inputs, and names of outputs. Nodes are named
        after the layers that compute them."""
        own_outputs = self.program.outputs
        calls = self._layer_outputs()
        program = replace(self.program, outputs=[*own_outputs, *calls])
        graph = Graph(
            opset=self.opset, fills=self.fills, checks_steps=self.checks_steps
        )
        graph.reserve(end.name for end in inputs)
        graph.reserve(outputs)
        nodes = [*program.inputs, *program.written]
        feeds = []
        for end, node in zip(inputs, nodes):
            kind = type_of(node.dtype, end.sizes)
            feed = Tensor(end.name, kind)
            feeds.append(feed)
        count = len(program.inputs)
        state = feeds[count:]
        written_count = len(program.written)
        for node in program.variables[written_count:]:
            weight = _weight(graph, node)
            state.append(weight)
        received = feeds[:count]
        with graph.building():
            results, new = program(received, state, self.phase, 0)
            results = list(map(tensor, results))
            new = list(map(tensor, new))
        nb_outputs = len(own_outputs)
        ends = [*results[:nb_outputs], *new]
        named = list(zip(outputs, ends))
        parts = _by_layer(calls, results[nb_outputs:])
        return assembled(graph, feeds, named, parts)

    def _layer_outputs(self) -> list[LazyTensor]:
        """Returns the outputs of layers among the nodes, in the order of the calls."""
        program = self.program
        nodes = reachable(program.outputs, program.inputs, self.phase)
        return by_age(node for node in nodes if node in LAYER_CALL)


def _by_layer(nodes: Iterable[LazyTensor], computed: Iterable[Tensor]) -> list[Part]:
    """Returns pairs of a layer's name and what it computes."""
    parts = []
    for node, x in zip(nodes, computed):
        layer, _ = LAYER_CALL.get(node)
        part = (layer.name, x)
        parts.append(part)
    return parts


def _weight(graph: Graph, variable: LazyTensor) -> Tensor:
    """Returns a variable's value as a constant of the variable's name."""
    array = variable.source.storage.array
    return graph.constant(array, (variable.name,))
