"""Functions of TensorFlow's runtime.

They run without the Python graphs that they were traced to.

With a concrete function's own call instead, `predict` of one row takes 1.9 times as
long on the small network (case d of the comparison), by the processor's time
(`benchmarks/mechanisms.py runnable`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from oneiros_backend_tensorflow.tensorflow_import import dismantle_func_graph

TRACING = threading.RLock()
"""Held while graphs are made, which may call functions whose graphs could else be freed
meanwhile."""
TENSORS_OF_GRAPH = ("inputs", "outputs", "control_outputs")
STRUCTURES_OF_GRAPH = ("structured_outputs", "structured_input_signature")
"""Attributes with which a graph keeps its tensors alive."""


class Runnable:
    """A traced function that can be called, in a graph or at once.

    That takes half the time of its own call.

    # Arguments
        concrete: the concrete function; it isn't kept.
    """

    def __init__(self, concrete: Any) -> None:
        self._function = concrete.inference_fn
        self._captured = list(concrete.captured_inputs)

    def bound(self, variables: list[Any]) -> Callable[..., list[Any]]:
        """Returns a function of tensors that runs it on variables.

        With updates alone it gives no outputs.
        """
        call = self._function.call_flat
        captured = self._captured
        handles = [variable.handle for variable in variables]
        return lambda *tensors: call(*handles, *tensors, *captured) or []

    def forget_graphs(self) -> None:
        """Frees the graphs.

        TensorFlow makes another one if the function is called in a graph later.
        """
        with TRACING:
            for function in _with_children(self._function, set()):
                graph = getattr(function, "_cached_graph", None)
                if graph is not None:
                    function._cached_graph = None
                    dismantle_func_graph(graph)
                    for attribute in TENSORS_OF_GRAPH:
                        setattr(graph, attribute, ())
                    for attribute in STRUCTURES_OF_GRAPH:
                        setattr(graph, attribute, None)


def _with_children(function: Any, visited: set[int]) -> Iterator[Any]:
    if id(function) not in visited:
        visited.add(id(function))
        yield function
        for child in function.children:
            yield from _with_children(child, visited)
