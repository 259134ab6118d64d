"""Nested arguments and results: tuples, lists, dicts and slices, and their leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def map_tree(fn: Callable[[Any], Any], tree: Any) -> Any:
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
        return type(tree)(*parts) if is_named else tuple(parts)
    if isinstance(tree, list):
        return [map_tree(fn, part) for part in tree]
    if isinstance(tree, dict):
        return {key: map_tree(fn, part) for key, part in tree.items()}
    if isinstance(tree, slice):
        start = map_tree(fn, tree.start)
        stop = map_tree(fn, tree.stop)
        return slice(start, stop, map_tree(fn, tree.step))
    return fn(tree)


def leaves_of(tree: Any) -> list[Any]:
    """Returns the leaves of a tree, in order."""
    leaves: list[Any] = []
    map_tree(leaves.append, tree)
    return leaves
