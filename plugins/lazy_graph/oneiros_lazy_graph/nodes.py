"""Lazy nodes: tensors that are yet to be computed, and ways through the graph behind
them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oneiros_lazy_graph.recorder import Recorder

ids = itertools.count()
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a tensor before it is computed."""

    shape: tuple[int | None, ...] | None
    dtype: str
    known: Any = None
    """For a shape, or an element of one: the sizes already known, None standing for the
    others."""
    trials: tuple[Any, ...] | None = None
    """For an engine that can't leave sizes open: what it tried instead, per trial the
    shape (a tuple), or the value (an array), where that follows from sizes alone."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of the trials."""
        return self.trials and tuple(
            x if isinstance(x, tuple) else x.shape for x in self.trials
        )

    def row(self) -> Spec:
        """Returns the Spec of what stands at one place of the first axis."""
        trials = self.shapes and tuple(shape[1:] for shape in self.shapes)
        return Spec(self.shape and self.shape[1:], self.dtype, trials=trials)

    def stacked(self, like: Spec) -> Spec:
        """Returns the Spec of such tensors along a new first axis, as long as that of
        `like`."""
        shape = (
            None
            if self.shape is None or like.shape is None
            else (like.shape[0], *self.shape)
        )
        if like.shapes is None and self.shapes is None:
            return Spec(shape, self.dtype)
        sequences = like.shapes or itertools.repeat(like.shape or (None,))
        pairs = zip(
            sequences, self.shapes or itertools.repeat(self.shape or ()), strict=False
        )
        return Spec(
            shape, self.dtype, trials=tuple((length, *x) for (length, *_), x in pairs)
        )


class Node:
    """A tensor that is yet to be computed.

    # Properties
        kind: `"op"`, `"placeholder"`, `"variable"`, `"phase"`, `"stream"`, `"select"`,
            `"gradients"` or
            `"loop"`.
        parents: the nodes it is computed from.
        fn: for an op, the function of the parents' values.
        elementwise: for an op, whether `fn` works element by element, with
            broadcasting: its function says so by an attribute `elementwise`.
        shortcut: for an op whose parent is an op on one tensor: the function of that
            tensor that gives the same. It is taken where the parent is computed, and
            not where the parent's value is given.
        origin: for an op, what its function was before it was pinned.
        data: what the engine stores of a variable; the Draws of a stream; the Body of a
            loop.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_keras_history",
        "_keras_shape",
        "_uses_learning_phase",
        "data",
        "fn",
        "id",
        "kind",
        "name",
        "parents",
        "recorder",
        "spec",
    )
    elementwise = False
    shortcut: Callable[[Any], Any] | None = None
    origin: Any = None
    __array_priority__ = 1000
    __array_ufunc__ = None

    def __init__(
        self,
        recorder: Recorder,
        kind: str,
        spec: Spec,
        parents: Sequence[Node],
        fn: Any = None,
        name: str | None = None,
        label: str = "",
        data: Any = None,
    ) -> None:
        self.id = next(ids)
        self.recorder, self.kind, self.spec, self.parents = (
            recorder,
            kind,
            spec,
            tuple(parents),
        )
        self.fn, self.data = fn, data
        self.name = name or f"{label or kind}_{self.id}"
        phased = any(parent._uses_learning_phase for parent in self.parents)
        self._uses_learning_phase: bool = phased or kind in ("phase", "select")

    @property
    def shape(self) -> tuple[int | None, ...] | None:
        """The static shape: None for a size that is open, or altogether if even the
        rank is."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """The type's name."""
        return self.spec.dtype

    @property
    def ndim(self) -> int | None:
        """The number of axes."""
        return None if self.spec.shape is None else len(self.spec.shape)

    def __getitem__(self, index: Any) -> Any:
        result = self.recorder.record(
            self.recorder.engine.operator("getitem"), (self, index), label="index"
        )
        if isinstance(self.spec.known, tuple) and isinstance(index, (int, slice)):
            result.spec = replace(result.spec, known=self.spec.known[index])
        return result

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise TypeError(
                f"{self!r} has no known length. K.shape(x)[0] is its length, as a tensor."
            )
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(
            f"{self!r} can't be iterated over: it holds no values yet. Index it: x[:, i]."
        )

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} is neither true nor false yet. K.switch(condition, a, b) chooses later."
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"{self!r} holds no values yet. K.eval(x) computes it; K.apply(fn, x) records fn."
        )

    def __repr__(self) -> str:
        return f"<{self.recorder.engine.name} tensor {self.name} of shape {self.shape} and type {self.dtype}>"


def _method(name: str, swapped: bool) -> Callable[..., Any]:
    def method(self: Node, *others: Any) -> Any:
        args = (*others, self) if swapped else (self, *others)
        return self.recorder.record(
            self.recorder.engine.operator(name), args, label=name
        )

    return method


for _name in f"{_BINARY} neg abs invert lt le gt ge".split():
    setattr(Node, f"__{_name}__", _method(_name, False))
for _name in _BINARY.split():
    setattr(Node, f"__r{_name}__", _method(_name, True))


@dataclass
class Draws:
    """A stream of random draws: its seed, and the counter of its next draw."""

    seed: int
    position: int = 0


def map_tree(fn: Callable[[Any], Any], tree: Any) -> Any:
    """Applies `fn` to the leaves of nested tuples, lists, dicts and slices."""
    if isinstance(tree, tuple):
        parts = [map_tree(fn, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    if isinstance(tree, list):
        return [map_tree(fn, part) for part in tree]
    if isinstance(tree, dict):
        return {key: map_tree(fn, part) for key, part in tree.items()}
    if isinstance(tree, slice):
        return slice(
            *[map_tree(fn, part) for part in (tree.start, tree.stop, tree.step)]
        )
    return fn(tree)


def reachable(
    roots: Iterable[Node], stop: Iterable[Node] = (), phase: int | None = None
) -> set[Node]:
    """Returns the nodes that `roots` are computed from, and the roots; not beyond
    `stop`.

    # Arguments
        phase: the learning phase, if only the branches it takes are asked for.
    """
    ends, found, waiting = set(stop), set[Node](), list(roots)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += () if node in ends else sources(node, phase)
    return found


def sources(node: Node, phase: int | None) -> Sequence[Node]:
    """Returns what a node is computed from, in a learning phase if that isn't None."""
    if phase is None or node.kind not in ("select", "loop"):
        return node.parents
    if node.kind == "loop":
        needed: Sequence[Node] = node.data.needed(node, phase)
        return needed
    return node.parents[:1] if phase else node.parents[1:]


def depending(
    loss: Node, variables: Iterable[Node], phase: int | None = None
) -> set[Node]:
    """Returns the variables, and what `loss` is computed from that depends on them."""
    return spread(variables, reachable([loss], phase=phase))


def spread(start: Iterable[Node], nodes: Iterable[Node]) -> set[Node]:
    """Returns `start`, and those of `nodes` that depend on it by way of other
    `nodes`."""
    found = set(start)
    for node in sorted(nodes, key=lambda n: n.id):
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found
