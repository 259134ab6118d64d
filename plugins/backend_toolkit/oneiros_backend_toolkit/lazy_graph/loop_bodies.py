"""Loops: a step is recorded once, on placeholders.

It is replayed as the body of a loop of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.lazy_graph.graph import (
    between,
    by_age,
    dependents,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.sources import (
    Derivatives,
    PhaseSwitch,
    Placeholder,
    Source,
    Stream,
)
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Shape, Spec, ids
from oneiros_backend_toolkit.operands import state_shape

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.recorder import Recorder

LoopStep = Callable[[list[Any], list[Any]], tuple[Sequence[Any], Sequence[Any]]]
"""A function of slices and states that returns outputs and new states."""


@dataclass(frozen=True, eq=False)
class LoopBody(Source):
    """What one step of a loop computes.

    # Properties
        slices: the placeholders that stand for the sequences' slices.
        states: the placeholders that stand for the states.
        outputs: what the step returned of outputs.
        new: what it returned of new states.
        outer: what it uses from outside, and its own streams; the loop's parents after
            its arguments.
        streams: its own streams, whose keys differ from step to step.
        targets: the nodes by which something is differentiated inside.
        backwards: whether the last slices come first.
    """

    slices: list[LazyTensor]
    states: list[LazyTensor]
    outputs: list[LazyTensor]
    new: list[LazyTensor]
    outer: list[LazyTensor]
    streams: set[LazyTensor]
    targets: set[LazyTensor]
    backwards: bool

    def arguments(
        self, loop: LazyTensor
    ) -> tuple[Sequence[LazyTensor], Sequence[LazyTensor]]:
        """Returns the sequences and the first states among a loop's parents."""
        first = len(self.slices)
        last = first + len(self.states)
        return loop.parents[:first], loop.parents[first:last]

    def needed(self, node: LazyTensor, phase: int) -> Sequence[LazyTensor]:
        sequences, states = self.arguments(node)
        ends = [*self.slices, *self.states, *self.outer]
        nodes = reachable([*self.new, *self.outputs], ends, phase)
        return [*sequences, *states, *(node for node in self.outer if node in nodes)]

    def result_specs(self, sequence: Spec) -> tuple[list[Spec], list[Spec]]:
        """Returns the Specs of a loop's last states and of its outputs.

        # Arguments
            sequence: Spec of one of its sequences.
        """
        states = []
        for i, (old, new) in enumerate(zip(self.states, self.new, strict=True)):
            shape = _known_shape(i, old.shape, new.shape)
            states.append(Spec(shape, new.dtype, traces=old.spec.traced_shapes))
        return states, [output.spec.stacked(sequence) for output in self.outputs]


def record_body(
    recorder: Recorder,
    step: LoopStep,
    sequences: Sequence[LazyTensor],
    states: Sequence[LazyTensor],
    backwards: bool,
) -> LoopBody:
    """Calls a step on placeholders and returns what it computes.

    # Arguments
        recorder: the Recorder of the nodes.
        step: the LoopStep.
        sequences: what the slices are slices of.
        states: the first states.
        backwards: whether the last slices come first.
    """
    mark = next(ids)
    slices = [
        _placeholder(recorder, f"loop_slice_{i}", x.spec.row())
        for i, x in enumerate(sequences)
    ]
    inner = [
        _placeholder(
            recorder,
            f"loop_state_{i}",
            Spec(x.shape, x.dtype, traces=x.spec.traced_shapes),
        )
        for i, x in enumerate(states)
    ]
    outputs, new = step(list(slices), list(inner))
    if len(new) != len(inner):
        raise ArgumentError(
            f"A step received {len(inner)} states and returned {len(new)}."
        )
    outputs = [recorder.lift(x) for x in outputs]
    new = [recorder.lift(x, state.dtype) for x, state in zip(new, inner, strict=True)]
    roots = [*outputs, *new]
    streams = {
        x for x in reachable(roots) if isinstance(x.source, Stream) and x.id > mark
    }
    changing = _changing(roots, {*slices, *inner, *streams})
    parents = {parent for node in changing for parent in node.parents}
    outer = {*roots, *parents}.difference(changing).union(streams)
    if any(isinstance(node.source, PhaseSwitch) for node in changing):
        outer.add(recorder.phase)
    gradients = [x for x in changing if isinstance(x.source, Derivatives)]
    return LoopBody(
        slices=slices,
        states=inner,
        outputs=outputs,
        new=new,
        outer=by_age(outer),
        streams=streams,
        targets={x for node in gradients for x in node.parents[1:]},
        backwards=backwards,
    )


def _placeholder(recorder: Recorder, role: str, spec: Spec) -> LazyTensor:
    return recorder.node(Placeholder(is_of_step=True), spec, name=role)


def _changing(roots: list[LazyTensor], start: Iterable[LazyTensor]) -> set[LazyTensor]:
    """Returns what must be computed at each step.

    That is what depends on `start`, and what gradients lead through.

    Everything else, though a step may have recorded it, is computed once.
    """
    nodes = reachable(roots)
    result = set(start)
    size = 0
    while len(result) > size:
        size = len(result)
        result = dependents(result, nodes)
        for node in [x for x in result if isinstance(x.source, Derivatives)]:
            loss, *variables = node.parents
            result |= between(variables, loss).difference(variables)
    return result


def _known_shape(place: int, old: Shape, new: Shape) -> Shape:
    """Returns the shape of a state, None if nothing tells its rank."""
    if old is None or new is None:
        return old or new
    return state_shape(place, old, new)
