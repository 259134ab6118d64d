"""Programs as graph functions: one step, and many steps in one call."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.batches import are_on_host, batches_of
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.program import Program
from oneiros_backend_toolkit.tensors import Tensors

from oneiros_backend_tensorflow.compiled import Compiled
from oneiros_backend_tensorflow.derivatives import while_tracing
from oneiros_backend_tensorflow.devices import at_once, on_device, scope
from oneiros_backend_tensorflow.loops import loop_over
from oneiros_backend_tensorflow.shared_memory import Staging, shared
from oneiros_backend_tensorflow.tensorflow_import import tf

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]


class OneStep:
    """One step of a program.

    # Arguments
        program: the Program.
        phase: the learning phase, 0 or 1.
        shapes: those of its inputs.
    """

    def __init__(self, program: Program, phase: int, shapes: Sequence[Shape]) -> None:
        self.program = program
        self._phase = phase
        self._shapes = shapes
        variables = program.variables
        self._places = [variables.index(node) for node in program.written]

    def compiled(self) -> CompiledStep:
        """Returns a function of arrays and the step's number."""
        types = [node.dtype for node in self.program.inputs]
        signature = [self.random_state_spec, *self.input_specs()]
        function = Compiled(self._step, self.program, signature)
        random_state_of = self.random_state_maker()
        staging = Staging()

        def run(arrays: list[Array], counter: int) -> list[Array]:
            with at_once():
                first = random_state_of(counter)
                if function.keeps_nothing and are_on_host(arrays):
                    return staging.run(function, first, arrays)
                return function(first, *map(tf.constant, arrays, types))

        return on_device(run)

    def _step(self, variables: Tensors, random_state, *feeds) -> Tensors:
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]
        outputs, new = self.computed(feeds, state, counter, seeds)
        self.store(variables, new, outputs)
        return outputs

    # What a function of many steps needs

    def input_specs(self, *leading: int) -> Tensors:
        """Returns the `tf.TensorSpec`s of the inputs, with further sizes in front."""
        pairs = zip(self._shapes, self.program.inputs, strict=True)
        return [tf.TensorSpec((*leading, *shape), node.dtype) for shape, node in pairs]

    @property
    def random_state_spec(self):
        """The `tf.TensorSpec` of the random state of a step."""
        return tf.TensorSpec((1 + len(self.program.streams),), tf.int32)

    def random_state_maker(self) -> Callable[[int], Any]:
        """Returns a function that makes the random state of a step from its number.

        That is a tensor of the number and of the random operations' seeds. A compiled
        graph takes it as an argument, and so serves all steps, and all programs that
        differ in their seeds alone.
        """
        seeds = [node.source.seed for node in self.program.streams]
        if seeds:
            return lambda counter: tf.constant(np.array([counter, *seeds], np.int32))
        with scope():
            zero = tf.constant([0])
        return lambda counter: zero

    def computed(
        self, feeds: Sequence[Any], state: Tensors, counter, seeds: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Returns the outputs and the new values of a step."""
        with while_tracing(self.program):
            return self.program(feeds, state, self._phase, counter, seeds)

    def written(self, state: Tensors) -> Tensors:
        """Returns the values among those of all variables that a step replaces."""
        return [state[place] for place in self._places]

    def replaced(self, state: Tensors, new: Tensors) -> Tensors:
        """Returns the values of all variables after a step."""
        result = list(state)
        for place, value in zip(self._places, new, strict=True):
            result[place] = value
        return result

    def store(
        self, variables: Tensors, new: Tensors, outputs: Sequence[Any] = ()
    ) -> None:
        """Assigns the new values once all of them, and the outputs, are computed."""
        changed = self.written(variables)
        with tf.control_dependencies([*new, *outputs]):
            for node, variable, value in zip(
                self.program.written, changed, new, strict=True
            ):
                if not variable.shape.is_compatible_with(value.shape):
                    raise DataError(
                        f"The update of {node.name!r} has shape {value.shape}, "
                        f"expected shape {variable.shape}."
                    )
                variable.assign(value, read_value=False)


class ManySteps:
    """Many steps of a program; their batches are gathered on the device beforehand.

    Where XLA isn't chosen the steps run one by one: TensorFlow's optimizer breaks loops
    in which a tensor is added to itself, and a step that doesn't suit XLA takes long
    enough.

    # Arguments
        step: a OneStep.
        count: the number of steps to compile for.
    """

    def __init__(self, step: OneStep, count: int) -> None:
        self._step = step
        self._count = count
        self._compiled_step: CompiledStep | None = None

    def compiled(self) -> CompiledLoop:
        """Returns a function that runs many steps.

        It takes data, an index, a number of steps and the first step's number.
        """
        step = self._step
        counts = [step.random_state_spec, tf.TensorSpec((), tf.int32)]
        signature = [*counts, *step.input_specs(self._count)]
        function = Compiled(self._many, step.program, signature, self._one_by_one)
        random_state_of = step.random_state_maker()
        counted = functools.cache(tf.constant)

        def run(arrays: Tensors, index: Array, steps: int, counter: int) -> list[Array]:
            with at_once():
                batches = rows(arrays, index)
                if function.by_xla and are_on_host(batches):
                    may_share = function.keeps_nothing and index.size
                    batches = list(map(shared if may_share else tf.constant, batches))
                return function(random_state_of(counter), counted(steps), *batches)

        return on_device(run)

    def _many(self, variables: Tensors, random_state, count, *batches) -> Tensors:
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]

        def step(place, feeds: Tensors, written: Tensors):
            current = self._step.replaced(state, written)
            number = counter + place
            outputs, new = self._step.computed(feeds, current, number, seeds)
            return new, outputs

        written = self._step.written(state)
        outputs = self._step.program.outputs
        specs = [tf.TensorSpec(None, node.dtype) for node in outputs]
        new, results = loop_over(step, batches, written, specs, count=count)
        self._step.store(variables, new)
        return results

    def _one_by_one(self, random_state, count, *batches) -> Tensors:
        """Does the same as `_many`, calling a compiled step."""
        if self._compiled_step is None:
            self._compiled_step = self._step.compiled()
        run = self._compiled_step
        counter = int(random_state[0])
        results = [
            run([batch[i] for batch in batches], counter + i) for i in range(int(count))
        ]
        by_output = zip(*results, strict=True)
        return [tf.constant(np.stack(values)) for values in by_output]


def rows(arrays: Tensors, index) -> Tensors:
    """Returns the rows that an index names, of each array."""
    if are_on_host(arrays):
        return batches_of(index, arrays)
    with at_once(), scope():
        return [tf.gather(array, index) for array in arrays]
