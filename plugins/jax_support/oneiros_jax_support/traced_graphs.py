"""The contents of JAX graphs."""

from collections.abc import Iterator
from typing import Any

CONVOLUTION = "conv_general_dilated"


def convolves(graph) -> bool:
    """Returns whether a graph contains a convolution, also in loops and branches."""
    for equation in graph.eqns:
        if equation.primitive.name == CONVOLUTION:
            return True
        if any(map(convolves, graphs_inside(equation))):
            return True
    return False


def graphs_inside(equation) -> Iterator[Any]:
    """Yields the graphs inside an operation. jax.extend does so too, but takes a tenth
    of a second to import."""
    for value in equation.params.values():
        parts = [value]
        if isinstance(value, (list, tuple)):
            parts = list(value)
        for part in parts:
            graph = getattr(part, "jaxpr", part)
            if hasattr(graph, "eqns"):
                yield graph
