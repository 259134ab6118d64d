"""Folds and maps over the first axis, built on each engine's loop."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError, ShapeError

from oneiros_backend_toolkit.derived import Derived
from oneiros_backend_toolkit.loop_states import Shape, state_shape
from oneiros_backend_toolkit.size_checks import when_known
from oneiros_backend_toolkit.tensors import Tensor

Stepped = tuple[list[Tensor], list[Tensor]]
"""The result of a step: its outputs and its states."""


class Folds(Derived):
    """The functions of `K` that apply a function along the first axis of tensors."""

    def _scan(
        self,
        fn: Callable[[list[Tensor], list[Tensor]], Stepped],
        sequences: list[Tensor],
        initial: list[Tensor],
        go_backwards: bool = False,
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Calls `fn(slices, states)`, which returns `(outputs, states)`, at each index
        of the first axis.

        `fn` may use tensors from outside; the states keep their shapes and types.

        # Returns
            The final states, and the outputs, stacked along a first axis in the order
            of computation.
        """
        raise NotImplementedError

    def foldl(self, fn, elems, initializer=None, name=None) -> Tensor:
        return self._folded("foldl", fn, elems, initializer, go_backwards=False)

    def foldr(self, fn, elems, initializer=None, name=None) -> Tensor:
        return self._folded("foldr", fn, elems, initializer, go_backwards=True)

    def map_fn(self, fn, elems, name=None) -> Tensor:
        elems = self._as_tensors(elems)
        last_result: Tensor = None

        def step(slices: list[Tensor], states: list[Tensor]) -> Stepped:
            nonlocal last_result
            last_result = fn(_like(elems, slices))
            return _listed(last_result), []

        sequences = self._elements("map_fn", elems)
        _, outputs = self._scan(step, sequences, [])
        _check_lengths_later("map_fn", sequences, outputs)
        return _like(last_result, outputs)

    def _folded(self, name: str, fn, elems, initializer, go_backwards: bool) -> Tensor:
        elems = self._as_tensors(elems)
        sequences = self._elements(name, elems)
        if initializer is None:
            self._check_has_first(name, sequences)
            first_elements, sequences = _first_and_rest(sequences, go_backwards)
            initializer = _like(elems, first_elements)

        types: list[str] = []

        def step(slices: list[Tensor], states: list[Tensor]) -> Stepped:
            value = _like(initializer, states)
            element = _like(elems, slices)
            result = _listed(fn(value, element))
            if len(result) != len(states):
                raise ArgumentError(
                    f"{name}: the function returned {len(result)} tensors for a value "
                    f"of {len(states)}. It must return what it received as its first "
                    "argument."
                )
            self._check_states(name, states, result)
            types[:] = self._types_given(result, states)
            return [], self._cast(result, map(self.dtype, states))

        initial = self._initial_tensors(_listed(initializer), sequences)
        states, _ = self._scan(step, sequences, initial, go_backwards)
        if types != [self.dtype(x) for x in initial]:
            initial = self._cast(initial, types)
            states, _ = self._scan(step, sequences, initial, go_backwards)
        _check_lengths_later(name, sequences, states)
        return _like(initializer, states)

    def _check_states(
        self, name: str, states: list[Tensor], new_states: list[Tensor]
    ) -> None:
        """Checks that a fold's function keeps the shapes of its arguments."""
        for place, (state, new_state) in enumerate(
            zip(states, new_states, strict=True)
        ):
            shape = self._static_shape(state)
            new_shape = self._static_shape(new_state)
            try:
                state_shape(place, shape, new_shape)
            except ShapeError as error:
                raise ShapeError(
                    f"{name}: the function received a value of shape {shape} and "
                    f"returned one of shape {new_shape}. It must keep the shape; "
                    f"K.{name}(fn, elems, initializer) starts with a value of your own."
                ) from error

    def _static_shape(self, x) -> Shape:
        return tuple(self.int_shape(x)) if self.owns(x) else np.shape(x)

    def _types_given(self, new_states: list[Tensor], states: list[Tensor]) -> list[str]:
        """Returns the types of the states that a function returned; a number adapts to
        the previous state."""
        return [
            self.dtype(new if self.owns(new) else old)
            for new, old in zip(new_states, states, strict=True)
        ]

    def _cast(self, tensors: list[Tensor], dtypes: Iterable[str]) -> list[Tensor]:
        return [
            self._as_type(x, np.dtype(dtype))
            for x, dtype in zip(tensors, dtypes, strict=True)
        ]

    def _initial_tensors(
        self, values: list[Tensor], sequences: list[Tensor]
    ) -> list[Tensor]:
        """Returns a fold's initial values as tensors; numbers get the types of the
        sequences, or of the first sequence if the counts differ."""
        dtypes = [self.dtype(x) for x in sequences]
        if len(dtypes) != len(values):
            dtypes = [dtypes[0]] * len(values)
        return [
            value if self.owns(value) else self.cast(value, dtype)
            for value, dtype in zip(values, dtypes, strict=True)
        ]

    def _as_tensors(self, elems) -> Tensor:
        """Converts arrays and sequences of numbers to tensors; tensors stay
        unchanged."""
        if isinstance(elems, (list, tuple)) and not _holds_numbers(elems):
            return type(elems)(self._as_tensors(x) for x in elems)
        if self.owns(elems):
            return self._in_graph(elems)
        array = np.asarray(elems)
        if array.dtype.kind not in "iufb":
            return elems
        dtype = floatx() if array.dtype.kind == "f" else array.dtype.name
        return self.cast(array, dtype)

    def _in_graph(self, x) -> Tensor:
        """Returns a tensor of the graph; engines may have other tensors, which hold
        values."""
        return x

    def _elements(self, name: str, elems) -> list[Tensor]:
        sequences = _listed(elems)
        all_have_axis = all(self.owns(x) and self.ndim(x) > 0 for x in sequences)
        if not sequences or not all_have_axis:
            raise ArgumentError(
                f"{name} received elems={elems!r:.200}. Expected a tensor with a "
                "first axis, or a list or tuple of such tensors."
            )
        _check_lengths(name, *map(self.int_shape, sequences))
        return sequences

    def _check_has_first(self, name: str, sequences: list[Tensor]) -> None:
        shapes = [self.int_shape(x) for x in sequences]
        if any(shape[0] == 0 for shape in shapes):
            listed = ", ".join(map(str, shapes))
            raise ShapeError(
                f"{name} received elems of shape {listed} and no initializer. Expected "
                f"at least one element, or an initial value: K.{name}(fn, elems, "
                "initializer)."
            )


