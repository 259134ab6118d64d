"""Functions that are recorded once for all tensors of the same Specs.

An optimizer's step is the same for all weights of a shape: if its operations are
recorded for each weight, the first step of 50 dense layers takes 1.3 times as long on
Theano (`benchmarks/mechanisms.py repeated_steps`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oneiros.errors import GraphError
from oneiros.typing import Tensors

from oneiros_backend_toolkit.lazy_graph.graph import (
    Operation,
    Placeholder,
    Variable,
    by_age,
    of_kind,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.program import Evaluation
from oneiros_backend_toolkit.lazy_graph.tensors import Nodes, Spec, ids
from oneiros_backend_toolkit.tensors import AnyFunction

if TYPE_CHECKING:
    from oneiros_backend_toolkit.lazy_graph.recorder import Recorder

KINDS = (Operation, Placeholder, Variable)
"""What a repeated function may record."""


@dataclass(frozen=True, eq=False)
class Body:
    """What a function does with tensors of certain Specs.

    # Properties
        inputs: the placeholders that stand for the tensors.
        outer: what it uses from outside.
        results: what it returns.
    """

    inputs: Nodes
    outer: Nodes
    results: Nodes

    def compute(self, *values) -> Tensors:
        """Returns the results' values.

        # Arguments
            values: those of the inputs, and of what is used from outside.
        """
        recorder = self.results[0].recorder
        given = (*self.inputs, *self.outer)
        known = dict(zip(given, values, strict=True))
        evaluation = Evaluation(recorder, known, phase=0, targets=set())
        evaluation.run(self.results)
        return [known[result] for result in self.results]


@dataclass
class Repeated:
    """A function that is recorded once for all tensors of the same Specs.

    # Arguments
        recorder: the Recorder.
        fn: function of tensors that returns a sequence of them.
    """

    recorder: Recorder
    fn: AnyFunction
    _recorded: dict[tuple[Spec, ...], tuple[Body, AnyFunction]] = field(
        default_factory=dict
    )

    def __call__(self, *tensors) -> Tensors:
        """Records the function's results."""
        nodes = [self.recorder.lift(x) for x in tensors]
        key = tuple(node.spec for node in nodes)
        if key not in self._recorded:
            body = self._body(key)
            compute = self.recorder.engine.traced_once(body.compute)
            self._recorded[key] = (body, compute)
        body, compute = self._recorded[key]
        source = Operation(compute)
        specs = [result.spec for result in body.results]
        parents = [*nodes, *body.outer]
        results: Tensors = self.recorder.parts(source, specs, parents)
        return results

    def _body(self, specs: tuple[Spec, ...]) -> Body:
        mark = next(ids)
        inputs = [self.recorder.node(Placeholder(), spec) for spec in specs]
        results = [self.recorder.lift(x) for x in self.fn(*inputs)]
        inside = reachable(results)
        own = {node for node in inside if node.id > mark}
        variables = set(of_kind(own, Variable))
        for node in own:
            if not isinstance(node.source, KINDS):
                raise GraphError(
                    f"A repeated function can't use {node!r}: random draws, for one, "
                    f"would be the same each time."
                )
        used = set(results)
        for node in own:
            used.update(node.parents)
        outer = used.difference(own)
        return Body(inputs, by_age(outer | variables), results)
