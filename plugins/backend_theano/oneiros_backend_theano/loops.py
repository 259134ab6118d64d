"""Loops over the first axis of tensors: a step's graph, run by `jax.lax.scan`.

`oneiros_jax_support.loops` unrolls steps with convolutions on a CPU.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_toolkit.operands import state_shape
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import toposort
from pytensor.scan.op import Scan
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.jax_op import JaxOp, Pullback, convolve
from oneiros_backend_theano.operations import FUNCTIONS, Operations

Step = Callable[[list[Any], list[Any]], tuple[Sequence[Any], Sequence[Any]]]


class Loops(Operations):
    """The primitive `_scan`, and the counters of random numbers, which differ at each
    step of a loop."""

    def __init__(self) -> None:
        super().__init__()
        self._counters: dict[Any, Any] = {STREAM: STREAM, STEP: STEP}

    @contextmanager
    def inside_loop(self, index) -> Iterator[None]:
        """Block in which the step of a loop is built: its draws differ at each step.

        # Arguments
            index: the step's number, a scalar tensor of integers.
        """
        from oneiros_jax_support.random_numbers import nested

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
        sequences = [FUNCTIONS.tensor(x) for x in sequences]
        initial = [FUNCTIONS.tensor(x) for x in initial]
        graph = self._step_graph(fn, sequences, initial)
        loop = LoopFunction(graph, go_backwards)
        op = JaxOp("K.rnn", loop, graph.types, graph.convolves)
        results = op(*sequences, *initial, *graph.captured, return_list=True)
        outputs, last_states = graph.split(results)
        return last_states, outputs

    def _step_graph(
        self, fn: Step, sequences: Sequence[Any], initial: Sequence[Any]
    ) -> StepGraph:
        index = pt.scalar("step", dtype="int32")
        slices = [_placeholder(x, _known_shape(x)[1:]) for x in sequences]
        states = [_placeholder(x, _known_shape(x)) for x in initial]
        with self.inside_loop(index):
            outputs, new_states = fn(list(slices), list(states))
        outputs = [FUNCTIONS.tensor(x) for x in outputs]
        new_states = [
            _as_state(i, FUNCTIONS.tensor(new), state)
            for i, (new, state) in enumerate(zip(new_states, states, strict=True))
        ]
        return StepGraph([index, *slices, *states], outputs, new_states)


def _placeholder(like, shape: tuple[int | None, ...]):
    """Returns a variable of a step, of the type of another one."""
    return TensorType(like.dtype, shape=shape)()


def _known_shape(x) -> tuple[int | None, ...]:
    """Returns the static shape, with the sizes that Keras knows in addition."""
    static_shape = tuple(x.type.shape)
    keras_shape = getattr(x, "_keras_shape", static_shape)
    if len(keras_shape) != x.ndim:
        return static_shape
    return tuple(
        keras_size if static_size is None else static_size
        for static_size, keras_size in zip(static_shape, keras_shape, strict=True)
    )


def _as_state(place: int, new, state):
    """Returns a state's new value in the type of the state."""
    state_shape(place, state.type.shape, new.type.shape)
    return new.astype(state.dtype)


class StepGraph:
    """The graph of one step: its inputs from the loop and from outside, and its
    results.

    # Properties
        inputs: the step's number, the slices and the states.
        outputs: the values that the loop stacks.
        states: the new values of the states.
        results: the outputs and the new states.
        captured: variables from outside that the step uses.
        convolves: whether a step contains a convolution.
    """

    def __init__(
        self, inputs: list[Any], outputs: list[Any], states: list[Any]
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.states = states
        self.results = [*outputs, *states]
        nodes = self._nodes_inside()
        self.captured = self._variables_from_outside(nodes)
        self.convolves = convolve(nodes)

    @property
    def slice_count(self) -> int:
        """The number of sequences that the loop slices."""
        return len(self.inputs) - 1 - len(self.states)

    def split(self, results: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Returns the outputs and the states among results."""
        count = len(self.outputs)
        return list(results[:count]), list(results[count:])

    def _nodes_inside(self) -> list[Any]:
        """Returns the nodes that depend on an input, in the order of computation."""
        variables = set(self.inputs)
        nodes = []
        for node in toposort(self.results, blockers=self.inputs):
            if not variables.isdisjoint(node.inputs):
                variables.update(node.outputs)
                nodes.append(node)
        return nodes

    def _variables_from_outside(self, nodes_inside: list[Any]) -> list[Any]:
        variables_inside = set(self.inputs)
        variables_used = dict.fromkeys(self.results)
        for node in nodes_inside:
            variables_inside.update(node.outputs)
            variables_used.update(dict.fromkeys(node.inputs))
        return [
            x
            for x in variables_used
            if x not in variables_inside and not isinstance(x, Constant)
        ]

    def types(self, inputs: list[Any]) -> list[Any]:
        """Returns the types of the loop's results: the outputs stacked, and the last
        states."""
        steps = inputs[0].type.shape[0]
        outputs = [x.type.clone(shape=(steps, *x.type.shape)) for x in self.outputs]
        return outputs + [x.type for x in self.states]


class LoopFunction:
    """Runs a StepGraph over sequences with JAX."""

    def __init__(self, graph: StepGraph, go_backwards: bool) -> None:
        self.graph = graph
        self._backwards = go_backwards

    def __call__(self, *values) -> tuple[Any, ...]:
        """Returns the outputs and the last states, for sequences, first states and
        captured values."""
        from oneiros_jax_support.jax_import import jnp
        from oneiros_jax_support.loops import scan

        graph = self.graph
        states_end = graph.slice_count + len(graph.states)
        stride = -1 if self._backwards else 1
        arrays = [jnp.asarray(x) for x in values[:states_end]]
        sequences = [x[::stride] for x in arrays[: graph.slice_count]]
        initial = tuple(arrays[graph.slice_count :])
        captured = zip(graph.captured, values[states_end:], strict=True)
        captured_values = dict(captured)

        def body(states, numbered_slices):
            number, slices = numbered_slices
            inputs = (number, *slices, *states)
            outputs, new_states = self._step(inputs, captured_values)
            for i, (old, new) in enumerate(zip(states, new_states, strict=True)):
                state_shape(i, old.shape, new.shape)
            return tuple(new_states), tuple(outputs)

        last_states, outputs = scan(body, initial, sequences, convolves=graph.convolves)
        return *outputs, *last_states

    def _step(
        self, inputs: tuple[Any, ...], captured_values: dict[Any, Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the outputs and the new states of one step."""
        from oneiros_jax_support.jax_import import jnp

        from oneiros_backend_theano.evaluate import evaluate

        values = dict(captured_values)
        values.update(zip(self.graph.inputs, inputs, strict=True))
        results = [jnp.asarray(x) for x in evaluate(self.graph.results, values)]
        return self.graph.split(results)


def random_operations_in(results: Sequence[Any]) -> list[Draw]:
    """Returns the random operations of a graph, those in its loops too, once each, in
    an order that the graph settles."""
    operations: dict[int, Draw] = {}
    for node in toposort(results):
        for operation in _random_operations_of(node.op):
            operations[id(operation)] = operation
    return list(operations.values())


def _random_operations_of(op) -> list[Draw]:
    if isinstance(op, Draw):
        return [op]
    if isinstance(op, Scan):
        return random_operations_in(op.fgraph.outputs)
    forward = op.forward if isinstance(op, Pullback) else op
    loop = getattr(forward, "function", None)
    if isinstance(loop, LoopFunction):
        return random_operations_in(loop.graph.results)
    return []
