"""Programs as graph functions: one step, and many steps in one call."""

import functools
from collections.abc import Sequence

import numpy as np
from oneiros.errors import DataError
from oneiros.typing import Array, Shape, Tensors
from oneiros_backend_toolkit.batches import are_on_host, batches_of
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.tensors import AnyFunction

from oneiros_backend_tensorflow.compiled import Compiled
from oneiros_backend_tensorflow.derivatives import while_tracing
from oneiros_backend_tensorflow.devices import at_once, on_device, scope
from oneiros_backend_tensorflow.loops import loop_over
from oneiros_backend_tensorflow.shared_memory import Staging, shared
from oneiros_backend_tensorflow.tensorflow_import import tf


class Steps:
    """Steps of a program, for inputs of certain shapes.

    # Arguments
        program: the Program.
        phase: the learning phase, 0 or 1.
        shapes: those of its inputs.
    """

    def __init__(self, program: Program, phase: int, shapes: Sequence[Shape]):
        self._program = program
        self._phase = phase
        self._shapes = shapes
        self._seeds = [node.source.seed for node in program.streams]
        count = 1 + len(self._seeds)
        self._random_state = tf.TensorSpec((count,), tf.int32)

    @functools.cached_property
    def one(self) -> CompiledStep:
        """A function of arrays and the step's number."""
        types = [node.dtype for node in self._program.inputs]
        signature = [self._random_state, *self._input_specs()]
        function = Compiled(self._step, self._program, signature)
        random_state_of = self._random_state_maker()
        staging = Staging()

        def run(arrays, counter):
            with at_once():
                random_state = random_state_of(counter)
                if function.keeps_nothing and are_on_host(arrays):
                    return staging.run(function, random_state, arrays)
                feeds = map(tf.constant, arrays, types)
                return function(random_state, *feeds)

        return on_device(run)

    def many(self, count: int) -> CompiledLoop:
        """Returns a function that runs many steps; their batches are gathered on the
        device beforehand.

        It takes data, an index, a number of steps and the first step's number.

        Where XLA isn't chosen the steps run one by one: TensorFlow's optimizer breaks
        loops in which a tensor is added to itself, and a step that doesn't suit XLA
        takes long enough.

        # Arguments
            count: the number of steps to compile for.
        """
        number = tf.TensorSpec((), tf.int32)
        feeds = self._input_specs(count)
        signature = [self._random_state, number, *feeds]
        function = Compiled(self._loop, self._program, signature, self._one_by_one)
        random_state_of = self._random_state_maker()

        def run(arrays, index, steps, counter):
            with at_once():
                batches = rows(arrays, index)
                if function.by_xla and are_on_host(batches):
                    make = tf.constant
                    if function.keeps_nothing and index.size:
                        make = shared
                    batches = list(map(make, batches))
                random_state = random_state_of(counter)
                return function(random_state, tf.constant(steps), *batches)

        return on_device(run)

    # What TensorFlow traces

    def _step(self, variables, random_state, *feeds) -> Tensors:
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]
        outputs, new = self._computed(feeds, state, counter, seeds)
        self._store(variables, new, outputs)
        return outputs

    def _loop(self, variables, random_state, count, *batches) -> Tensors:
        program = self._program
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]
        written_count = len(program.written)
        first = state[:written_count]
        only_read = state[written_count:]

        def step(place, feeds, written):
            current = [*written, *only_read]
            number = counter + place
            outputs, new = self._computed(feeds, current, number, seeds)
            return new, outputs

        specs = [tf.TensorSpec(None, node.dtype) for node in program.outputs]
        new, results = loop_over(step, batches, first, specs, count=count)
        self._store(variables, new)
        return results

    def _computed(self, feeds, state, counter, seeds) -> tuple[Tensors, Tensors]:
        """Returns the outputs and the new values of a step."""
        with while_tracing(self._program):
            return self._program(feeds, state, self._phase, counter, seeds)

    def _store(self, variables, new, outputs=()) -> None:
        """Assigns the new values once all of them, and the outputs, are computed."""
        written = self._program.written
        with tf.control_dependencies([*new, *outputs]):
            computed = tf.no_op()
        with tf.control_dependencies([computed]):
            for node, variable, value in zip(written, variables, new):
                if not variable.shape.is_compatible_with(value.shape):
                    raise DataError(
                        f"The update of {node.name!r} has shape {value.shape}, "
                        f"expected shape {variable.shape}."
                    )
                variable.assign(value, read_value=False)

    # What they are called with

    def _one_by_one(self, random_state, count, *batches) -> Tensors:
        """Does the same as `_loop`, calling a compiled step."""
        counter = int(random_state[0])
        results = []
        for i in range(int(count)):
            feeds = [batch[i] for batch in batches]
            outputs = self.one(feeds, counter)
            results.append(outputs)
            counter += 1
        stacks = []
        for values in zip(*results):
            array = np.stack(values)
            stacks.append(tf.constant(array))
        return stacks

    def _input_specs(self, *leading: int) -> Tensors:
        """Returns the `tf.TensorSpec`s of the inputs, with further sizes in front."""
        specs = []
        inputs = self._program.inputs
        for shape, node in zip(self._shapes, inputs, strict=True):
            spec = tf.TensorSpec((*leading, *shape), node.dtype)
            specs.append(spec)
        return specs

    def _random_state_maker(self) -> AnyFunction:
        """Returns a function that makes the random state of a step from its number.

        That is a tensor of the number and of the random operations' seeds. A compiled
        graph takes it as an argument, and so serves all steps, and all programs that
        differ in their seeds alone.
        """
        seeds = self._seeds

        def random_state(counter):
            numbers = np.array([counter, *seeds], np.int32)
            return tf.constant(numbers)

        if seeds:
            return random_state
        with scope():
            zero = tf.constant([0])
        return lambda counter: zero


def rows(arrays: Tensors, index: Array) -> Tensors:
    """Returns the rows that an index names, of each array."""
    if are_on_host(arrays):
        return batches_of(index, arrays)
    with at_once(), scope():
        return [tf.gather(array, index) for array in arrays]
