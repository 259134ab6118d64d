"""ONNX as an engine of the lazy graph."""

from oneiros.errors import GraphError
from oneiros.typing import Tensors
from oneiros_backend_toolkit.compiled_on_demand import CompiledStep
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.recorded_call import map_tree
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction

from oneiros_backend_onnx.compiled import CompiledProgram
from oneiros_backend_onnx.functions import FUNCTIONS
from oneiros_backend_onnx.graphs import Graph
from oneiros_backend_onnx.loops import scan
from oneiros_backend_onnx.promotion import tensor
from oneiros_backend_onnx.shapes import shape_tensor_of, static
from oneiros_backend_onnx.tensors import Tensor, type_of


class OnnxEngine(Engine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "onnx"
    errors = (ValueError, TypeError, IndexError)
    key_spec = Spec((2,), "uint32")
    functions = FUNCTIONS

    def infer(self, call: AnyFunction, specs: list[Spec]):
        """Calls a function in a graph that nobody computes."""
        graph = Graph(infers=True)
        with graph.building():
            arguments = []
            for i, spec in enumerate(specs):
                argument = _placeholder(f"argument_{i}", spec)
                arguments.append(argument)
            result = call(*arguments)
            return map_tree(_spec_of, result)

    # Running

    def convert(self, value, dtype: str | None):
        """Returns a tensor."""
        if dtype is None:
            return tensor(value)
        return FUNCTIONS.of_type(value, dtype)

    def key(self, seed: int, counter):
        """Returns nothing: the random functions don't draw."""
        return None

    def fold(self, key, number):
        """Returns nothing, either."""
        return None

    def loop(self, step, sequences, states, captured, types, backwards):
        """Takes a step for each place of the first axis of `sequences`."""

        def body(slices, inner):
            return step(None, slices, inner, captured)

        return scan(body, sequences, states, backwards)


class OnnxFunction(RecordedFunction):
    """A function that ONNX Runtime computes, step by step, for inputs of any shape."""

    specialises = False

    def compile_step(self, phase: int, arrays: Tensors) -> CompiledStep:
        """Returns one step, computed by ONNX Runtime."""
        return CompiledProgram(self.program, phase)


def _placeholder(name: str, spec: Spec):
    """Returns what stands for a value of which only the Spec is known."""
    sizes = spec.static_sizes
    if isinstance(sizes, int):
        return sizes
    if isinstance(sizes, tuple):
        items = []
        for i, size in enumerate(sizes):
            item = _size(f"{name}_{i}", size)
            items.append(item)
        return shape_tensor_of(items)
    kind = type_of(spec.dtype, spec.shape)
    return Tensor(name, kind)


def _size(name: str, size: int | None) -> int | Tensor:
    if size is not None:
        return size
    kind = type_of("int64", ())
    return Tensor(name, kind)


def _spec_of(x) -> Spec:
    if x is None:
        raise GraphError("The function returns no tensor, so it would compute nothing.")
    if type(x) is int:
        return Spec((), "int64", static_sizes=x)
    x = tensor(x)
    dtype = x.dtype.name
    if x.items is None:
        return Spec(x.static_shape, dtype)
    sizes = static(x.items)
    return Spec(x.static_shape, dtype, static_sizes=tuple(sizes))
