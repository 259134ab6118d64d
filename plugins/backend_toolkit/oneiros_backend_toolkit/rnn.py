"""`K.rnn`, built on each engine's loop."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, OneirosError, ShapeError

from oneiros_backend_toolkit.explained import check_operand
from oneiros_backend_toolkit.folds import Folds, Stepped
from oneiros_backend_toolkit.loop_states import state_shape
from oneiros_backend_toolkit.size_checks import when_known
from oneiros_backend_toolkit.tensors import Tensor

Pair = tuple[Tensor, list[Tensor]]
Shape = tuple[int | None, ...]


class Rnn(Folds):
    """The function of `K` that applies a step function along the second axis of a
    tensor."""

    def rnn(
        self,
        step_function,
        inputs,
        initial_states,
        go_backwards=False,
        mask=None,
        constants=None,
        unroll=False,
        input_length=None,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        check_operand("K.rnn", "inputs", inputs, "a tensor (samples, steps, …)")
        for state in initial_states:
            check_operand("K.rnn", "initial_states", state, "a list of tensors")
        if self.ndim(inputs) < 3:
            raise ShapeError(
                f"K.rnn received inputs of shape {self.int_shape(inputs)}. Expected "
                "(samples, steps, …) of rank 3 or more; K.expand_dims adds an axis."
            )
        step = _Step(self, step_function, list(constants or []), not unroll)
        sequence = self._steps_first(inputs)
        step_mask = None
        if mask is not None:
            step_mask = self._steps_first(self._boolean_mask(mask))
        steps = self._length(inputs, input_length) if unroll else None
        self._check_lengths_of(sequence, step_mask, steps)
        if steps:
            last, outputs, states = self._unrolled(
                step, sequence, list(initial_states), step_mask, steps, go_backwards
            )
        else:
            last, outputs, states = self._looped(
                step, sequence, list(initial_states), step_mask, bool(go_backwards)
            )
        if step.uses_phase:
            for x in (last, outputs, *states):
                x._uses_learning_phase = True
        return last, outputs, states

    def _check_lengths_of(self, sequence, step_mask, steps: int | None) -> None:
        """Checks the number of steps, now as far as it is known, and again when data
        arrives."""
        tensors = [sequence] if step_mask is None else [sequence, step_mask]
        check_lengths("rnn", 0, None, *map(self.int_shape, tensors))
        check = functools.partial(check_lengths, "rnn", 0, steps)
        when_known(check, tensors, checked=tensors)

    def _looped(
        self,
        step: _Step,
        sequence,
        initial: list[Tensor],
        step_mask,
        go_backwards: bool,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        results = _StepResults()

        def fn(slices: list[Tensor], states: list[Tensor]) -> Stepped:
            output, new_states = step(slices[0], states)
            results.output_place = _place_of(output, new_states)
            results.state_dtypes = self._types_given(new_states, states)
            new_states = self._cast(new_states, map(self.dtype, states))
            if step_mask is not None:
                new_states = self._masked_states(slices[1], new_states, states)
            if results.output_place is not None:
                output = new_states[results.output_place]
            return [output], new_states

        sequences = [sequence] if step_mask is None else [sequence, step_mask]
        states, (outputs,) = self._scan(fn, sequences, initial, go_backwards)
        if results.state_dtypes != [self.dtype(x) for x in initial]:
            initial = self._cast(initial, results.state_dtypes)
            states, (outputs,) = self._scan(fn, sequences, initial, go_backwards)
        if results.output_place is not None:
            last = states[results.output_place]
            return last, self._samples_first(outputs), states
        if step_mask is not None:
            outputs = self._carried(outputs, step_mask, initial, go_backwards)
        _check_last(self.int_shape(sequence))
        last = outputs[-1]
        when_known(_check_last, [sequence], checked=[last])
        return last, self._samples_first(outputs), states

    def _masked_states(
        self, step_mask, new_states: list[Tensor], old_states: list[Tensor]
    ) -> list[Tensor]:
        """Returns the new states of the samples that take part in a step, and the old
        states of the others."""
        return [
            self._where(step_mask, new, old)
            for new, old in zip(new_states, old_states, strict=True)
        ]

    def _carried(
        self, outputs, step_mask, initial: list[Tensor], go_backwards: bool
    ) -> Tensor:
        """Returns the outputs, with those of masked steps replaced by the previous
        ones."""

        def fn(slices: list[Tensor], states: list[Tensor]) -> Stepped:
            output, step_mask = slices
            (output_before,) = states
            output = self._where(step_mask, output, output_before)
            return [output], [output]

        if go_backwards:
            step_mask = self.reverse(step_mask, 0)
        start = self._output_before_the_first(outputs, initial)
        _, (carried,) = self._scan(fn, [outputs, step_mask], [start])
        return carried

    def _output_before_the_first(self, outputs, initial: list[Tensor]) -> Tensor:
        """Returns the first state if it has the form of an output, or else zeros."""
        shape = self.int_shape(outputs)[1:]
        dtype = self.dtype(outputs)
        if initial:
            state = initial[0]
            if self.int_shape(state) == shape and self.dtype(state) == dtype:
                return state
        return self.zeros_like(self.cast(self.sum(outputs, 0), dtype))

    def _unrolled(
        self,
        step: _Step,
        sequence,
        states: list[Tensor],
        step_mask,
        steps: int,
        go_backwards: bool,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        outputs: list[Tensor] = []
        order = range(steps)
        if go_backwards:
            order = order[::-1]
        for i in order:
            output, new_states = step(sequence[i], states)
            if step_mask is not None:
                output_before = outputs[-1] if outputs else self.zeros_like(output)
                output = self._where(step_mask[i], output, output_before)
                new_states = self._masked_states(step_mask[i], new_states, states)
            outputs.append(output)
            states = new_states
        return outputs[-1], self._samples_first(self.stack(outputs)), states

    def _length(self, inputs, input_length) -> int:
        static_steps = self.int_shape(inputs)[1]
        steps = input_length if static_steps is None else static_steps
        if not steps:
            raise ArgumentError(
                "K.rnn can't be unrolled over inputs of shape "
                f"{self.int_shape(inputs)}: the number of steps must be known, and "
                "above 0. Pass input_length, or unroll=False."
            )
        return int(steps)

    def _boolean_mask(self, mask) -> Tensor:
        """Returns a mask as booleans (samples, steps)."""
        shape = self.int_shape(mask)
        if len(shape) == 3 and shape[-1] in (1, None):
            mask = mask[:, :, 0]
        elif len(shape) != 2:
            raise ShapeError(
                f"K.rnn received a mask of shape {shape}. Expected (samples, steps) "
                "or (samples, steps, 1)."
            )
        return mask if self.dtype(mask) == "bool" else self.not_equal(mask, 0)

    def _where(self, step_mask, new, old) -> Tensor:
        """Chooses per sample."""
        rank = self.ndim(new)
        if rank == 0:
            return new
        for _ in range(rank - 1):
            step_mask = self.expand_dims(step_mask)
        return self.switch(step_mask, new, old)

    def _steps_first(self, x) -> Tensor:
        return self.permute_dimensions(x, (1, 0, *range(2, self.ndim(x))))

    def _samples_first(self, x) -> Tensor:
        return self._steps_first(x) if self.ndim(x) > 1 else x


@dataclass
class _StepResults:
    """The results of a step function that was called for all steps.

    # Properties
        output_place: the index of the new state that is also the output, or None.
        state_dtypes: the types of the new states.
    """

    output_place: int | None = None
    state_dtypes: list[str] = field(default_factory=list)


def _place_of(output, states: list[Tensor]) -> int | None:
    for place, state in enumerate(states):
        if state is output:
            return place
    return None


def _check_last(sequence: Shape) -> None:
    if sequence[0] == 0:
        raise ShapeError(
            "K.rnn received inputs of 0 steps, which have no last output. "
            "Pass at least 1 step, or let the step function also return its output as "
            "one of the states."
        )


def check_lengths(
    function: str, axis: int, unrolled: int | None, inputs: Shape, *masks: Shape
) -> None:
    """Checks the numbers of steps of inputs and masks, as far as they are known.

    # Arguments
        function: the name of the function of `K`.
        axis: the axis of the steps.
        unrolled: the number of unrolled steps; None for all.
    """
    steps = inputs[axis]
    if steps is not None and unrolled is not None and steps < unrolled:
        raise ShapeError(
            f"K.{function} received inputs of {steps} steps and "
            f"input_length={unrolled}. Pass as many steps as it was unrolled for, "
            "or unroll=False."
        )
    for mask in masks:
        if None not in (steps, mask[axis]) and steps != mask[axis]:
            raise ShapeError(
                f"K.{function} received inputs of {steps} steps and a mask of "
                f"{mask[axis]} steps. The mask must have as many steps as "
                "the inputs."
            )


@dataclass
class _Step:
    """A step function with its constants; its errors are explained in terms of K.rnn.

    # Properties
        looped: whether it is called once for all steps, so the states must keep their
            shapes.
        uses_phase: whether its results depend on the learning phase.
    """

    backend: Rnn
    function: Callable[[Tensor, list[Tensor]], Pair]
    constants: list[Tensor]
    looped: bool
    uses_phase: bool = False

    def __call__(self, x, states: Sequence[Tensor]) -> Pair:
        with self._explained(x, states):
            result = self.function(x, [*states, *self.constants])
            output, new_states = self._parts(result, len(states))
            if self.looped:
                self._check_shapes(states, new_states)
        if any(map(self.backend.uses_learning_phase, (output, *new_states))):
            self.uses_phase = True
        return output, new_states

    def _check_shapes(
        self, states: Sequence[Tensor], new_states: Sequence[Tensor]
    ) -> None:
        shape = self.backend.int_shape
        for place, (old, new) in enumerate(zip(states, new_states, strict=True)):
            state_shape(place, shape(old), shape(new))

    def _parts(self, result: Any, count: int) -> Pair:
        if not _is_pair(result) or len(result[1]) != count:
            raise ArgumentError(
                f"it returned {result!r:.200}. It must return the output and a list "
                f"of {count} new state(s)."
            )
        output, new_states = result
        return output, list(new_states)

    @contextmanager
    def _explained(self, x, states: Sequence[Tensor]) -> Iterator[None]:
        try:
            yield
        except OneirosError as error:
            raise type(error)(f"{self._received(x, states)}: {error}") from error
        except Exception as error:
            error.add_note(f"Oneiros: {self._received(x, states)}.")
            raise

    def _received(self, x, states: Sequence[Tensor]) -> str:
        state_shapes = ", ".join(map(self._shape, states))
        constant_shapes = ", ".join(map(self._shape, self.constants))
        return (
            "K.rnn's step function, called on an input of shape "
            f"{self.backend.int_shape(x)}, states of shapes {state_shapes or '(none)'} "
            f"and constants of shapes {constant_shapes or '(none)'}"
        )

    def _shape(self, x) -> str:
        """Returns the shape of a tensor or an array, or the shapes in a list, for
        messages."""
        if isinstance(x, (list, tuple)):
            return f"[{', '.join(map(self._shape, x))}]"
        return str(self.backend.int_shape(x) if self.backend.owns(x) else np.shape(x))


def _is_pair(result: Any) -> bool:
    """Returns whether a result is an output and a list or tuple of states."""
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        return False
    return isinstance(result[1], (list, tuple))
