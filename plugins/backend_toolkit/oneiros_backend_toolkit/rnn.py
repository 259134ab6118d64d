"""`K.rnn`, built on each engine's loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from oneiros.errors import ArgumentError, OneirosError, ShapeError
from oneiros.typing import Shape, Tensor, Tensors

from oneiros_backend_toolkit.explained import described
from oneiros_backend_toolkit.folds import Folds
from oneiros_backend_toolkit.operands import UnsuitedError, state_shape
from oneiros_backend_toolkit.size_checks import when_known


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
    ):
        if isinstance(inputs, str) or inputs is None:
            raise UnsuitedError("inputs")
        if any(isinstance(x, str) or x is None for x in initial_states):
            raise UnsuitedError("initial_states")
        if self.ndim(inputs) < 3:
            raise UnsuitedError("inputs", ShapeError)
        step = _Step(self, step_function, list(constants or []), not unroll)
        sequences = [self._steps_first(inputs)]
        if mask is not None:
            sequences.append(self._steps_first(self._boolean_mask(mask)))
        steps = None
        if unroll:
            steps = self._length(inputs, input_length)
        # The numbers of steps are checked as far as they are known, and with the data
        check_lengths("rnn", 0, None, *map(self.int_shape, sequences))
        check = functools.partial(check_lengths, "rnn", 0, steps)
        when_known(check, sequences, checked=sequences)
        initial = list(initial_states)
        if steps is None:
            results = self._looped(step, sequences, initial, bool(go_backwards))
        else:
            order = range(steps)
            if go_backwards:
                order = order[::-1]
            results = self._unrolled(step, sequences, initial, order)
        last, outputs, states = results
        if self.ndim(outputs) > 1:
            outputs = self._steps_first(outputs)
        if step.uses_phase:
            for x in (last, outputs, *states):
                x._uses_learning_phase = True
        return last, outputs, states

    def _looped(
        self, step: _Step, sequences: Tensors, initial: Tensors, go_backwards: bool
    ) -> tuple[Tensor, Tensor, Tensors]:
        place: int | None = None

        def fn(slices, states):
            nonlocal place
            output, new_states = step(slices[0], states)
            place = None
            for i, state in enumerate(new_states):
                if state is output and place is None:
                    place = i
            # A mask has no influence on types
            states = self._cast(states, self._types_given(new_states, states))
            new_states = self._masked_states(slices[1:], new_states, states)
            if place is None:
                return [output], new_states
            return [new_states[place]], new_states

        results = self._scan_of_types(fn, sequences, initial, go_backwards)
        states, (outputs,) = results
        if place is not None:
            return states[place], outputs, states
        sequence, *masks = sequences
        if masks:
            outputs = self._carried(outputs, masks[0], initial, go_backwards)
        _check_last(self.int_shape(sequence))
        last = outputs[-1]
        when_known(_check_last, [sequence], checked=[last])
        return last, outputs, states

    def _unrolled(
        self, step: _Step, sequences: Tensors, states: Tensors, order: Sequence[int]
    ) -> tuple[Tensor, Tensor, Tensors]:
        outputs: Tensors = []
        sequence, *masks = sequences
        for i in order:
            masks_now = [mask[i] for mask in masks]
            output, new_states = step(sequence[i], states)
            before = outputs[-1] if outputs else self.zeros_like(output)
            outputs += self._masked_states(masks_now, [output], [before])
            states = self._masked_states(masks_now, new_states, states)
        return outputs[-1], self.stack(outputs), states

    def _masked_states(self, masks: Tensors, new: Tensors, old: Tensors) -> Tensors:
        """Returns the new states of the samples that take part in a step, and the old
        states of the others.

        # Arguments
            masks: the step's mask, if there is one.
        """
        if not masks:
            return new
        (step_mask,) = masks
        pairs = zip(new, old)
        return [self._where(step_mask, *pair) for pair in pairs]

    def _where(self, step_mask, new, old):
        """Chooses per sample."""
        rank = self.ndim(new)
        if rank == 0:
            return new
        for _ in range(rank - 1):
            step_mask = self.expand_dims(step_mask)
        return self.switch(step_mask, new, old)

    def _carried(self, outputs, step_mask, initial: Tensors, go_backwards: bool):
        """Returns the outputs, with those of masked steps replaced by the previous
        ones; the first state counts as one if it has the form of an output."""

        def fn(slices, states):
            output, step_mask = slices
            carried = [self._where(step_mask, output, states[0])]
            return carried, carried

        if go_backwards:
            step_mask = self.reverse(step_mask, 0)
        shape = self.int_shape(outputs)[1:]
        dtype = self.dtype(outputs)
        total = self.cast(self.sum(outputs, 0), dtype)
        start = self.zeros_like(total)
        for state in initial[:1]:
            has_shape = self.int_shape(state) == shape
            if has_shape and self.dtype(state) == dtype:
                start = state
        sequences = [outputs, step_mask]
        _, (carried,) = self._scan(fn, sequences, [start])
        return carried

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

    def _boolean_mask(self, mask):
        """Returns a mask as booleans (samples, steps)."""
        shape = self.int_shape(mask)
        if len(shape) == 3 and shape[-1] in (1, None):
            mask = mask[:, :, 0]
        elif len(shape) != 2:
            raise UnsuitedError("mask", ShapeError)
        if self.dtype(mask) == "bool":
            return mask
        return self.not_equal(mask, 0)

    def _steps_first(self, x):
        """Swaps samples and steps."""
        others = range(2, self.ndim(x))
        return self.permute_dimensions(x, (1, 0, *others))


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
    function: Callable[[Tensor, Tensors], Any]
    constants: Tensors
    looped: bool
    uses_phase: bool = False

    def __call__(self, x, states: Tensors) -> tuple[Tensor, Tensors]:
        with self._explained(x, states):
            arguments = [*states, *self.constants]
            result = self.function(x, arguments)
            output, new_states = _parts(result, len(states))
            if self.looped:
                shape = self.backend.int_shape
                before = map(shape, states)
                after = map(shape, new_states)
                for place, shapes in enumerate(zip(before, after)):
                    state_shape(place, *shapes)
        results = (output, *new_states)
        if any(map(self.backend.uses_learning_phase, results)):
            self.uses_phase = True
        return output, new_states

    @contextmanager
    def _explained(self, x, states: Tensors) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            arguments = {"x": x, "states": states, "constants": self.constants}
            received = described(self.backend, arguments)
            received = f"K.rnn's step function received {received}"
            if isinstance(error, OneirosError):
                raise type(error)(f"{received}: {error}") from error
            error.add_note(f"Oneiros: {received}.")
            raise


def _parts(result, count: int) -> tuple[Tensor, Tensors]:
    """Returns the output and the states that a step function returned."""
    is_pair = isinstance(result, (list, tuple)) and len(result) == 2
    states = result[1] if is_pair else None
    if not isinstance(states, (list, tuple)) or len(states) != count:
        raise ArgumentError(
            f"it returned {result!r:.200}. It must return the output and a list "
            f"of {count} new state(s)."
        )
    return result[0], list(states)