def _check_lengths(name: str, *shapes: Shape) -> None:
    """Checks that sequences have the same length, as far as it is known."""
    if len({shape[0] for shape in shapes} - {None}) > 1:
        raise ShapeError(
            f"{name} received elems of shapes {', '.join(map(str, shapes))}. Their "
            "first axes must have the same length."
        )


def _check_lengths_later(
    name: str, sequences: list[Tensor], results: list[Tensor]
) -> None:
    """Repeats the check when data arrives."""
    check = functools.partial(_check_lengths, name)
    when_known(check, sequences, checked=results)


def _holds_numbers(elems: Sequence[Any]) -> bool:
    return bool(elems) and all(isinstance(x, (int, float, np.number)) for x in elems)


def _first_and_rest(
    sequences: list[Tensor], go_backwards: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Returns the elements with which a fold starts, and the rest."""
    if go_backwards:
        return [x[-1] for x in sequences], [x[:-1] for x in sequences]
    return [x[0] for x in sequences], [x[1:] for x in sequences]


def _listed(x) -> list[Tensor]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _like(form, parts: list[Tensor]) -> Tensor:
    """Returns the parts in the form of `form`: a list, a tuple, or a single tensor."""
    if isinstance(form, tuple):
        return tuple(parts)
    if isinstance(form, list):
        return list(parts)
    return parts[0]
