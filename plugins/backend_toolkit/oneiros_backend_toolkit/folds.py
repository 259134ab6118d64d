"""Folds and maps over the first axis, in terms of the loop that each engine
supplies."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.derived import Derived

T = Any


class Folds(Derived):
    """The functions of `K` that run a function over the first axis of tensors."""

    def _scan(
        self,
        fn: Callable[[list[T], list[T]], tuple[list[T], list[T]]],
        sequences: list[T],
        initial: list[T],
        go_backwards: bool = False,
    ) -> tuple[list[T], list[T]]:
        """Calls `fn(slices, states)`, which returns `(outputs, states)`, at each index
        of the first axis.

        `fn` may use tensors from outside; the states keep their shapes and types.

        # Returns
            The final states, and the outputs, stacked along a first axis in the order
            they were computed in.
        """
        raise NotImplementedError

    def foldl(self, fn, elems, initializer=None, name=None) -> T:
        return self._folded("foldl", fn, elems, initializer, False)

    def foldr(self, fn, elems, initializer=None, name=None) -> T:
        return self._folded("foldr", fn, elems, initializer, True)

    def map_fn(self, fn, elems, name=None) -> T:
        form: list[T] = []

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            result = fn(_like(elems, slices))
            form[:] = [result]
            return _listed(result), []

        outputs = self._scan(step, self._elements("map_fn", elems), [])[1]
        return _like(form[0], outputs)

    def _folded(self, name: str, fn, elems, initializer, go_backwards: bool) -> T:
        sequences = self._elements(name, elems)
        if initializer is None:
            initializer = _like(
                elems, [x[-1] if go_backwards else x[0] for x in sequences]
            )
            sequences = [x[:-1] if go_backwards else x[1:] for x in sequences]
        start = _listed(initializer)
        dtypes = [self.dtype(x) for x in sequences]
        if len(dtypes) != len(start):
            dtypes = dtypes[:1] * len(start)
        start = [
            x if self.owns(x) else self.cast(x, dtype)
            for x, dtype in zip(start, dtypes, strict=True)
        ]

        def step(slices: list[T], states: list[T]) -> tuple[list[T], list[T]]:
            value = _like(initializer, states)
            element = _like(elems, slices)
            result = _listed(fn(value, element))
            if len(result) != len(states):
                raise ArgumentError(
                    f"{name}: the function returned {len(result)} tensors for a value "
                    f"of {len(states)}. It must return what it received as its first "
                    "argument."
                )
            return [], result

        states, _ = self._scan(step, sequences, start, go_backwards)
        return _like(initializer, states)

    def _elements(self, name: str, elems) -> list[T]:
        sequences = _listed(elems)
        have_axis = all(self.owns(x) and self.ndim(x) > 0 for x in sequences)
        if not sequences or not have_axis:
            raise ArgumentError(
                f"{name} received elems={elems!r:.200}. It takes a tensor with a "
                "first axis, or a list or tuple of such tensors."
            )
        return sequences


def _listed(x) -> list[T]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _like(form, parts: list[T]) -> T:
    """Returns the parts as `form` has them: a list, a tuple, or one tensor alone."""
    if isinstance(form, tuple):
        return tuple(parts)
    if isinstance(form, list):
        return list(parts)
    return parts[0]
