"""What the nodes of a graph get their values from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from oneiros_backend_toolkit.tensors import AnyFunction

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor


class Source:
    """What a node's value comes from.

    # Properties
        depends_on_phase: whether the learning phase decides.
    """

    depends_on_phase: ClassVar[bool] = False

    def needed(self, node: LazyTensor, phase: int) -> Sequence[LazyTensor]:
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

    def needed(self, node: LazyTensor, phase: int) -> Sequence[LazyTensor]:
        in_training, in_testing = node.parents
        return [in_training if phase else in_testing]


@dataclass(eq=False)
class Stream(Source):
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
