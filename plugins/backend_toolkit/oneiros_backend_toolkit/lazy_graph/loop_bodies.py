"""Loops: a step is recorded once, on placeholders.

It is run as the body of a loop of the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.lazy_graph.graph import (
    Derivatives,
    PhaseSwitch,
    Placeholder,
    RandomStream,
    Source,
    between,
    by_age,
    dependents,
    differentiated,
    of_kind,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes, Spec, ids
from oneiros_backend_toolkit.operands import state_shape
from oneiros_backend_toolkit.tensors import LoopStep, OpenShape

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.recorder import Recorder


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

    slices: Nodes
    states: Nodes
    outputs: Nodes
    new: Nodes
    outer: Nodes
    streams: set[LazyTensor]
    targets: set[LazyTensor]
    backwards: bool

    def arguments(self, loop: LazyTensor) -> tuple[Nodes, Nodes]:
        """Returns the sequences and the first states among a loop's parents."""
        first = len(self.slices)
        last = first + len(self.states)
        return loop.parents[:first], loop.parents[first:last]

    def needed(self, node: LazyTensor, phase: int) -> Nodes:
        sequences, states = self.arguments(node)
        ends = [*self.slices, *self.states, *self.outer]
        results = [*self.new, *self.outputs]
        nodes = reachable(results, ends, phase)
        outer = [node for node in self.outer if node in nodes]
        return [*sequences, *states, *outer]

    def result_specs(self, sequence: Spec) -> tuple[list[Spec], list[Spec]]:
        """Returns the Specs of a loop's last states and of its outputs.

        # Arguments
            sequence: Spec of one of its sequences.
        """
        states = []
        pairs = zip(self.states, self.new)
        for i, (old, new) in enumerate(pairs):
            shape = _known_shape(i, old.shape, new.shape)
            traces = old.spec.traced_shapes
            states.append(Spec(shape, new.dtype, traces=traces))
        outputs = [output.spec.stacked(sequence) for output in self.outputs]
        return states, outputs


def record_body(
    recorder: Recorder, step: LoopStep, sequences: Nodes, states: Nodes, backwards: bool
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
    pairs = zip(new, inner)
    new = [recorder.lift(x, state.dtype) for x, state in pairs]
    roots = [*outputs, *new]
    recorded = [x for x in reachable(roots) if x.id > mark]
    streams = set(of_kind(recorded, RandomStream))
    changing = _changing(roots, {*slices, *inner, *streams})
    used = set(roots)
    for node in changing:
        used.update(node.parents)
    outer = (used - changing) | streams
    if of_kind(changing, PhaseSwitch):
        outer.add(recorder.phase)
    return LoopBody(
        slices=slices,
        states=inner,
        outputs=outputs,
        new=new,
        outer=by_age(outer),
        streams=streams,
        targets=differentiated(changing),
        backwards=backwards,
    )


def _placeholder(recorder: Recorder, role: str, spec: Spec) -> LazyTensor:
    return recorder.node(Placeholder(is_of_step=True), spec, name=role)


def _changing(roots: Nodes, start: Iterable[LazyTensor]) -> set[LazyTensor]:
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
        for node in of_kind(result, Derivatives):
            loss, *variables = node.parents
            result |= between(variables, loss).difference(variables)
    return result


def _known_shape(place: int, old: OpenShape, new: OpenShape) -> OpenShape:
    """Returns the shape of a state, None if nothing tells its rank."""
    if old is None or new is None:
        return old or new
    return state_shape(place, old, new)
