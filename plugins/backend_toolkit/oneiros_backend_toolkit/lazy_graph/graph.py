"""Traversals of a graph of nodes. Nodes know their parents, so all traversals go
upwards."""

from collections.abc import Iterable, Sequence

from oneiros_backend_toolkit.lazy_graph.sources import Derivatives, Source
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes


def by_age(nodes: Iterable[LazyTensor]) -> Nodes:
    """Returns nodes in the order in which they were recorded, parents first."""
    return sorted(nodes, key=lambda node: node.id)


def of_kind(nodes: Iterable[LazyTensor], kind: type[Source]) -> Nodes:
    """Returns those of some nodes whose values come from a kind of source."""
    return [node for node in nodes if isinstance(node.source, kind)]


def differentiated(nodes: Iterable[LazyTensor]) -> set[LazyTensor]:
    """Returns the nodes by which the gradients among some nodes differentiate."""
    targets: set[LazyTensor] = set()
    for gradient in of_kind(nodes, Derivatives):
        _, *variables = gradient.parents
        targets.update(variables)
    return targets


def parents_in_phase(node: LazyTensor, phase: int | None) -> Sequence[LazyTensor]:
    """Returns what a node is computed from.

    # Arguments
        phase: the learning phase, if only what is used in that one is asked for.
    """
    return node.parents if phase is None else node.source.needed(node, phase)


def reachable(
    roots: Iterable[LazyTensor],
    stop: Iterable[LazyTensor] = (),
    phase: int | None = None,
) -> set[LazyTensor]:
    """Returns the nodes that others are computed from.

    # Arguments
        roots: the nodes to start from.
        stop: nodes beyond which the search doesn't go.
        phase: the learning phase, if only the branches it takes are asked for.

    # Returns
        The set of these nodes, the roots and those of `stop` that were met included.
    """
    ends = set(stop)
    visited: set[LazyTensor] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node in visited:
            continue
        visited.add(node)
        if node not in ends:
            waiting.extend(parents_in_phase(node, phase))
    return visited


def dependents(
    start: Iterable[LazyTensor], among: Iterable[LazyTensor]
) -> set[LazyTensor]:
    """Returns `start`, and the nodes of `among` that depend on it by way of `among`."""
    result = set(start)
    for node in by_age(among):
        if not result.isdisjoint(node.parents):
            result.add(node)
    return result


def between(
    variables: Iterable[LazyTensor], loss: LazyTensor, phase: int | None = None
) -> set[LazyTensor]:
    """Returns the variables, and what `loss` is computed from that depends on them."""
    return dependents(variables, reachable([loss], phase=phase))
