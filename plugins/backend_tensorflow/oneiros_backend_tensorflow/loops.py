"""Loops over the first axis of tensors, which XLA compiles.

They have derivatives of any order.

XLA can't compile TensorFlow's own derivative of a loop that reads slices. Here the
derivative is another loop, which runs each step again: a loop keeps its states, but not
the intermediate results of all steps. A step that draws, prints or calls Python, other
than through `K`, would do that again, too, so TensorFlow differentiates such a loop.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from oneiros_backend_toolkit.tensors import Tensor

from oneiros_backend_tensorflow.derivatives import dense, with_derivative
from oneiros_backend_tensorflow.tensorflow_import import tf

Step = Callable[
    [Tensor, list[Tensor], list[Tensor], list[Tensor]],
    tuple[list[Tensor], list[Tensor]],
]
"""A function of a place, slices, states and captured tensors that returns new states
and outputs."""
Results = tuple[list[Tensor], list[Tensor]]
"""The last states, and the outputs stacked by place."""


@dataclass(frozen=True)
class Arguments:
    """The arguments of a run of a loop.

    # Properties
        sequences: tensors whose first axis is looped over.
        states: the first states.
        captured: what each step uses.
    """

    sequences: list[Tensor]
    states: list[Tensor]
    captured: list[Tensor]

    @property
    def all(self) -> list[Tensor]:
        """The tensors in one list."""
        return [*self.sequences, *self.states, *self.captured]

    def like(self, tensors: Iterable[Tensor]) -> Arguments:
        """Returns other tensors at the same places."""
        sizes = [len(self.sequences), len(self.states), len(self.captured)]
        return Arguments(*_split(tensors, sizes))

    def copies(self) -> Arguments:
        """Returns tensors of the same values, to differentiate by."""
        return self.like([tf.identity(x) for x in self.all])


@dataclass(frozen=True)
class Loop:
    """A loop that can be run on tensors.

    # Properties
        step: a Step that uses no other tensors that anything is differentiated by.
        types: of the outputs.
        backwards: whether the last place comes first.
        keeps: whether a run keeps its states for its derivative, which otherwise begins
            with another run.
    """

    step: Step
    types: list[Tensor]
    backwards: bool
    keeps: bool = True

    def __call__(self, arguments: Arguments) -> Results:
        """Takes a step for each place."""
        inputs = arguments.copies()
        loop = _keeping_states(self, inputs.states) if self.keeps else self
        run = _run(loop, inputs)
        results = [*run.last_states, *run.outputs]
        if not run.has_effects:
            results = with_derivative(results, inputs.all, self._derivative(inputs))
        state_count = len(inputs.states)
        first_output = len(results) - len(self.types)
        return results[:state_count], results[first_output:]

    def _derivative(
        self, inputs: Arguments
    ) -> Callable[[list[Tensor], Sequence[Tensor]], Sequence[Tensor]]:
        """Returns the function from the results and their gradients to the gradients of
        the inputs."""
        state_count = len(inputs.states)

        def input_gradients(
            results: list[Tensor], gradients: Sequence[Tensor]
        ) -> Sequence[Tensor]:
            result_gradients = [
                None if _is_zero(gradient) else gradient for gradient in gradients
            ]
            if all(gradient is None for gradient in result_gradients):
                return [None] * len(inputs.all)
            if not self.keeps:
                return self._gradients_of_another_run(inputs, result_gradients)
            kept_states = results[state_count : 2 * state_count]
            return _Derivative(self, inputs, kept_states).input_gradients(
                result_gradients
            )

        return input_gradients

    def _gradients_of_another_run(
        self, inputs: Arguments, result_gradients: list[Tensor]
    ) -> Sequence[Tensor]:
        last_states, outputs = replace(self, keeps=True)(inputs)
        results = _with_gradients([*last_states, *outputs], result_gradients)
        gradients: list[Tensor] = tf.gradients(
            results, inputs.all, _without_none(result_gradients)
        )
        return gradients


def _keeping_states(loop: Loop, states: list[Tensor]) -> Loop:
    """Returns a loop that also outputs the states before each step.

    They precede its other outputs.
    """
    types = [state.dtype for state in states]
    step = _step_with_states(loop.step)
    return replace(loop, step=step, types=[*types, *loop.types])


def _step_with_states(step: Step) -> Step:
    """Returns a step whose first outputs are the states that it begins with."""

    def step_with_states(
        place: Tensor,
        slices: list[Tensor],
        states: list[Tensor],
        captured: list[Tensor],
    ) -> Results:
        new_states, outputs = step(place, slices, states, captured)
        return new_states, [*states, *outputs]

    return step_with_states


# Running


@dataclass(frozen=True)
class _Run:
    """The results of a run of a loop.

    # Properties
        last_states: the last states.
        outputs: the outputs stacked by place.
        has_effects: whether a step does more than compute them.
    """

    last_states: list[Tensor]
    outputs: list[Tensor]
    has_effects: bool


@dataclass
class _TracedStep:
    """What shows while TensorFlow traces a step.

    # Properties
        operations: those of the step.
        output_shapes: the static shapes of the outputs.
    """

    operations: list[Any] = field(default_factory=list)
    output_shapes: list[Any] = field(default_factory=list)


def _run(loop: Loop, arguments: Arguments) -> _Run:
    """Runs a loop as one of TensorFlow's.

    Stacks have the shapes of outputs: TensorFlow Lite takes stacks of unknown shapes,
    in several loops, for one and the same. It has no use for derivatives.
    """
    static_steps = arguments.sequences[0].shape[0]
    if static_steps == 0:
        return _Run(arguments.states, _no_outputs(loop, arguments), has_effects=False)
    traced = _TracedStep()

    def step(place: Tensor, slices: list[Tensor], states: list[Tensor]) -> Results:
        new_states, outputs = loop.step(place, slices, states, arguments.captured)
        traced.operations = tf.compat.v1.get_default_graph().get_operations()
        traced.output_shapes = [output.shape for output in outputs]
        return new_states, outputs

    shapes = _output_shapes(loop, arguments) if loop.keeps else [None] * len(loop.types)
    kinds = list(zip(loop.types, shapes, strict=True))
    last_states, stacks = while_over(
        step, arguments.sequences, arguments.states, kinds, loop.backwards
    )
    outputs = [
        tf.ensure_shape(stack.stack(), (static_steps, *shape))
        for stack, shape in zip(stacks, traced.output_shapes, strict=True)
    ]
    return _Run(last_states, outputs, any(map(_has_effects, traced.operations)))


def while_over(
    step: Callable[[Tensor, list[Tensor], Any], Any],
    sequences: Sequence[Tensor],
    states: Any,
    outputs: Sequence[tuple[Any, Any]],
    backwards: bool,
) -> tuple[Any, list[Any]]:
    """Runs a step for each place of the first axis of `sequences`.

    # Arguments
        step: function of a place, slices and states that returns new states and
            outputs.
        sequences: tensors of one length.
        states: the first states.
        outputs: types and static shapes of the outputs.
        backwards: whether the last place comes first.

    # Returns
        The last states, and a `tf.TensorArray` for each output.
    """
    length = sequences[0].shape[0]
    steps = tf.shape(sequences[0])[0] if length is None else length

    def is_left(i: Tensor, *_: Any) -> Tensor:
        return i < steps

    def body(i: Tensor, states: Any, stacks: list[Tensor]) -> Any:
        place = steps - 1 - i if backwards else i
        states, results = step(place, [x[place] for x in sequences], states)
        pairs = zip(stacks, results, strict=True)
        return i + 1, states, [stack.write(place, result) for stack, result in pairs]

    stacks = [
        tf.TensorArray(dtype, steps, element_shape=shape) for dtype, shape in outputs
    ]
    start = (tf.constant(0), states, stacks)
    _, last, stacks = tf.while_loop(is_left, body, start, maximum_iterations=steps)
    return last, stacks


def _has_effects(operation: Any) -> bool:
    is_stateful = bool(operation.op_def.is_stateful)
    return is_stateful and operation.type != "ReadVariableOp"


def _no_outputs(loop: Loop, arguments: Arguments) -> list[Tensor]:
    """Returns the outputs of no steps."""
    shapes = _output_shapes(loop, arguments)
    return [
        tf.zeros((0, *shape), dtype)
        for shape, dtype in zip(shapes, loop.types, strict=True)
    ]


def _output_shapes(loop: Loop, arguments: Arguments) -> list[Any]:
    """Returns the static shapes of a step's outputs."""
    with tf.__internal__.FuncGraph("shapes").as_default():
        slices = [
            tf.compat.v1.placeholder(x.dtype, x.shape[1:]) for x in arguments.sequences
        ]
        place = tf.constant(0)
        _, outputs = loop.step(place, slices, arguments.states, arguments.captured)
    return [output.shape for output in outputs]


