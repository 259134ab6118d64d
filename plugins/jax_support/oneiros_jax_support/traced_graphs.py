"""The contents of JAX graphs."""

import math
from collections.abc import Iterator
from typing import Any

CONVOLUTION = "conv_general_dilated"
LOOP = "scan"
PRODUCT = "dot_general"


def convolves(graph) -> bool:
    """Returns whether a graph contains a convolution, also in loops and branches."""
    for equation in graph.eqns:
        if equation.primitive.name == CONVOLUTION:
            return True
        if any(map(convolves, graphs_inside(equation))):
            return True
    return False


def multiplications_in_loops(graph, is_inside: bool = False) -> int:
    """Returns how many multiplications the matrix products in loops take.

    # Arguments
        is_inside: whether the graph is a loop's own.
    """
    total = 0
    for equation in graph.eqns:
        name = equation.primitive.name
        is_loop = name == LOOP
        inner = 0
        for graph_inside in graphs_inside(equation):
            inner += multiplications_in_loops(graph_inside, is_inside or is_loop)
        if is_loop:
            inner *= equation.params["length"]
        if is_inside and name == PRODUCT:
            inner = _multiplications(equation)
        total += inner
    return total


def _multiplications(product) -> int:
    ((summed_axes, _), _) = product.params["dimension_numbers"]
    left, _ = product.invars
    (result,) = product.outvars
    summed = [left.aval.shape[axis] for axis in summed_axes]
    return int(math.prod(result.aval.shape) * math.prod(summed))


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
