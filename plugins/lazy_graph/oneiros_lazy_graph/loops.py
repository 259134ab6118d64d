"""Loops: a step is recorded once, on placeholders, and replayed as the body of a loop
of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oneiros.errors import ArgumentError, ShapeError

from oneiros_lazy_graph.nodes import Node, Spec, depending, ids, reachable, spread

if TYPE_CHECKING:
    from oneiros_lazy_graph.recorder import Recorder

Shape = tuple[int | None, ...] | None
Step = Callable[[list[Any], list[Any]], tuple[Sequence[Any], Sequence[Any]]]
"""A function of slices and states that returns outputs and new states."""


@dataclass(frozen=True)
class Body:
    """What one step of a loop computes.

    # Properties
        slices, states: the placeholders that the step was recorded on.
        outputs, new: what it returned: outputs and new states.
        outer: what it uses from outside, and its own streams; the loop's parents after
            its arguments.
        streams: its own streams, whose keys differ from step to step.
        targets: the nodes by which something is differentiated inside.
        backwards: whether the last slices come first.
    """

    slices: list[Node]
    states: list[Node]
    outputs: list[Node]
    new: list[Node]
    outer: list[Node]
    streams: set[Node]
    targets: set[Node]
    backwards: bool

    def arguments(self, loop: Node) -> tuple[Sequence[Node], Sequence[Node]]:
        """Returns the sequences and the first states among a loop's parents."""
        first = len(self.slices)
        return loop.parents[:first], loop.parents[first : first + len(self.states)]

    def needed(self, loop: Node, phase: int) -> list[Node]:
        """Returns those of a loop's parents that a learning phase uses."""
        sequences, states = self.arguments(loop)
        used = reachable(
            [*self.new, *self.outputs], [*self.slices, *self.states, *self.outer], phase
        )
        return [*sequences, *states, *(node for node in self.outer if node in used)]

    def specs(self, sequence: Spec) -> tuple[list[Spec], list[Spec]]:
        """Returns what is known of the last states, and of the outputs of a loop over a
        sequence."""
        states = []
        for i, (old, new) in enumerate(zip(self.states, self.new, strict=True)):
            states.append(
                Spec(
                    _agreed(i, old.shape, new.shape), new.dtype, trials=old.spec.shapes
                )
            )
        return states, [x.spec.stacked(sequence) for x in self.outputs]


def record_body(
    recorder: Recorder,
    step: Step,
    sequences: Sequence[Node],
    states: Sequence[Node],
    backwards: bool,
) -> Body:
    """Calls `step` on placeholders and returns what it computes."""
    mark = next(ids)
    slices = [
        _placeholder("slice", i, x, x.spec.row()) for i, x in enumerate(sequences)
    ]
    inner = [
        _placeholder("state", i, x, Spec(x.shape, x.dtype, trials=x.spec.shapes))
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
        node for node in reachable(roots) if node.kind == "stream" and node.id > mark
    }
    changing = _changing(roots, {*slices, *inner, *streams})
    outer = {
        *roots,
        *(parent for node in changing for parent in node.parents),
    } - changing | streams
    if any(node.kind == "select" for node in changing):
        outer.add(recorder.phase)
    targets = {
        x for node in changing if node.kind == "gradients" for x in node.parents[1:]
    }
    return Body(
        slices, inner, outputs, new, _ordered(outer), streams, targets, backwards
    )


def _placeholder(what: str, place: int, like: Node, spec: Spec) -> Node:
    return like.recorder.node(
        "placeholder", spec, name=f"{what}_{place}_of_a_step_that_is_over"
    )


def _changing(roots: list[Node], start: set[Node]) -> set[Node]:
    """Returns what must be computed at each step: what depends on `start`, and what
    gradients lead through.

    Everything else, though a step may have recorded it, is computed once.
    """
    nodes, found, size = reachable(roots), set(start), 0
    while len(found) > size:
        size = len(found)
        found = spread(found, nodes)
        for node in [n for n in found if n.kind == "gradients"]:
            loss, *variables = node.parents
            found |= depending(loss, variables).difference(variables)
    return found


def _ordered(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: node.id)


def _agreed(place: int, old: Shape, new: Shape) -> Shape:
    if old is None or new is None:
        return old or new
    if len(old) != len(new) or any(
        None not in (a, b) and a != b for a, b in zip(old, new, strict=True)
    ):
        raise ShapeError(
            f"State {place} has shape {old} before a step and {new} after it. Steps keep shapes."
        )
    return tuple(b if a is None else a for a, b in zip(old, new, strict=True))
