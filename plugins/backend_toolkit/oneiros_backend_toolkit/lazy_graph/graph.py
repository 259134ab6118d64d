"""A graph of nodes: what they get their values from, and traversals. Nodes know their
parents, so all traversals go upwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oneiros_backend_toolkit.tensors import AnyFunction

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes


class Source:
    """What a node's value comes from.

    # Properties
        depends_on_phase: whether the learning phase decides.
    """

    depends_on_phase: bool = False

    def needed(self, node: LazyTensor, phase: int) -> Nodes:
        """Returns those of a node's parents that a learning phase uses."""
        return node.parents


@dataclass(eq=False)
class Placeholder(Source):
    """The caller passes it.

    # Arguments
        is_of_step: whether it is a slice or a state, which the step of a loop gets.
    """

    is_of_step: bool = False


@dataclass(eq=False)
class Variable(Source):
    """A variable.

    # Arguments
        storage: where the engine keeps the value.
    """

    storage: Any


class Phase(Source):
    """The learning phase."""

    depends_on_phase = True


class PhaseSwitch(Source):
    """One parent in training, the other one in testing."""

    depends_on_phase = True

    def needed(self, node: LazyTensor, phase: int) -> Nodes:
        in_training, in_testing = node.parents
        return [in_training if phase else in_testing]


@dataclass(eq=False)
class RandomStream(Source):
    """The key of a random operation: its seed, and the number of its next draw."""

    seed: int
    counter: int = 0


class Derivatives(Source):
    """The gradients of the first parent by the others."""


@dataclass(eq=False)
class Operation(Source):
    """A function of the parents' values.

    # Arguments
        fn: the function.
        elementwise: whether it works element by element, with broadcasting.
    """

    fn: AnyFunction
    elementwise: bool = False


def by_age(nodes: Iterable[LazyTensor]) -> list[LazyTensor]:
    """Returns nodes in the order in which they were recorded, parents first."""
    return sorted(nodes, key=lambda node: node.id)


def of_kind(nodes: Iterable[LazyTensor], kind: type[Source]) -> list[LazyTensor]:
    """Returns those of some nodes whose values come from a kind of source."""
    return [node for node in nodes if isinstance(node.source, kind)]


def differentiated(nodes: Iterable[LazyTensor]) -> set[LazyTensor]:
    """Returns the nodes by which the gradients among some nodes differentiate."""
    targets: set[LazyTensor] = set()
    for gradient in of_kind(nodes, Derivatives):
        _, *variables = gradient.parents
        targets.update(variables)
    return targets


def parents_in_phase(node: LazyTensor, phase: int | None) -> Nodes:
    """Returns what a node is computed from.

    # Arguments
        phase: the learning phase, if only what is used in that one is asked for.
    """
    if phase is None:
        return node.parents
    needed: Nodes = node.source.needed(node, phase)
    return needed


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
