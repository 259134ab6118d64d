"""Recorded calls: a function, and arguments that contain nodes.

Arguments and results may be nested: tuples, lists, dicts and slices, and their leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes
from oneiros_backend_toolkit.tensors import AnyFunction

_PLAIN = (int, float, str, type(None), type(...))
"""What `repr` tells all about."""


class _Slot(int):
    """Stands for the parent of this number among the arguments."""

    def __repr__(self) -> str:
        return f"slot {int(self)}"


@dataclass(frozen=True)
class RecordedCall:
    """A call as a function of the values of the nodes among its arguments.

    # Properties
        fn: the function that is called.
        template: positional and keyword arguments, with slots in the place of nodes.
        parents: the nodes.
        has_arrays: whether there are NumPy arrays among the arguments; it keeps copies
            of them.
        is_plain: whether all other arguments are numbers, texts and the like.
    """

    fn: AnyFunction
    template: Any
    parents: Nodes
    has_arrays: bool
    is_plain: bool

    @classmethod
    def of(
        cls, fn: AnyFunction, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> RecordedCall:
        """Returns the call `fn(*args, **kwargs)`."""
        parents: list[LazyTensor] = []
        arrays: list[Any] = []
        others: list[Any] = []

        def noted(x):
            if isinstance(x, LazyTensor):
                parents.append(x)
                return _Slot(len(parents) - 1)
            if isinstance(x, np.ndarray):
                arrays.append(x)
                return x.copy()
            others.append(x)
            return x

        template = map_tree(noted, (tuple(args), kwargs))
        are_plain = all(isinstance(x, _PLAIN) for x in others)
        is_plain = are_plain and not arrays
        return cls(fn, template, parents, bool(arrays), is_plain)

    def __call__(self, *values):
        """Calls the function with the parents' values."""

        def filled(x):
            if isinstance(x, _Slot):
                return values[x]
            return x

        args, kwargs = map_tree(filled, self.template)
        return self.fn(*args, **kwargs)

    @property
    def elementwise(self) -> bool:
        """Whether it computes element by element; arrays may have any shape."""
        return not self.has_arrays and getattr(self.fn, "elementwise", False)

    @property
    def signature(self):
        """A key for calls with the same result on tensors of the same Specs.

        None if there is none: the user's own functions may do something else each time,
        and `repr` doesn't describe all arguments completely.
        """
        if not self.is_plain or not hasattr(self.fn, "origin"):
            return None
        specs = [parent.spec for parent in self.parents]
        return (self.fn.origin, repr(self.template), *specs)


def map_tree(fn: Callable[[Any], Any], tree):
    """Applies a function to the leaves of a tree.

    # Arguments
        fn: function of a leaf.
        tree: nested tuples (named ones too), lists, dicts and slices; everything else
            is a leaf.

    # Returns
        A tree of the same form, of what `fn` returned.
    """
    if isinstance(tree, tuple):
        parts = [map_tree(fn, part) for part in tree]
        is_named = hasattr(tree, "_fields")
        if is_named:
            return type(tree)(*parts)
        return tuple(parts)
    if isinstance(tree, list):
        return [map_tree(fn, part) for part in tree]
    if isinstance(tree, dict):
        items = tree.items()
        return {key: map_tree(fn, part) for key, part in items}
    if isinstance(tree, slice):
        start = map_tree(fn, tree.start)
        stop = map_tree(fn, tree.stop)
        return slice(start, stop, map_tree(fn, tree.step))
    return fn(tree)


def leaves_of(tree) -> list[Any]:
    """Returns the leaves of a tree, in order."""
    leaves: list[Any] = []
    map_tree(leaves.append, tree)
    return leaves
