"""Programs as graph functions: one step, and many steps in one call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.batches import are_on_host, batches_of
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.program import Program

from oneiros_backend_tensorflow.compiled import Compiled
from oneiros_backend_tensorflow.derivatives import while_tracing
from oneiros_backend_tensorflow.devices import at_once, on_device, scope
from oneiros_backend_tensorflow.loops import loop_over
from oneiros_backend_tensorflow.shared_memory import Staging, shared
from oneiros_backend_tensorflow.tensorflow_import import tf

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]


class _Steps:
    """What one step and many steps have in common.

    # Arguments
        program: the Program.
        phase: the learning phase, 0 or 1.
    """

    def __init__(self, program: Program, phase: int) -> None:
        self._program = program
        self._phase = phase
        variables = program.variables
        self._places = [variables.index(node) for node in program.written]
        self._types = [node.dtype for node in program.inputs]

    def _signature(self, shapes: Sequence[Shape]) -> list[Any]:
        """Returns the `tf.TensorSpec`s of inputs of these shapes."""
        return [
            tf.TensorSpec(shape, dtype)
            for shape, dtype in zip(shapes, self._types, strict=True)
        ]

    @property
    def _random_state_spec(self) -> Any:
        return tf.TensorSpec((1 + len(self._program.streams),), tf.int32)

    def _random_state_maker(self) -> Callable[[int], Any]:
        """Returns a function that makes the random state of a step from its number.

        That is a tensor of the number and of the random operations' seeds. A compiled
        graph takes it as an argument, and so serves all steps, and all programs that
        differ in their seeds alone.
        """
        seeds = [node.source.seed for node in self._program.streams]
        if seeds:
            return lambda counter: tf.constant(np.array([counter, *seeds], np.int32))
        with scope():
            zero = tf.constant([0])
        return lambda counter: zero

    def _computed(
        self, feeds: Sequence[Any], state: list[Any], counter: Any, seeds: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the outputs and the new values of a step."""
        with while_tracing(self._program):
            return self._program(feeds, state, self._phase, counter, seeds)

    def _store(
        self, variables: list[Any], new: list[Any], outputs: Sequence[Any] = ()
    ) -> None:
        """Assigns the new values once all of them, and the outputs, are computed."""
        with tf.control_dependencies([*new, *outputs]):
            for place, value in zip(self._places, new, strict=True):
                variable = variables[place]
                if not variable.shape.is_compatible_with(value.shape):
                    raise DataError(
                        f"The update of {self._program.variables[place].name!r} has "
                        f"shape {value.shape}, expected shape {variable.shape}."
                    )
                variable.assign(value, read_value=False)


class OneStep(_Steps):
    """One step of a program.

    # Arguments
        program: the Program.
        phase: the learning phase, 0 or 1.
        shapes: those of its inputs.
    """

    def __init__(self, program: Program, phase: int, shapes: Sequence[Shape]) -> None:
        super().__init__(program, phase)
        self._shapes = shapes

    def compiled(self) -> CompiledStep:
        """Returns a function of arrays and the step's number."""
        signature = [self._random_state_spec, *self._signature(self._shapes)]
        function = Compiled(self._step, self._program, signature)
        random_state_of = self._random_state_maker()
        staging = Staging()
        types = self._types

        def run(arrays: list[Array], counter: int) -> list[Array]:
            with at_once():
                first = random_state_of(counter)
                if function.keeps_nothing and are_on_host(arrays):
                    return staging.run(function, first, arrays)
                return function(first, *map(tf.constant, arrays, types))

        return on_device(run)

    def _step(self, variables: list[Any], random_state: Any, *feeds: Any) -> list[Any]:
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]
        outputs, new = self._computed(feeds, state, counter, seeds)
        self._store(variables, new, outputs)
        return outputs


class ManySteps(_Steps):
    """Many steps of a program; their batches are gathered on the device beforehand.

    Where XLA isn't chosen the steps run one by one: TensorFlow's optimizer breaks loops
    in which a tensor is added to itself, and a step that doesn't suit XLA takes long
    enough.

    # Arguments
        program: the Program.
        phase: the learning phase, 0 or 1.
        row_shapes: the shapes of the data's rows.
        index_shape: the numbers of steps and of rows in a batch.
    """

    def __init__(
        self,
        program: Program,
        phase: int,
        row_shapes: Sequence[tuple[int, ...]],
        index_shape: tuple[int, ...],
    ) -> None:
        super().__init__(program, phase)
        self._row_shapes = row_shapes
        self._index_shape = index_shape
        self._one_step: CompiledStep | None = None

    def compiled(self) -> CompiledLoop:
        """Returns a function that runs many steps.

        It takes data, an index, a number of steps and the first step's number.
        """
        shapes = [(*self._index_shape, *shape) for shape in self._row_shapes]
        counts = [self._random_state_spec, tf.TensorSpec((), tf.int32)]
        signature = [*counts, *self._signature(shapes)]
        function = Compiled(self._many, self._program, signature, self._one_by_one)
        random_state_of = self._random_state_maker()
        counted = functools.cache(tf.constant)

        def run(
            arrays: list[Any], index: Array, steps: int, counter: int
        ) -> list[Array]:
            with at_once():
                batches = rows(arrays, index)
                if function.by_xla and are_on_host(batches):
                    may_share = function.keeps_nothing and index.size
                    batches = list(map(shared if may_share else tf.constant, batches))
                return function(random_state_of(counter), counted(steps), *batches)

        return on_device(run)

    def _many(
        self, variables: list[Any], random_state: Any, count: Any, *batches: Any
    ) -> list[Any]:
        counter, *seeds = tf.unstack(random_state)
        state = [variable.read_value() for variable in variables]

        def step(place: Any, feeds: list[Any], written: list[Any]) -> Any:
            current = list(state)
            for position, value in zip(self._places, written, strict=True):
                current[position] = value
            outputs, new = self._computed(feeds, current, counter + place, seeds)
            return new, outputs

        written = [state[position] for position in self._places]
        specs = [tf.TensorSpec(None, node.dtype) for node in self._program.outputs]
        new, outputs = loop_over(step, batches, written, specs, count=count)
        self._store(variables, new)
        return outputs

    def _one_by_one(self, random_state: Any, count: Any, *batches: Any) -> list[Any]:
        """Does the same as `_many`, calling a compiled step."""
        if self._one_step is None:
            batch = self._index_shape[1]
            shapes = [(batch, *shape) for shape in self._row_shapes]
            step = OneStep(self._program, self._phase, shapes)
            self._one_step = step.compiled()
        counter = int(random_state[0])
        results = [
            self._one_step([batch[i] for batch in batches], counter + i)
            for i in range(int(count))
        ]
        by_output = zip(*results, strict=True)
        return [tf.constant(np.stack(values)) for values in by_output]


def rows(arrays: list[Any], index: Any) -> list[Any]:
    """Returns the rows that an index names, of each array."""
    if are_on_host(arrays):
        return batches_of(index, arrays)
    with at_once(), scope():
        return [tf.gather(array, index) for array in arrays]
