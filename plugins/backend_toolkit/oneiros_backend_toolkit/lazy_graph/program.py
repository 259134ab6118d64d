"""Programs: what a function computes, as a pure function that an engine compiles.

A `Program` runs the graph behind some nodes, on values of its inputs and variables,
at one learning phase. Random nodes draw from a stream's seed and from the number of the
step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oneiros.errors import ArgumentError, DataError
from oneiros.typing import Tensors

from oneiros_backend_toolkit.interrupts import safe_point
from oneiros_backend_toolkit.lazy_graph.graph import (
    Derivatives,
    Operation,
    Placeholder,
    RandomStream,
    Variable,
    between,
    by_age,
    differentiated,
    of_kind,
    parents_in_phase,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.loop_bodies import LoopBody
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes
from oneiros_backend_toolkit.size_checks import check_sizes, layers_named

Updates = Sequence[tuple[LazyTensor, LazyTensor]]


@dataclass(eq=False)
class Program:
    """The computation of a function, as a pure function.

    # Arguments
        recorder: the Recorder of the nodes.
        inputs: the nodes whose values the caller passes.
        outputs: the nodes to compute.
        updates: pairs of a variable and the node of its new value.
        has_phase: whether the learning phase is an argument of the function.
        options: dict, the engine's own arguments of `K.function`.
        substitutes: pairs of a node that isn't computed, and the node of the inputs
            whose value it gets.

    # Properties
        variables: the variables whose values it reads, `written` first.
        written: the variables whose new values it returns.
        streams: the nodes that it draws random numbers from; without any, the number of
            the step doesn't matter.
        differentiates: whether it computes gradients.

    # Raises
        ArgumentError: if an output depends on a placeholder, or on the learning phase,
            that is no input.
    """

    recorder: Recorder
    inputs: Nodes
    outputs: Nodes
    updates: Updates
    has_phase: bool
    options: dict[str, Any] = field(default_factory=dict)
    substitutes: Sequence[tuple[LazyTensor, LazyTensor]] = ()

    def __post_init__(self) -> None:
        self.written = [variable for variable, _ in self.updates]
        self._new = [new for _, new in self.updates]
        self._results = [*self.outputs, *self._new]
        substituted = [node for node, _ in self.substitutes]
        self._supplied = [*self.inputs, *substituted]
        behind = reachable(self._results, self._supplied)
        behind.update(self.written)
        nodes = by_age(behind.difference(self._supplied))
        _check_inputs(nodes, self.has_phase)
        read = of_kind(nodes, Variable)
        distinct = dict.fromkeys([*self.written, *read])
        self.variables = list(distinct)
        self.streams = of_kind(nodes, RandomStream)
        self._targets = differentiated(nodes)
        self.differentiates = bool(self._targets)

    def __call__(
        self, feeds, state, phase: int, counter, seeds=None
    ) -> tuple[Tensors, Tensors]:
        """Computes.

        # Arguments
            feeds: the inputs' values.
            state: the values of `variables`.
            phase: the learning phase, a plain int: 0 or 1.
            counter: the number of the step.
            seeds: those of `streams`; by default the ones that they have.

        # Returns
            The outputs, and the new values of `written`; all computed from the old
            values.
        """
        values = self._keys(counter, seeds)
        values[self.recorder.phase] = phase
        values.update(zip(self.variables, state, strict=True))
        values.update(zip(self.inputs, feeds, strict=True))
        with self.recorder.computing():
            evaluation = Evaluation(self.recorder, values, phase, self._targets)
            for node, substitute in self.substitutes:
                evaluation.run([substitute])
                values[node] = values[substitute]
            evaluation.compute(self._results, self._supplied)
            outputs = evaluation.results(self.outputs)
            new = evaluation.results(self._new)
        return outputs, new

    def _keys(self, counter, seeds) -> dict[LazyTensor, Any]:
        """Returns the values of the streams."""
        if seeds is None:
            seeds = [node.source.seed for node in self.streams]
        engine = self.recorder.engine
        pairs = zip(self.streams, seeds)
        return {node: engine.key(seed, counter) for node, seed in pairs}


def _check_inputs(nodes: Nodes, has_phase: bool) -> None:
    for node in nodes:
        if isinstance(node.source, Placeholder):
            if node.source.is_of_step:
                raise ArgumentError(
                    f"The function depends on {node!r}, which has a value only while "
                    f"the step of a loop runs. Return what you need from the step."
                )
            raise ArgumentError(
                f"The function depends on {node!r}. Add it to its inputs: "
                "K.function(inputs, outputs) takes its value."
            )
        if not has_phase and node.source.depends_on_phase:
            raise ArgumentError(
                f"The function depends on the learning phase, by {node.name}. Add "
                f"K.learning_phase() to its inputs."
            )


@dataclass
class Evaluation:
    """One evaluation of a graph, on values or on the engine's tracers.

    # Arguments
        recorder: the Recorder of the graph.
        values: dict of the nodes' values; computed values are added to it.
        phase: the learning phase, 0 or 1.
        targets: the nodes by which something is differentiated; each has a tensor of
            its own.
    """

    recorder: Recorder
    values: dict[LazyTensor, Any]
    phase: int
    targets: set[LazyTensor]

    def compute(self, roots: Nodes, supplied: Iterable[LazyTensor]) -> None:
        """Computes `roots`, gradients first.

        So an engine that differentiates in place finds what they need.

        # Arguments
            roots: the nodes to compute.
            supplied: those that have values already.
        """
        nodes = reachable(roots, supplied, self.phase)
        self.run(by_age(of_kind(nodes, Derivatives)))
        self.run(roots)

    def results(self, roots: Nodes) -> Tensors:
        """Returns the values of `roots`, each as a tensor of its own."""
        convert = self.recorder.engine.convert
        return [convert(self.values[root], root.dtype) for root in roots]

    def run(self, roots: Iterable[LazyTensor]) -> None:
        """Computes `roots`, and what they need and has no value yet."""
        waiting = list(roots)
        with layers_named(waiting, lambda node: reachable([node]), self.values):
            while waiting:
                node = waiting[-1]
                if node in self.values:
                    check_sizes(node, self.values)
                    waiting.pop()
                    continue
                needed = self._needed(node)
                missing = [parent for parent in needed if parent not in self.values]
                if missing:
                    waiting += missing
                    continue
                safe_point()
                self.values[node] = self._value(node)

    def _needed(self, node: LazyTensor) -> Nodes:
        if isinstance(node.source, Derivatives):
            return node.parents[1:]
        return parents_in_phase(node, self.phase)

    def _value(self, node: LazyTensor):
        if isinstance(node.source, Derivatives):
            return self._gradients(node)
        if isinstance(node.source, LoopBody):
            return self._loop(node, node.source)
        value = self._result(node)
        if node in self.targets:
            return self.recorder.engine.convert(value, None)
        return value

    def _result(self, node: LazyTensor):
        """Returns the value of an operation, or of the branch that a choice takes."""
        if not isinstance(node.source, Operation):
            (taken,) = self._needed(node)
            return self.values[taken]
        values = [self.values[parent] for parent in node.parents]
        shapes = []
        for value in values:
            shape = getattr(value, "shape", ())
            shapes.append(tuple(shape))
        with self.recorder.explained(node.name, shapes, DataError):
            return node.source.fn(*values)

    def _gradients(self, node: LazyTensor) -> Tensors:
        loss, *variables = node.parents
        start = [self.values[variable] for variable in variables]
        computed_last: list[LazyTensor] = []

        def forward(values):
            inner = self.values
            pairs = zip(values, start)
            if any(value is not first for value, first in pairs):
                stale = between(variables, loss, self.phase)
                kept = self.values.keys() - stale
                inner = {node: self.values[node] for node in kept}
                inner.update(zip(variables, values))
            before = set(inner)
            evaluation = Evaluation(self.recorder, inner, self.phase, self.targets)
            evaluation.run([loss])
            computed_last[:] = [n for n in inner if n not in before]
            return inner[loss], [inner[n] for n in computed_last]

        gradients, computed = self.recorder.engine.gradients(forward, start)
        self.values.update(zip(computed_last, computed, strict=True))
        return gradients

    def _loop(self, node: LazyTensor, body: LoopBody):
        sequences, states = body.arguments(node)
        phase = self.recorder.phase
        supplied = self.values.keys() - {phase}
        outer = [node for node in body.outer if node in supplied]

        def step(place, slices, states, captured):
            outside = dict(zip(outer, captured))
            inside = [*slices, *states]
            return self._step(body, outside, place, inside)

        along = [self.values[n] for n in sequences]
        first = [self.values[n] for n in states]
        captured = [self.values[n] for n in outer]
        types = [output.dtype for output in body.outputs]
        shapes = [x.shape for x in along + first]
        with self.recorder.explained(node.name, shapes, DataError):
            return self.recorder.engine.loop(
                step, along, first, captured, types, body.backwards
            )

    def _step(
        self, body: LoopBody, outside: dict[LazyTensor, Any], place, inside: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Returns the new states and the outputs of one step of a loop.

        # Arguments
            body: what the step computes.
            outside: the values that it uses from outside.
            place: the step's place.
            inside: its slices and states.
        """
        engine = self.recorder.engine
        values = dict(outside)
        for stream in body.streams.intersection(outside):
            values[stream] = engine.fold(values[stream], place)
        for target in body.targets.intersection(outside):
            values[target] = engine.convert(values[target], None)
        placeholders = (*body.slices, *body.states)
        values.update(zip(placeholders, inside, strict=True))
        values[self.recorder.phase] = self.phase
        roots = (*body.new, *body.outputs)
        evaluation = Evaluation(self.recorder, values, self.phase, body.targets)
        evaluation.compute(roots, list(values))
        new = evaluation.results(body.new)
        outputs = evaluation.results(body.outputs)
        return new, outputs
