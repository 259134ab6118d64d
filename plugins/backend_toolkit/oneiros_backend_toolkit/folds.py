"""Folds and maps over the first axis, built on each engine's loop."""

import functools
from collections.abc import Iterable

import numpy as np
from oneiros.backend.common import floatx
from oneiros.errors import ArgumentError, ShapeError
from oneiros.typing import Shape, Tensors

from oneiros_backend_toolkit.derived import Derived
from oneiros_backend_toolkit.operands import UnsuitedError, may_agree
from oneiros_backend_toolkit.size_checks import when_known
from oneiros_backend_toolkit.tensors import LoopStep


class Folds(Derived):
    """The functions of `K` that apply a function along the first axis of tensors."""

    def _scan(
        self,
        fn: LoopStep,
        sequences: Tensors,
        initial: Tensors,
        go_backwards: bool = False,
    ) -> tuple[Tensors, Tensors]:
        """Calls `fn` at each index of the first axis.

        `fn` may use tensors from outside; the states keep their shapes and types.

        # Returns
            The final states, and the outputs, stacked along a first axis in the order
            of computation.
        """
        raise NotImplementedError

    def _scan_of_types(
        self, fn: LoopStep, sequences: Tensors, initial: Tensors, go_backwards: bool
    ) -> tuple[Tensors, Tensors]:
        """Like `_scan`; states start in the types that the step gives them."""
        types: list[str] = []

        def step(slices, states):
            outputs, new = fn(slices, states)
            types[:] = self._types_given(new, states)
            own_types = map(self.dtype, states)
            return outputs, self._cast(new, own_types)

        results = self._scan(step, sequences, initial, go_backwards)
        if types == [self.dtype(x) for x in initial]:
            return results
        initial = self._cast(initial, types)
        return self._scan(step, sequences, initial, go_backwards)

    def _types_given(self, new: Tensors, states: Tensors) -> list[str]:
        """Returns the types of new states; a number adapts to the previous state."""
        types = []
        for value, state in zip(new, states, strict=True):
            typed = value if self.owns(value) else state
            types.append(self.dtype(typed))
        return types

    def _cast(self, tensors: Tensors, dtypes: Iterable[str]) -> Tensors:
        pairs = zip(tensors, dtypes, strict=True)
        cast = []
        for x, dtype in pairs:
            cast.append(self._as_type(x, np.dtype(dtype)))
        return cast

    def foldl(self, fn, elems, initializer=None, name=None):
        return self._folded("foldl", fn, elems, initializer, go_backwards=False)

    def foldr(self, fn, elems, initializer=None, name=None):
        return self._folded("foldr", fn, elems, initializer, go_backwards=True)

    def map_fn(self, fn, elems, name=None):
        elems = self._as_tensors(elems)
        last_result = None

        def step(slices, states):
            nonlocal last_result
            last_result = fn(_like(elems, slices))
            return _listed(last_result), []

        sequences = self._elements("map_fn", elems)
        _, outputs = self._scan(step, sequences, [])
        _check_lengths_later("map_fn", sequences, outputs)
        return _like(last_result, outputs)

    def _folded(self, name: str, fn, elems, initializer, go_backwards: bool):
        elems = self._as_tensors(elems)
        sequences = self._elements(name, elems)
        if initializer is None:
            lengths = [self.int_shape(x)[0] for x in sequences]
            if 0 in lengths:
                raise UnsuitedError("elems", ShapeError)
            first = 0
            rest = slice(1, None)
            if go_backwards:
                first = -1
                rest = slice(None, -1)
            first_elements = [x[first] for x in sequences]
            initializer = _like(elems, first_elements)
            sequences = [x[rest] for x in sequences]

        def step(slices, states):
            value = _like(initializer, states)
            element = _like(elems, slices)
            result = _listed(fn(value, element))
            if len(result) != len(states):
                raise ArgumentError(
                    f"{name}: the function returned {len(result)} tensors for a value "
                    f"of {len(states)}. It must return what it received as its first "
                    "argument."
                )
            for state, new in zip(states, result):
                self._check_state(name, state, new)
            return [], result

        initial = []
        values = _listed(initializer)
        for place, value in enumerate(values):
            # Numbers get the types of the sequences
            is_paired = len(sequences) == len(values)
            typed = sequences[place if is_paired else 0]
            if not self.owns(value):
                value = self.cast(value, self.dtype(typed))
            initial.append(value)
        states, _ = self._scan_of_types(step, sequences, initial, go_backwards)
        _check_lengths_later(name, sequences, states)
        return _like(initializer, states)

    def _check_state(self, name: str, state, new) -> None:
        """Checks that a fold's function keeps the shape of its argument."""
        shape = tuple(self.int_shape(state))
        new_shape = np.shape(new)
        if self.owns(new):
            new_shape = tuple(self.int_shape(new))
        if not may_agree(shape, new_shape):
            raise ShapeError(
                f"{name}: the function received a value of shape {shape} and "
                f"returned one of shape {new_shape}. It must keep the shape; "
                f"K.{name}(fn, elems, initializer) starts with a value of your own."
            )

    def _as_tensors(self, elems):
        """Converts arrays and sequences of numbers to tensors; tensors stay
        unchanged."""
        is_list = isinstance(elems, (list, tuple))
        holds_numbers = is_list and all(map(np.isscalar, elems))
        if is_list and not (elems and holds_numbers):
            return type(elems)(self._as_tensors(x) for x in elems)
        if self.owns(elems):
            return self._in_graph(elems)
        array = np.asarray(elems)
        if array.dtype.kind not in "iufb":
            return elems
        dtype = array.dtype.name
        if array.dtype.kind == "f":
            dtype = floatx()
        return self.cast(array, dtype)

    def _in_graph(self, x):
        """Returns a tensor of the graph; engines may have other tensors, which hold
        values."""
        return x

    def _elements(self, name: str, elems) -> Tensors:
        sequences = _listed(elems)
        are_tensors = all(map(self.owns, sequences))
        if not sequences or not are_tensors or 0 in map(self.ndim, sequences):
            raise UnsuitedError("elems")
        _check_lengths(name, *map(self.int_shape, sequences))
        return sequences


def _check_lengths(name: str, *shapes: Shape) -> None:
    """Checks that sequences have the same length, as far as it is known."""
    lengths = {shape[0] for shape in shapes}
    if len(lengths - {None}) > 1:
        raise ShapeError(
            f"{name} received elems of shapes {', '.join(map(str, shapes))}. Their "
            "first axes must have the same length."
        )


def _check_lengths_later(name: str, sequences: Tensors, results: Tensors) -> None:
    """Repeats the check when data arrives."""
    check = functools.partial(_check_lengths, name)
    when_known(check, sequences, checked=results)


def _listed(x) -> Tensors:
    if isinstance(x, (list, tuple)):
        return list(x)
    return [x]


def _like(form, parts: Tensors):
    """Returns the parts in the form of `form`: a list, a tuple, or a single tensor."""
    if isinstance(form, tuple):
        return tuple(parts)
    if isinstance(form, list):
        return list(parts)
    return parts[0]
