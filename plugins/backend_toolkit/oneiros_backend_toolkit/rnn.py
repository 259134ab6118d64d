"""`K.rnn`, in terms of the loop that each engine supplies."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.config import count_call
from oneiros.errors import ArgumentError, OneirosError, ShapeError

from oneiros_backend_toolkit.folds import Folds
from oneiros_backend_toolkit.size_checks import when_known

T = Any
Pair = tuple[T, list[T]]
Shape = tuple[int | None, ...]


class Rnn(Folds):
    """The function of `K` that runs a step function over the second axis of a
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
    ) -> tuple[T, T, list[T]]:
        if self.ndim(inputs) < 3:
            raise ShapeError(
                f"K.rnn received inputs of shape {self.int_shape(inputs)}. It takes "
                "(samples, steps, …) of rank 3 or more; K.expand_dims adds an axis."
            )
        step = _Step(self, step_function, list(constants or []), not unroll)
        taken = None if mask is None else self._steps_first(self._taken(mask))
        sequence, states = self._steps_first(inputs), list(initial_states)
        lengths = [sequence] if taken is None else [sequence, taken]
        check_lengths("rnn", 0, None, *map(self.int_shape, lengths))
        steps = self._length(inputs, input_length) if unroll else None
        when_known(
            functools.partial(check_lengths, "rnn", 0, steps), lengths, made=lengths
        )
        if steps:
            for _ in range(steps):
                count_call("an unrolled recurrent layer")
            last, outputs, states = self._unrolled(
                step, sequence, states, taken, steps, go_backwards
            )
        else:
            last, outputs, states = self._looped(
                step, sequence, states, taken, bool(go_backwards)
            )
        if step.phased:
            for x in (last, outputs, *states):
                x._uses_learning_phase = True
        return last, outputs, states

    def _looped(
        self, step: _Step, sequence, initial: list[T], taken, go_backwards: bool
    ) -> tuple[T, T, list[T]]:
        place: list[int | None] = []
        kinds: list[str] = []

        def fn(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            output, new = step(slices[0], states)
            place[:] = [
                next((i for i, state in enumerate(new) if state is output), None)
            ]
            kinds[:] = [self.dtype(state) for state in new]
            new = [
                self._as_kind(a, self.dtype(b))
                for a, b in zip(new, states, strict=True)
            ]
            if taken is not None:
                new = [
                    self._where(slices[1], a, b)
                    for a, b in zip(new, states, strict=True)
                ]
            return [output if place[0] is None else new[place[0]]], new

        sequences = [sequence] if taken is None else [sequence, taken]
        states, (outputs,) = self._scan(fn, sequences, initial, go_backwards)
        if kinds != [self.dtype(x) for x in initial]:
            initial = [
                self.cast(x, kind) for x, kind in zip(initial, kinds, strict=True)
            ]
            states, (outputs,) = self._scan(fn, sequences, initial, go_backwards)
        if place[0] is not None:
            return states[place[0]], self._samples_first(outputs), states
        if taken is not None:
            outputs = self._carried(outputs, taken, initial, go_backwards)
        _check_last(self.int_shape(sequence))
        last = outputs[-1]
        when_known(_check_last, [sequence], made=[last])
        return last, self._samples_first(outputs), states

    def _as_kind(self, x, kind: str) -> T:
        return x if self.dtype(x) == kind else self.cast(x, kind)

    def _carried(self, outputs, taken, initial: list[T], go_backwards: bool) -> T:
        """Returns the outputs with those of steps left out replaced by the ones
        before."""

        def fn(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            output = self._where(slices[1], slices[0], states[0])
            return [output], [output]

        shape, kind = self.int_shape(outputs)[1:], self.dtype(outputs)
        alike = (
            initial
            and self.int_shape(initial[0]) == shape
            and self.dtype(initial[0]) == kind
        )
        first = (
            initial[0]
            if alike
            else self.zeros_like(self.cast(self.sum(outputs, 0), kind))
        )
        taken = self.reverse(taken, 0) if go_backwards else taken
        return self._scan(fn, [outputs, taken], [first])[1][0]

    def _unrolled(
        self,
        step: _Step,
        sequence,
        states: list[T],
        taken,
        steps: int,
        go_backwards: bool,
    ) -> tuple[T, T, list[T]]:
        outputs: list[T] = []
        for i in range(steps)[::-1] if go_backwards else range(steps):
            output, new = step(sequence[i], states)
            if taken is not None:
                before = outputs[-1] if outputs else self.zeros_like(output)
                output = self._where(taken[i], output, before)
                new = [
                    self._where(taken[i], a, b)
                    for a, b in zip(new, states, strict=True)
                ]
            outputs.append(output)
            states = new
        return outputs[-1], self._samples_first(self.stack(outputs)), states

    def _length(self, inputs, input_length) -> int:
        known = self.int_shape(inputs)[1]
        steps = input_length if known is None else known
        if not steps:
            raise ArgumentError(
                "K.rnn can't be unrolled over inputs of shape "
                f"{self.int_shape(inputs)}: the number of steps must be known, and "
                "above 0. Pass input_length, or unroll=False."
            )
        return int(steps)

    def _taken(self, mask) -> T:
        """Returns a mask as booleans (samples, steps)."""
        shape = self.int_shape(mask)
        if len(shape) == 3 and shape[-1] in (1, None):
            mask = mask[:, :, 0]
        elif len(shape) != 2:
            raise ShapeError(
                f"K.rnn received a mask of shape {shape}. It takes (samples, steps) "
                "or (samples, steps, 1)."
            )
        return mask if self.dtype(mask) == "bool" else self.not_equal(mask, 0)

    def _where(self, taken, new, old) -> T:
        """Chooses sample by sample."""
        rank = self.ndim(new)
        if not rank:
            return new
        for _ in range(rank - 1):
            taken = self.expand_dims(taken)
        return self.switch(taken, new, old)

    def _steps_first(self, x) -> T:
        return self.permute_dimensions(x, (1, 0, *range(2, self.ndim(x))))

    def _samples_first(self, x) -> T:
        return self._steps_first(x) if self.ndim(x) > 1 else x


def _check_last(sequence: Shape) -> None:
    if sequence[0] == 0:
        raise ShapeError(
            "K.rnn received inputs of 0 steps, of which there is no last output. "
            "Give it 1 step or more; or let the step function return its output as "
            "one of the states, too."
        )


def check_lengths(
    function: str, axis: int, unrolled: int | None, inputs: Shape, *masks: Shape
) -> None:
    """Checks how many steps inputs and masks have, as far as that is known.

    # Arguments
        function: the name of the function of `K`.
        axis: the axis of the steps.
        unrolled: how many steps are taken; None for as many as there are.
    """
    steps = inputs[axis]
    if steps is not None and unrolled is not None and steps < unrolled:
        raise ShapeError(
            f"K.{function} received inputs of {steps} steps and "
            f"input_length={unrolled}. Give it as many steps as it was unrolled for, "
            "or unroll=False."
        )
    for mask in masks:
        if None not in (steps, mask[axis]) and steps != mask[axis]:
            raise ShapeError(
                f"K.{function} received inputs of {steps} steps and a mask of "
                f"{mask[axis]}. The mask is (samples, steps), with as many steps as "
                "the inputs."
            )


@dataclass
class _Step:
    """A step function with its constants, whose faults are told in terms of K.rnn.

    # Properties
        looped: whether it is called once for all steps, and the states must keep their
            shapes.
        phased: whether what it returned depends on the learning phase.
    """

    backend: Rnn
    function: Callable[[T, list[T]], Pair]
    constants: list[T]
    looped: bool
    phased: bool = False

    def __call__(self, x, states: Sequence[T]) -> Pair:
        with self._explained(x, states):
            output, new = self._parts(
                self.function(x, [*states, *self.constants]), len(states)
            )
            for i, (old, after) in enumerate(zip(states, new, strict=True)):
                self._check_state(
                    i, self.backend.int_shape(old), self.backend.int_shape(after)
                )
        self.phased |= any(map(self.backend.uses_learning_phase, (output, *new)))
        return output, new

    def _parts(self, result: Any, count: int) -> Pair:
        fits = (
            isinstance(result, (list, tuple))
            and len(result) == 2
            and isinstance(result[1], (list, tuple))
        )
        if not fits or len(result[1]) != count:
            raise ArgumentError(
                f"it returned {result!r:.200}. It must return the output and a list "
                f"of {count} new state(s)."
            )
        return result[0], list(result[1])

    def _check_state(self, place: int, old: Shape, new: Shape) -> None:
        alike = len(old) == len(new) and all(
            None in pair or pair[0] == pair[1] for pair in zip(old, new, strict=True)
        )
        if self.looped and not alike:
            raise ShapeError(
                f"it gives state {place} the shape {new} instead of {old}. A state "
                "keeps its shape, unless unroll=True."
            )

    @contextmanager
    def _explained(self, x, states: Sequence[T]) -> Iterator[None]:
        try:
            yield
        except OneirosError as error:
            raise type(error)(f"{self._received(x, states)}: {error}") from error
        except Exception as error:
            error.add_note(f"Oneiros: {self._received(x, states)}.")
            raise

    def _received(self, x, states: Sequence[T]) -> str:
        shapes = [
            ", ".join(map(self._shape, part)) for part in (states, self.constants)
        ]
        return (
            "K.rnn's step function, called on an input of shape "
            f"{self.backend.int_shape(x)}, states of shapes {shapes[0] or '(none)'} "
            f"and constants of shapes {shapes[1] or '(none)'}"
        )

    def _shape(self, x) -> str:
        """Returns the shape of a tensor or an array, or the shapes in a list, as a
        message shows them."""
        if isinstance(x, (list, tuple)):
            return f"[{', '.join(map(self._shape, x))}]"
        return str(self.backend.int_shape(x) if self.backend.owns(x) else np.shape(x))
