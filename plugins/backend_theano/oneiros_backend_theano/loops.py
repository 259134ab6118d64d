"""Loops over the first axis of tensors: a step's graph, run by `jax.lax.scan`.

`oneiros_jax_support.loops` unrolls steps with convolutions on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytensor.tensor as pt
from oneiros.typing import Tensors
from oneiros_backend_toolkit.operands import state_shape
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import apply_ancestors, toposort, truncated_graph_inputs
from pytensor.scan.op import Scan
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.jax_op import JaxOp, Pullback, Sizes, convolve
from oneiros_backend_theano.operations import FUNCTIONS, Operations

Pair = tuple[Tensors, Tensors]
Step = Callable[[Tensors, Tensors], Pair]


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
        self._counters = {}
        for key, counter in outside.items():
            self._counters[key] = nested(counter, number)
        try:
            yield
        finally:
            self._counters = outside

    def _scan(self, fn: Step, sequences, initial, go_backwards: bool = False) -> Pair:
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
        sequences = list(map(FUNCTIONS.tensor, sequences))
        initial = list(map(FUNCTIONS.tensor, initial))
        if go_backwards:
            sequences = [x[::-1] for x in sequences]
        loop = self._loop(fn, sequences, initial)
        op = JaxOp("K.rnn", loop, loop.types, loop.convolves)
        arguments = [*sequences, *initial, *loop.captured]
        results = op(*arguments, return_list=True)
        outputs, last_states = loop.split(results)
        return last_states, outputs

    def _loop(self, fn: Step, sequences, initial) -> Loop:
        index = pt.scalar("step", dtype="int32")
        slices = []
        for x in sequences:
            _, *slice_shape = _known_shape(x)
            slices.append(_placeholder(x, slice_shape))
        states = []
        for x in initial:
            shape = _known_shape(x)
            states.append(_placeholder(x, shape))
        with self.inside_loop(index):
            outputs, new_states = fn(list(slices), list(states))
        outputs = list(map(FUNCTIONS.tensor, outputs))
        results = []
        pairs = zip(states, new_states, strict=True)
        for place, (state, new) in enumerate(pairs):
            value = FUNCTIONS.tensor(new)
            old_shape = state.type.shape
            new_shape = value.type.shape
            state_shape(place, old_shape, new_shape)
            results.append(value.astype(state.dtype))
        inputs = [index, *slices, *states]
        return Loop(inputs, outputs, results)


def _placeholder(like, shape):
    """Returns a variable of a step, of the type of another one."""
    kind = TensorType(like.dtype, shape=shape)
    return kind()


def _known_shape(x) -> Sizes:
    """Returns the static shape, with the sizes that Keras knows in addition."""
    static_shape = tuple(x.type.shape)
    keras_shape = getattr(x, "_keras_shape", static_shape)
    if len(keras_shape) != x.ndim:
        return static_shape
    shape = list(static_shape)
    for axis, size in enumerate(keras_shape):
        if shape[axis] is None:
            shape[axis] = size
    return tuple(shape)


class Loop:
    """The graph of one step, and how JAX runs it.

    # Properties
        inputs: the step's number, the slices and the states.
        outputs: the values that the loop stacks.
        states: the new values of the states.
        captured: variables from outside that the step uses.
        convolves: whether a step contains a convolution.
    """

    def __init__(self, inputs, outputs, states):
        self.inputs = inputs
        self.outputs = outputs
        self.states = states
        self.results = [*outputs, *states]
        self.captured = []
        for x in truncated_graph_inputs(self.results, inputs):
            if x not in inputs and not isinstance(x, Constant):
                self.captured.append(x)
        outside = [*inputs, *self.captured]
        nodes = apply_ancestors(self.results, blockers=outside)
        self.convolves = convolve(nodes)

    def __call__(self, *values):
        """Returns the outputs and the last states, for sequences, first states and
        captured values."""
        from oneiros_jax_support.jax_import import jnp
        from oneiros_jax_support.loops import scan

        carried_count = len(values) - len(self.captured)
        slice_count = carried_count - len(self.states)
        carried = values[:carried_count]
        arrays = list(map(jnp.asarray, carried))
        sequences = arrays[:slice_count]
        initial = tuple(arrays[slice_count:])
        captured_values = values[carried_count:]
        captured = dict(zip(self.captured, captured_values, strict=True))

        def body(states, numbered_slices):
            number, slices = numbered_slices
            inputs = (number, *slices, *states)
            step_values = dict(zip(self.inputs, inputs, strict=True))
            outputs, new_states = self._step(captured | step_values)
            pairs = zip(states, new_states, strict=True)
            for place, (old, new) in enumerate(pairs):
                state_shape(place, old.shape, new.shape)
            return tuple(new_states), tuple(outputs)

        convolves = self.convolves
        last_states, outputs = scan(body, initial, sequences, convolves=convolves)
        return *outputs, *last_states

    def _step(self, values) -> Pair:
        """Returns the outputs and the new states of one step."""
        from oneiros_jax_support.jax_import import jnp

        from oneiros_backend_theano.evaluate import evaluate

        results = evaluate(self.results, values)
        arrays = list(map(jnp.asarray, results))
        return self.split(arrays)

    def split(self, results) -> Pair:
        """Returns the outputs and the states among results."""
        count = len(self.outputs)
        outputs = results[:count]
        states = results[count:]
        return outputs, states

    def types(self, inputs):
        """Returns the types of the loop's results: the outputs stacked, and the last
        states."""
        steps = inputs[0].type.shape[0]
        types = []
        for output in self.outputs:
            shape = (steps, *output.type.shape)
            stacked = output.type.clone(shape=shape)
            types.append(stacked)
        for state in self.states:
            types.append(state.type)
        return types


def random_operations_in(results) -> list[Draw]:
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
    if isinstance(loop, Loop):
        return random_operations_in(loop.results)
    return []
