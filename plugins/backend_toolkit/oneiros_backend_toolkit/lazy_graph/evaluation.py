"""Evaluates a graph: computes its nodes' values on the engine's tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from oneiros.errors import DataError

from oneiros_backend_toolkit.lazy_graph.graph import (
    between,
    by_age,
    parents_in_phase,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.loop_bodies import LoopBody
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.sources import Derivatives, Operation
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor
from oneiros_backend_toolkit.size_checks import check_sizes, layers_named


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
    _computed: set[LazyTensor] = field(default_factory=set)

    def compute(
        self, roots: Sequence[LazyTensor], supplied: Iterable[LazyTensor]
    ) -> None:
        """Computes `roots`, gradients first.

        So an engine that differentiates in place finds what they need.

        # Arguments
            roots: the nodes to compute.
            supplied: those that have values already.
        """
        nodes = reachable(roots, supplied, self.phase)
        self.run(by_age(x for x in nodes if isinstance(x.source, Derivatives)))
        self.run(roots)

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
                self.values[node] = self._value(node)
                self._computed.add(node)

    def _needed(self, node: LazyTensor) -> Sequence[LazyTensor]:
        if isinstance(node.source, Derivatives):
            return node.parents[1:]
        return parents_in_phase(node, self.phase)

    def _value(self, node: LazyTensor) -> Any:
        if isinstance(node.source, Derivatives):
            return self._gradients(node)
        if isinstance(node.source, LoopBody):
            return self._loop(node, node.source)
        value = self._result(node)
        if node in self.targets:
            return self.recorder.engine.convert(value, None)
        return value

    def _result(self, node: LazyTensor) -> Any:
        """Returns the value of an operation, or of the branch that a choice takes."""
        if not isinstance(node.source, Operation):
            (taken,) = self._needed(node)
            return self.values[taken]
        compute = node.source.fn
        parents = node.parents
        if node.source.shortcut is not None and self._was_computed(parents[0]):
            compute = node.source.shortcut
            parents = parents[0].parents
        values = [self.values[parent] for parent in parents]
        shapes = [tuple(getattr(value, "shape", ())) for value in values]
        with self.recorder.explained(node.name, shapes, DataError):
            return compute(*values)

    def _was_computed(self, node: LazyTensor) -> bool:
        return node in self._computed and node not in self.targets

    def _gradients(self, node: LazyTensor) -> list[Any]:
        loss, *variables = node.parents
        start = [self.values[variable] for variable in variables]
        computed_last: list[LazyTensor] = []

        def forward(values: list[Any]) -> tuple[Any, list[Any]]:
            inner = self.values
            moved = any(a is not b for a, b in zip(values, start, strict=True))
            if moved:
                stale = between(variables, loss, self.phase)
                inner = {n: v for n, v in self.values.items() if n not in stale}
                inner.update(zip(variables, values, strict=True))
            before = set(inner)
            Evaluation(self.recorder, inner, self.phase, self.targets).run([loss])
            computed_last[:] = [n for n in inner if n not in before]
            return inner[loss], [inner[n] for n in computed_last]

        gradients, computed = self.recorder.engine.gradients(forward, start)
        self.values.update(zip(computed_last, computed, strict=True))
        return gradients

    def _loop(self, node: LazyTensor, body: LoopBody) -> Any:
        sequences, states = body.arguments(node)
        phase = self.recorder.phase
        outer = [n for n in body.outer if n in self.values and n is not phase]

        def step(
            place: Any, slices: Any, states: Any, captured: Any
        ) -> tuple[list[Any], list[Any]]:
            outside = dict(zip(outer, captured, strict=True))
            return self._step(body, outside, place, [*slices, *states])

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
        self,
        body: LoopBody,
        outside: dict[LazyTensor, Any],
        place: Any,
        inside: list[Any],
    ) -> tuple[list[Any], list[Any]]:
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
        values.update(zip((*body.slices, *body.states), inside, strict=True))
        values[self.recorder.phase] = self.phase
        roots = (*body.new, *body.outputs)
        evaluation = Evaluation(self.recorder, values, self.phase, body.targets)
        evaluation.compute(roots, list(values))
        results = [engine.convert(values[root], root.dtype) for root in roots]
        return results[: len(body.new)], results[len(body.new) :]
