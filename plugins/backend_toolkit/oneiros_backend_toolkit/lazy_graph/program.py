"""Programs: what a function computes, as a pure function that an engine compiles.

A `Program` replays the graph behind some nodes, on values of its inputs and variables,
at one learning phase. Random nodes draw from a stream's seed and from the number of the
step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.lazy_graph.evaluation import Evaluation
from oneiros_backend_toolkit.lazy_graph.graph import by_age, reachable
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.sources import (
    Derivatives,
    Placeholder,
    Stream,
    Variable,
)
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor

Updates = Sequence[tuple[LazyTensor, LazyTensor]]


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
        variables: the variables whose values it reads.
        written: the variables whose new values it returns.
        streams: the nodes that it draws random numbers from; without any, the number of
            the step doesn't matter.
        differentiates: whether it computes gradients.

    # Raises
        ArgumentError: if an output depends on a placeholder, or on the learning phase,
            that is no input.
    """

    def __init__(
        self,
        recorder: Recorder,
        inputs: list[LazyTensor],
        outputs: list[LazyTensor],
        updates: Updates,
        has_phase: bool,
        options: dict[str, Any],
        substitutes: Sequence[tuple[LazyTensor, LazyTensor]] = (),
    ) -> None:
        self.recorder = recorder
        self.inputs = inputs
        self.outputs = outputs
        self.options = options
        self.written = [variable for variable, _ in updates]
        self._new = [new for _, new in updates]
        self._has_phase = has_phase
        self._substitutes = dict(substitutes)
        supplied = [*inputs, *self._substitutes]
        behind = reachable([*outputs, *self._new], supplied)
        nodes = by_age(behind.union(self.written).difference(supplied))
        _check_inputs(nodes, has_phase)
        self.variables = [x for x in nodes if isinstance(x.source, Variable)]
        self.streams = [x for x in nodes if isinstance(x.source, Stream)]
        gradients = [x for x in nodes if isinstance(x.source, Derivatives)]
        self._targets = {x for node in gradients for x in node.parents[1:]}
        self.differentiates = bool(gradients)

    def with_outputs(self, outputs: list[LazyTensor]) -> Program:
        """Returns a program of the same inputs that computes other nodes.

        # Arguments
            outputs: the nodes to compute.

        # Raises
            ArgumentError: as for the class.
        """
        return Program(
            self.recorder,
            self.inputs,
            outputs,
            list(zip(self.written, self._new, strict=True)),
            self._has_phase,
            self.options,
            list(self._substitutes.items()),
        )

    def __call__(
        self, feeds: Any, state: Any, phase: int, counter: Any, seeds: Any = None
    ) -> tuple[list[Any], list[Any]]:
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
        convert = self.recorder.engine.convert
        values = self._keys(counter, seeds)
        values[self.recorder.phase] = phase
        values.update(zip(self.variables, state, strict=True))
        values.update(zip(self.inputs, feeds, strict=True))
        supplied = [*self.inputs, *self._substitutes]
        with self.recorder.computing():
            evaluation = Evaluation(self.recorder, values, phase, self._targets)
            for node, substitute in self._substitutes.items():
                evaluation.run([substitute])
                values[node] = values[substitute]
            evaluation.compute((*self.outputs, *self._new), supplied)
            outputs = [convert(values[node], node.dtype) for node in self.outputs]
            updates = zip(self.written, self._new, strict=True)
            new = [convert(values[node], old.dtype) for old, node in updates]
        return outputs, new

    def _keys(self, counter: Any, seeds: Sequence[Any] | None) -> dict[LazyTensor, Any]:
        """Returns the values of the streams."""
        if seeds is None:
            seeds = [node.source.seed for node in self.streams]
        engine = self.recorder.engine
        pairs = zip(self.streams, seeds, strict=True)
        return {node: engine.key(seed, counter) for node, seed in pairs}


def _check_inputs(nodes: Sequence[LazyTensor], has_phase: bool) -> None:
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
