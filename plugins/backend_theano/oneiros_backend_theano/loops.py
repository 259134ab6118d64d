"""Loops over the first axis of tensors: a step's graph, run by `jax.lax.scan`.

Steps with convolutions are unrolled on a CPU, where they take sixty times as long
inside a loop of XLA's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytensor.tensor as pt
from oneiros.errors import DataError, GraphError
from oneiros_jax_support.draws import nested
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import toposort
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.jax_op import JaxOp, Pullback
from oneiros_backend_theano.operations import Operations

Step = Callable[[list[Any], list[Any]], tuple[Sequence[Any], Sequence[Any]]]


class Loops(Operations):
    """The primitive `_scan`, and the counters of draws, which differ at each step of a
    loop."""

    def __init__(self) -> None:
        super().__init__()
        self._counters: dict[Any, Any] = {STREAM: STREAM, STEP: STEP}

    @contextmanager
    def _inside(self, index: Any) -> Iterator[None]:
        outside = self._counters
        number = pt.cast(index, "uint32")
        self._counters = {
            key: nested(counter, number) for key, counter in outside.items()
        }
        try:
            yield
        finally:
            self._counters = outside

    def _scan(
        self,
        fn: Step,
        sequences: Sequence[Any],
        initial: Sequence[Any],
        go_backwards: bool = False,
    ) -> tuple[list[Any], list[Any]]:
        """Runs `fn` over the first axis of all sequences, carrying states along.

        # Arguments
            fn: function `(slices, states) -> (outputs, new states)` of lists of
                tensors.
            sequences: list of tensors with the same first axis, at least one.
            initial: list of tensors, the first states.
            go_backwards: whether to start at the end; the outputs stay in the order of
                processing.

        # Returns
            The last states, and the outputs stacked along a new first axis; two lists.
        """
        sequences = [self.tensor(x) for x in sequences]
        initial = [self.tensor(x) for x in initial]
        index = pt.scalar("step", dtype="int32")
        slices = [TensorType(x.dtype, shape=_known_shape(x)[1:])() for x in sequences]
        states = [TensorType(x.dtype, shape=_known_shape(x))() for x in initial]
        with self._inside(index):
            outputs, new = fn(list(slices), list(states))
        outputs = [self.tensor(x) for x in outputs]
        new = [
            _as_state(i, self.tensor(x), state)
            for i, (x, state) in enumerate(zip(new, states, strict=True))
        ]
        graph = StepGraph([index, *slices, *states], len(slices), outputs, new)
        op = JaxOp(
            "K.rnn", LoopFunction(graph, go_backwards), graph.types, graph.convolves
        )
        results = op(*sequences, *initial, *graph.captured, return_list=True)
        return results[len(outputs) :], results[: len(outputs)]


def _known_shape(x: Any) -> tuple[int | None, ...]:
    """Returns the static shape, with the sizes that Keras knows in addition."""
    claimed = getattr(x, "_keras_shape", x.type.shape)
    if len(claimed) != x.ndim:
        return tuple(x.type.shape)
    return tuple(
        a if a is not None else b for a, b in zip(x.type.shape, claimed, strict=True)
    )


def _as_state(
    place: int,
    new: Any,
    state: Any,
) -> Any:
    fits = new.ndim == state.ndim and all(
        None in (a, b) or a == b
        for a, b in zip(new.type.shape, state.type.shape, strict=True)
    )
    if not fits:
        raise GraphError(
            f"K.rnn: state {place} has shape {state.type.shape}, and the step function "
            f"returns {new.type.shape} for it. A state keeps its shape: return states "
            "in the order of initial_states."
        )
    return new.astype(state.dtype)


class StepGraph:
    """The graph of one step: what it takes from its loop, what it takes from outside,
    and what it computes.

    # Properties
        inputs: the step's number, the slices and the states.
        captured: variables from outside that the step uses.
        results: the outputs and the new states.
        convolves: whether a step holds a convolution.
    """

    def __init__(
        self,
        inputs: list[Any],
        slices: int,
        outputs: list[Any],
        states: list[Any],
    ) -> None:
        self.inputs, self.slices, self.outputs, self.states = (
            inputs,
            slices,
            outputs,
            states,
        )
        self.results = [*outputs, *states]
        self.convolves = False
        self.captured = self._captured()

    def _captured(self) -> list[Any]:
        inner, used = set(self.inputs), list(self.results)
        for node in toposort(self.results, blockers=self.inputs):
            if not inner.isdisjoint(node.inputs):
                inner.update(node.outputs)
                used += node.inputs
                self.convolves |= getattr(node.op, "convolves", False)
        return list(
            dict.fromkeys(
                x for x in used if x not in inner and not isinstance(x, Constant)
            )
        )

    def types(self, inputs: list[Any]) -> list[Any]:
        """Returns the types of the loop's results: the outputs stacked, and the last
        states."""
        steps = inputs[0].type.shape[0]
        stacked = [
            TensorType(x.dtype, shape=(steps, *x.type.shape)) for x in self.outputs
        ]
        return [
            *stacked,
            *(TensorType(x.dtype, shape=x.type.shape) for x in self.states),
        ]


class LoopFunction:
    """Runs a StepGraph over sequences with JAX."""

    def __init__(
        self,
        graph: StepGraph,
        go_backwards: bool,
    ) -> None:
        self.graph, self._backwards = graph, go_backwards

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        """Returns the outputs and the last states, for sequences, first states and
        captured values."""
        import jax.numpy as jnp
        from oneiros_jax_support.loops import scan

        graph = self.graph
        states_at = graph.slices + len(graph.states)
        order = -1 if self._backwards else 1
        sequences = [jnp.asarray(x)[::order] for x in values[: graph.slices]]
        initial = tuple(jnp.asarray(x) for x in values[graph.slices : states_at])
        outside = dict(zip(graph.captured, values[states_at:], strict=True))

        def body(states: Any, numbered: Any) -> Any:
            number, slices = numbered
            results = self._step(outside, (number, *slices), states)
            count = len(graph.outputs)
            return tuple(results[count:]), tuple(results[:count])

        last, outputs = scan(body, initial, sequences, convolves=graph.convolves)
        return *outputs, *last

    def _step(
        self,
        outside: dict[Any, Any],
        slices: Any,
        states: Any,
    ) -> list[Any]:
        import jax.numpy as jnp

        from oneiros_backend_theano.evaluate import evaluate

        values = {
            **outside,
            **dict(zip(self.graph.inputs, (*slices, *states), strict=True)),
        }
        results = [jnp.asarray(x) for x in evaluate(self.graph.results, values)]
        for place, (old, new) in enumerate(
            zip(states, results[len(self.graph.outputs) :], strict=True)
        ):
            if old.shape != new.shape:
                raise DataError(
                    f"K.rnn: state {place} has shape {old.shape}, and the step "
                    f"function gives it shape {new.shape}. A state keeps its shape."
                )
        return results


def draws_in(results: Sequence[Any]) -> list[Draw]:
    """Returns the draws that a graph makes, those in its loops too, in an order that
    the graph settles."""
    found: dict[int, Draw] = {}
    for node in toposort(results):
        op = node.op.forward if isinstance(node.op, Pullback) else node.op
        loop = getattr(op, "function", None)
        inside = draws_in(loop.graph.results) if isinstance(loop, LoopFunction) else []
        found.update(
            (id(draw), draw) for draw in ([op] if isinstance(op, Draw) else inside)
        )
    return list(found.values())