# Differentiating


@dataclass(frozen=True)
class _Derivative:
    """The derivative of a loop, as another loop in the other direction.

    The other loop carries along the gradients of the states, and the sums of those of
    what is captured; it puts out the gradients of the sequences' slices.

    # Properties
        loop: the Loop.
        inputs: what it was run on.
        kept_states: the states before each step.
    """

    loop: Loop
    inputs: Arguments
    kept_states: list[Tensor]

    def input_gradients(self, result_gradients: list[Tensor]) -> list[Tensor]:
        """Returns the gradients of the loop's inputs, None for those that aren't
        floats.

        # Arguments
            result_gradients: those of the last states, of `kept_states` and of the
                outputs; None for zeros.
        """
        inputs = self.inputs
        if not _floats(inputs.all):
            return [None] * len(inputs.all)
        state_count = len(inputs.states)
        last_state_gradients = [
            _or_zeros(gradient, state)
            for gradient, state in zip(
                result_gradients[:state_count], inputs.states, strict=True
            )
            if _is_float(state)
        ]
        output_gradients = result_gradients[state_count:]
        back = Loop(
            self._step(output_gradients),
            types=[x.dtype for x in _floats(inputs.sequences)],
            backwards=not self.loop.backwards,
            keeps=False,
        )
        carried, sequence_gradients = back(
            Arguments(
                [
                    *inputs.sequences,
                    *self.kept_states,
                    *_without_none(output_gradients),
                ],
                [*last_state_gradients, *map(tf.zeros_like, _floats(inputs.captured))],
                inputs.captured,
            )
        )
        gradients = iter([*sequence_gradients, *carried])
        return [next(gradients) if _is_float(x) else None for x in inputs.all]

    def _step(self, output_gradients: list[Tensor]) -> Step:
        """Returns the step of the derivative.

        # Arguments
            output_gradients: those of `kept_states` and of the outputs, None for zeros.
        """
        inputs = self.inputs
        forward_step = _step_with_states(self.loop.step)
        slice_sizes = [
            len(inputs.sequences),
            len(self.kept_states),
            len(_without_none(output_gradients)),
        ]
        float_sizes = [
            len(_floats(inputs.sequences)),
            len(_floats(inputs.states)),
            len(_floats(inputs.captured)),
        ]

        def step(
            place: Tensor,
            slices: list[Tensor],
            carried: list[Tensor],
            captured: list[Tensor],
        ) -> Results:
            sequence_slices, states, gradients_of_outputs = _split(slices, slice_sizes)
            gradients_of_states, sums = _split(carried, float_sizes[1:])
            step_inputs = Arguments(sequence_slices, states, captured).copies()
            new_states, outputs = forward_step(
                place, step_inputs.sequences, step_inputs.states, step_inputs.captured
            )
            gradients = _gradients(
                [*_floats(new_states), *_with_gradients(outputs, output_gradients)],
                _floats(step_inputs.all),
                [*gradients_of_states, *gradients_of_outputs],
            )
            by_slices, by_states, by_captured = _split(gradients, float_sizes)
            new_carried = [
                *map(_or_zeros, by_states, _floats(step_inputs.states)),
                *map(_added, sums, by_captured),
            ]
            float_slices = _floats(step_inputs.sequences)
            return new_carried, list(map(_or_zeros, by_slices, float_slices))

        return step


