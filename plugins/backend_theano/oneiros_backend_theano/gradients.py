"""Derivatives of graphs, node by node.

PyTensor differentiates a whole graph recursively, so deep networks would need a higher
limit of recursion, which belongs to the process and not to a thread. One node at a time
needs none.
"""

import functools
import operator
from collections import defaultdict
from collections.abc import Sequence

import pytensor.tensor as pt
from oneiros.errors import GraphError
from pytensor.gradient import NullType
from pytensor.graph.basic import Apply, Variable
from pytensor.graph.traversal import toposort


def gradients(total: Variable, variables: Sequence[Variable]) -> list[Variable | None]:
    """Returns the derivatives of a scalar by variables; None for those on which it
    doesn't depend.

    # Raises
        GraphError: if an operation has no derivative.
    """
    terms = _terms(total, variables)
    results = []
    for x in variables:
        result = _sum(terms[x]) if x in terms else None
        results.append(result)
    known = [result for result in results if result is not None]
    for result in known:
        if isinstance(result.type, NullType):
            raise GraphError(f"A gradient isn't defined: {result.type.why_null}")
    return results


def _terms(
    total: Variable, variables: Sequence[Variable]
) -> dict[Variable, list[Variable]]:
    """Returns what to add up for the derivative by each variable on the way."""
    dependent, nodes = _path(total, variables)
    one = pt.ones_like(total)
    terms = defaultdict(list, {total: [one]})
    for node in reversed(nodes):
        known = {x: _sum(terms[x]) for x in node.outputs if x in terms}
        distinct = dict.fromkeys(node.inputs)
        inputs = [x for x in distinct if x in dependent]
        new_terms = _pulled_back(known, inputs)
        pairs = zip(inputs, new_terms, strict=True)
        for x, term in pairs:
            if term is not None:
                terms[x].append(term)
    return terms


def _path(
    total: Variable, variables: Sequence[Variable]
) -> tuple[set[Variable], list[Apply]]:
    """Returns what depends on variables, and the nodes that compute that, in order."""
    dependent = set(variables)
    nodes = []
    for node in toposort([total]):
        if not dependent.isdisjoint(node.inputs):
            dependent.update(node.outputs)
            nodes.append(node)
    return dependent, nodes


def _pulled_back(
    known: dict[Variable, Variable], inputs: list[Variable]
) -> list[Variable | None]:
    """Returns what the known derivatives by a node's outputs add to those by its
    inputs."""
    if not known:
        return [None] * len(inputs)
    terms: list[Variable | None] = pt.grad(
        None,
        inputs,
        known_grads=known,
        consider_constant=inputs,
        disconnected_inputs="ignore",
        return_disconnected="none",
        null_gradients="return",
    )
    return terms


def _sum(terms: list[Variable]) -> Variable:
    """Adds terms; one that isn't defined stands for the sum."""
    for term in terms:
        if isinstance(term.type, NullType):
            return term
    return functools.reduce(operator.add, terms)