def _gradients(
    ys: list[Tensor], xs: list[Tensor], y_gradients: list[Tensor]
) -> list[Tensor]:
    """Returns the gradients by `xs`, None where there is none."""
    if not ys:
        return [None] * len(xs)
    gradients: list[Tensor] = tf.gradients(ys, xs, y_gradients)
    return gradients


def _split(tensors: Iterable[Tensor], sizes: Iterable[int]) -> list[list[Tensor]]:
    """Cuts a list into lists of these sizes."""
    remaining = iter(tensors)
    return [list(itertools.islice(remaining, size)) for size in sizes]


def _without_none(gradients: list[Tensor]) -> list[Tensor]:
    return [gradient for gradient in gradients if gradient is not None]


def _with_gradients(tensors: list[Tensor], gradients: list[Tensor]) -> list[Tensor]:
    """Returns the tensors whose gradients aren't None."""
    return [
        x
        for x, gradient in zip(tensors, gradients, strict=True)
        if gradient is not None
    ]


def _added(total: Tensor, gradient: Tensor) -> Tensor:
    return total if gradient is None else total + dense(gradient)


def _floats(tensors: list[Tensor]) -> list[Tensor]:
    return [x for x in tensors if _is_float(x)]


def _is_float(x: Tensor) -> bool:
    return bool(x.dtype.is_floating or x.dtype.is_complex)


def _or_zeros(gradient: Tensor, x: Tensor) -> Tensor:
    return tf.zeros_like(x) if gradient is None else dense(gradient)


def _is_zero(gradient: Tensor) -> bool:
    """Returns whether TensorFlow has put zeros where there is no gradient."""
    if gradient is None or gradient.op.type == "ZerosLike":
        return True
    value = tf.get_static_value(gradient)
    return value is not None and not value.any()
