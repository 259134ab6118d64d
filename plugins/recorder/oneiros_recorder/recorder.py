"""The recorder of lazy nodes, shared by the backends of eager engines.

An operation on a `Node` is not computed: it records a new node. A `Program` replays the graph behind some
nodes as one pure function of feeds, variables' values, learning phase and a counter; the engine compiles it:

- `select` chooses by the learning phase, and only the branch taken is evaluated;
- a gradients node is differentiated by the engine over a replay of its loss;
- a random node draws from a stream (a seed) and the counter, which advances with every step.

The graph is held by the nodes alone, children holding parents: what is no longer used goes away.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from oneiros.backend.function import Function, Upload
from oneiros.errors import ArgumentError, BackendMixError, DataError, GraphError, OneirosError, ShapeError

_Compiled = Callable[..., list[Any]]
_ids = itertools.count()
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a tensor before it is computed."""

    shape: tuple[int | None, ...] | None
    dtype: str
    known: Any = None
    """For a shape, or an element of one: the sizes already known, None standing for the others."""


class Engine(Protocol):
    """What a backend supplies to record, replay and compile."""

    name: str
    errors: tuple[type[Exception], ...]
    """What the engine raises when it is given tensors that don't fit."""
    key_spec: Spec

    def is_tensor(self, x: Any) -> bool:
        """Tells whether `x` is a tensor of the engine itself, to be computed with at once."""

    def reason(self, error: Exception) -> str:
        """Returns what an error of the engine says, in one line."""

    def operator(self, name: str) -> Callable[..., Any]:
        """Returns the function behind a Python operator, such as `"add"` or `"getitem"`."""

    def infer(self, call: Callable[..., Any], specs: list[Spec]) -> Any:
        """Returns the Spec of `call`'s result on tensors of these specs, or tuples, lists, dicts of Specs."""

    def convert(self, value: Any, dtype: str | None) -> Any:
        """Returns a tensor of `value`, of type `dtype` unless that is None, that is no other node's."""

    def key(self, seed: int, counter: Any) -> Any:
        """Returns what random draws take: a tensor that differs for each seed and counter."""

    def gradients(self, forward: Callable[..., Any], values: list[Any]) -> tuple[list[Any], list[Any]]:
        """Returns the gradients by `values` of the sum of `forward(values)[0]`, and `forward(values)[1]`.

        An engine that differentiates in place passes `values` themselves; then nothing is computed twice.
        """

    def put(self, array: np.ndarray[Any, Any]) -> Any:
        """Copies an array to the device."""

    def compile(self, program: Program, phase: int, arrays: list[Any]) -> _Compiled:
        """Returns a function of (arrays of these shapes, counter) that runs one step.

        It returns the outputs as arrays, and stores the new values of the variables.
        """

    def compile_loop(self, program: Program, phase: int, arrays: list[Any], index: Any) -> _Compiled:
        """Returns a function of (arrays on the device, index, steps, counter) that runs many steps.

        They are the first `steps` rows of an index of this shape; the outputs may go on beyond.
        """


class Node:
    """A tensor that is yet to be computed.

    # Properties
        kind: `"op"`, `"placeholder"`, `"variable"`, `"phase"`, `"stream"`, `"select"` or `"gradients"`.
        parents: the nodes it is computed from.
        fn: for an op, the function of the parents' values.
        data: what the engine stores of a variable; the Draws of a stream.
    """

    __slots__ = (
        "__dict__", "__weakref__", "_keras_history", "_keras_shape", "_uses_learning_phase",
        "data", "fn", "id", "kind", "name", "parents", "recorder", "spec",
    )  # fmt: skip
    __array_priority__ = 1000
    __array_ufunc__ = None

    def __init__(self, recorder: Recorder, kind: str, spec: Spec, parents: Sequence[Node], fn: Any = None,
                 name: str | None = None, label: str = "", data: Any = None) -> None:  # fmt: skip
        self.id = next(_ids)
        self.recorder, self.kind, self.spec, self.parents = recorder, kind, spec, tuple(parents)
        self.fn, self.data = fn, data
        self.name = name or f"{label or kind}_{self.id}"
        phased = any(parent._uses_learning_phase for parent in self.parents)
        self._uses_learning_phase: bool = phased or kind in ("phase", "select")

    @property
    def shape(self) -> tuple[int | None, ...] | None:
        """The static shape: None for a size that is open, or altogether if even the rank is."""
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
        result = self.recorder.record(self.recorder.engine.operator("getitem"), (self, index), label="index")
        if isinstance(self.spec.known, tuple) and isinstance(index, (int, slice)):
            result.spec = replace(result.spec, known=self.spec.known[index])
        return result

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise TypeError(f"{self!r} has no known length. K.shape(x)[0] is its length, as a tensor.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self!r} can't be iterated over: it holds no values yet. Index it: x[:, i].")

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is neither true nor false yet. K.switch(condition, a, b) chooses later.")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self!r} holds no values yet. K.eval(x) computes it; K.apply(fn, x) records fn.")

    def __repr__(self) -> str:
        return f"<{self.recorder.engine.name} tensor {self.name} of shape {self.shape} and type {self.dtype}>"


def _method(name: str, swapped: bool) -> Callable[..., Any]:
    def method(self: Node, *others: Any) -> Any:
        args = (*others, self) if swapped else (self, *others)
        return self.recorder.record(self.recorder.engine.operator(name), args, label=name)

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


class _Slot(int):
    """Stands for the parent of this number among recorded arguments."""


def _map(fn: Callable[[Any], Any], tree: Any) -> Any:
    """Applies `fn` to the leaves of nested tuples, lists, dicts and slices."""
    if isinstance(tree, tuple):
        parts = [_map(fn, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    if isinstance(tree, list):
        return [_map(fn, part) for part in tree]
    if isinstance(tree, dict):
        return {key: _map(fn, part) for key, part in tree.items()}
    if isinstance(tree, slice):
        return slice(*[_map(fn, part) for part in (tree.start, tree.stop, tree.step)])
    return fn(tree)


def _leaf(place: int, tree: Any) -> Any:
    leaves: list[Any] = []
    _map(leaves.append, tree)
    return leaves[place]


def reachable(roots: Iterable[Node], stop: Iterable[Node] = (), phase: int | None = None) -> set[Node]:
    """Returns the nodes that `roots` are computed from, and the roots; not beyond `stop`.

    # Arguments
        phase: the learning phase, if only the branches it takes are asked for.
    """
    ends, found, waiting = set(stop), set[Node](), list(roots)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += () if node in ends else _sources(node, phase)
    return found


def _sources(node: Node, phase: int | None) -> Sequence[Node]:
    if phase is None or node.kind != "select":
        return node.parents
    return node.parents[:1] if phase else node.parents[1:]


class _Thread(threading.local):
    busy = False


class Recorder:
    """Records nodes for one engine.

    # Properties
        engine: the Engine.
        phase: the node that stands for the learning phase.
    """

    def __init__(self, engine: Engine, node_class: type[Node] = Node) -> None:
        self.engine, self._node_class = engine, node_class
        self._thread = _Thread()
        self.phase = self.node("phase", Spec((), "int32"), name="keras_learning_phase")

    def node(self, kind: str, spec: Spec, parents: Sequence[Node] = (), **details: Any) -> Node:
        """Makes a node, which a function that computes with values can't."""
        if self._thread.busy:
            raise GraphError(
                "A function that computes with values made a tensor of the graph, or used one from outside. "
                "Make it outside and pass it as an argument: K.apply(fn, x, y) calls fn with both values."
            )
        return self._node_class(self, kind, spec, parents, **details)

    def owns(self, x: Any) -> bool:
        """Tells whether `x` is a node of this recorder."""
        return isinstance(x, Node) and x.recorder is self

    @contextmanager
    def running(self) -> Iterator[None]:
        """Inside, functions of the backend compute at once, on the engine's own tensors."""
        self._thread.busy = True
        try:
            yield
        finally:
            self._thread.busy = False

    def record(self, fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: Any = None, label: str = "",
               wrap: bool = True) -> Any:  # fmt: skip
        """Records `fn(*args, **kwargs)`, or computes it at once if it concerns the engine's own tensors.

        # Arguments
            fn: function of the engine.
            args, kwargs: its arguments; nodes may be nested in tuples, lists and dicts.
            label: what to call the function in messages.
            wrap: whether an engine's error is told in the words of `K`; False for the user's own functions.

        # Returns
            A node, or the tuples, lists and dicts of nodes that `fn` returns.
        """
        parents: list[Node] = []
        label = label or getattr(fn, "__name__", "function")

        def mark(x: Any) -> Any:
            if not isinstance(x, Node):
                return x.copy() if isinstance(x, np.ndarray) else x
            parents.append(x)
            return _Slot(len(parents) - 1)

        template = _map(mark, (tuple(args), kwargs or {}))
        if not parents and (self._thread.busy or self.engine.is_tensor(args)):
            return fn(*args, **kwargs or {})
        node = self.node("op", Spec(None, ""), parents, label=label)
        names = {self.engine.name, *(parent.recorder.engine.name for parent in parents)}
        if len(names) > 1:
            raise BackendMixError(f"{label} received tensors of two backends: {', '.join(sorted(names))}.")

        def call(*values: Any) -> Any:
            args, kwargs = _map(lambda x: values[x] if isinstance(x, _Slot) else x, template)
            return fn(*args, **kwargs)

        with self.running(), self.explained(label, [p.shape for p in parents], ShapeError, wrap):
            specs = self.engine.infer(call, [parent.spec for parent in parents])
        node.fn = call
        if not isinstance(specs, Spec):
            return self._unpacked(specs, node)
        node.spec = specs
        return node

    @contextmanager
    def explained(self, label: str, shapes: Any, error: type[Exception], wrap: bool = True) -> Iterator[None]:
        """Inside, an error of the engine is told in terms of `label` and `shapes`."""
        try:
            yield
        except OneirosError:
            raise
        except self.engine.errors as cause:
            received = f"{label} received tensors of shapes {', '.join(map(str, shapes)) or '(none)'}"
            if wrap:
                raise error(f"{received}: {self.engine.reason(cause)}") from None
            cause.add_note(f"Oneiros: {received}.")
            raise

    def _unpacked(self, specs: Any, whole: Node) -> Any:
        """Returns `specs` with a node for each Spec: the value at its place in the value of `whole`."""
        places = itertools.count()
        return _map(lambda spec: self.node("op", spec, (whole,), fn=partial(_leaf, next(places))), specs)

    def lift(self, value: Any, dtype: str | None = None) -> Any:
        """Returns a node of `value`, of type `dtype` unless that is None."""
        if self.owns(value) and dtype in (None, value.dtype):
            return value
        return self.record(lambda x: self.engine.convert(x, dtype), (value,), label="conversion")

    def stream(self, seed: int) -> Node:
        """Makes a leaf that gives a random function its key, new at each step."""
        return self.node("stream", self.engine.key_spec, data=Draws(seed))

    def select(self, x: Any, alt: Any) -> Node:
        """Returns a node that is `x` in training and `alt` in testing."""
        x = self.lift(x)
        alt = self.lift(alt, x.dtype)
        if x.ndim != alt.ndim:
            raise ShapeError(f"The learning phase can't choose between shapes {x.shape} and {alt.shape}.")
        shape = x.shape and tuple(a if a == b else None for a, b in zip(x.shape, alt.shape, strict=True))
        return self.node("select", Spec(shape, x.dtype), (x, alt))

    def gradients(self, loss: Any, variables: Sequence[Any]) -> list[Node]:
        """Returns nodes for the gradients of `loss` (summed, if it is no scalar) by each of `variables`.

        # Raises
            GraphError: naming a variable that the loss doesn't depend on.
            ArgumentError: if one isn't a tensor of floats.
        """
        for node in (loss, *variables):
            if not self.owns(node) or not node.dtype.startswith("float"):
                raise ArgumentError(f"gradients takes tensors of floats of one backend, not {node!r:.200}.")
        behind = reachable([loss])
        for node in variables:
            if node not in behind:
                raise GraphError(f"The loss {loss.name} doesn't depend on {node!r}; it has no such gradient.")
        found: list[Node] = []
        for group in _independent(variables):
            whole = self.node("gradients", Spec(None, ""), (loss, *group))
            found += self._unpacked([variable.spec for variable in group], whole)
        return found


def _independent(variables: Sequence[Node]) -> list[list[Node]]:
    """Splits variables that depend on one another: each then gets its total derivative on every engine."""
    inner = reachable(parent for node in variables for parent in node.parents)
    return [list(variables)] if inner.isdisjoint(variables) else [[node] for node in variables]


class _Replay:
    """One evaluation of a graph, on values or on the engine's tracers."""

    def __init__(self, recorder: Recorder, values: dict[Node, Any], phase: int, targets: set[Node]) -> None:
        self.recorder, self.values, self.phase, self.targets = recorder, values, phase, targets

    def run(self, roots: Iterable[Node]) -> None:
        waiting = list(roots)
        while waiting:
            node = waiting[-1]
            if node in self.values:
                waiting.pop()
            elif missing := [n for n in self._needed(node) if n not in self.values]:
                waiting += missing
            else:
                self.values[node] = self._computed(node)

    def _needed(self, node: Node) -> Sequence[Node]:
        return node.parents[1:] if node.kind == "gradients" else _sources(node, self.phase)

    def _computed(self, node: Node) -> Any:
        if node.kind == "gradients":
            return self._gradients(node)
        values = [self.values[n] for n in self._needed(node)]
        shapes = [tuple(getattr(value, "shape", ())) for value in values]
        with self.recorder.explained(node.name, shapes, DataError):
            value = node.fn(*values) if node.kind == "op" else values[0]
        return self.recorder.engine.convert(value, None) if node in self.targets else value

    def _gradients(self, node: Node) -> list[Any]:
        loss, *variables = node.parents
        start = [self.values[v] for v in variables]
        fresh: list[Node] = []

        def forward(values: list[Any]) -> tuple[Any, list[Any]]:
            inner = self.values
            if any(a is not b for a, b in zip(values, start, strict=True)):
                stale = self._depending(loss, variables)
                inner = {n: v for n, v in self.values.items() if n not in stale}
                inner.update(zip(variables, values, strict=True))
            before = set(inner)
            _Replay(self.recorder, inner, self.phase, self.targets).run([loss])
            fresh[:] = [n for n in inner if n not in before]
            return inner[loss], [inner[n] for n in fresh]

        gradients, computed = self.recorder.engine.gradients(forward, start)
        self.values.update(zip(fresh, computed, strict=True))
        return gradients

    def _depending(self, loss: Node, variables: Sequence[Node]) -> set[Node]:
        """Returns what `loss` is computed from that depends on `variables`."""
        found = set(variables)
        for node in sorted(reachable([loss], phase=self.phase), key=lambda n: n.id):
            if not found.isdisjoint(node.parents):
                found.add(node)
        return found


class Program:
    """What a function computes, as a pure function.

    # Properties
        variables: the variables whose values it takes.
        written: the variables whose new values it returns.
        streams: the leaves that it draws random numbers from; without any, the counter doesn't matter.
        options: dict, what `K.function` was told for the engine.
    """

    def __init__(self, recorder: Recorder, inputs: list[Node], outputs: list[Node],
                 updates: list[tuple[Node, Node]], phased: bool, options: Any) -> None:  # fmt: skip
        self.recorder, self.inputs, self.outputs, self.options = recorder, inputs, outputs, options
        self.written, self._new = [v for v, _ in updates], [new for _, new in updates]
        behind = reachable([*self.outputs, *self._new], inputs).union(self.written).difference(inputs)
        ordered = sorted(behind, key=lambda node: node.id)
        for node in ordered:
            if node.kind == "placeholder" or (not phased and node.kind in ("phase", "select")):
                missing = node if node.kind == "placeholder" else recorder.phase
                raise ArgumentError(f"The function depends on {missing!r}. Add that to its inputs.")
        self.variables = [node for node in ordered if node.kind == "variable"]
        self.streams = [node for node in ordered if node.kind == "stream"]
        self._targets = {v for node in ordered if node.kind == "gradients" for v in node.parents[1:]}

    def __call__(self, feeds: Any, state: Any, phase: int, counter: Any) -> tuple[list[Any], list[Any]]:
        """Computes.

        # Arguments
            feeds: the inputs' values.
            state: the values of `variables`.
            phase: 0 or 1, a plain int.
            counter: the number of the step.

        # Returns
            The outputs, and the new values of `written`; all computed from the old values.
        """
        engine = self.recorder.engine
        values: dict[Node, Any] = {self.recorder.phase: phase}
        values.update((node, engine.key(node.data.seed, counter)) for node in self.streams)
        values.update(zip((*self.variables, *self.inputs), (*state, *feeds), strict=True))
        replay = _Replay(self.recorder, values, phase, self._targets)
        with self.recorder.running():
            nodes = reachable([*self.outputs, *self._new], self.inputs, phase)
            replay.run(sorted((n for n in nodes if n.kind == "gradients"), key=lambda n: n.id))
            replay.run((*self.outputs, *self._new))
            new = zip(self.written, self._new, strict=True)
            return (
                [engine.convert(values[node], node.dtype) for node in self.outputs],
                [engine.convert(values[node], variable.dtype) for variable, node in new],
            )


class RecordedFunction(Function):
    """A Function over recorded nodes: compiled once per phase and shapes of its inputs."""

    def __init__(
        self, backend: Any, recorder: Recorder, inputs: Any, outputs: Any, updates: Any, **options: Any
    ) -> None:
        super().__init__(backend, inputs, outputs, updates)
        pairs = [(variable, _new_value(recorder, variable, new)) for variable, new in self.updates]
        lifted, phased = [recorder.lift(x) for x in self.outputs], self.phase_index is not None
        self.program = Program(recorder, self.placeholders, lifted, pairs, phased, options)
        self._engine, self._lock = recorder.engine, threading.RLock()
        self._steps: dict[Any, _Compiled] = {}
        self._loops: dict[Any, tuple[int, _Compiled]] = {}

    def _advance(self, steps: int) -> int:
        draws = [node.data for node in self.program.streams]
        with self._lock:
            counter = max((stream.position for stream in draws), default=0)
            for stream in draws:
                stream.position = (counter + steps) % 2**31
        return int(counter)

    def run(self, arrays: list[Any], phase: int | None) -> list[Any]:
        """Runs once on checked arrays."""
        key = (phase, *[array.shape for array in arrays])
        with self._lock:
            if key not in self._steps:
                self._steps[key] = self._engine.compile(self.program, phase or 0, arrays)
        return self._steps[key](arrays, self._advance(1))

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Copies whole data sets to the device, for `loop`."""
        return Upload([self._engine.put(array) for array in self.check_upload(arrays)])

    def loop(self, handle: Upload, index: Any, phase: int | None = None) -> list[Any]:
        """Runs one step per row of `index` in one compiled call; see `Function.loop`."""
        held, rows = handle.arrays, self.check_index(handle, index)
        chosen = 0 if phase is None else self.check_phase(phase)
        steps, batch = rows.shape
        key = (chosen, batch, *[array.shape[1:] for array in held])
        with self._lock:
            capacity, run = self._loops.get(key, (0, None))
            if run is None or capacity < steps:
                capacity, run = steps, self._engine.compile_loop(self.program, chosen, held, rows)
                self._loops[key] = (capacity, run)
        padded = rows if capacity == steps else np.pad(rows, ((0, capacity - steps), (0, 0)))
        return [output[:steps] for output in run(held, padded, steps, self._advance(steps))]


def _new_value(recorder: Recorder, variable: Any, new: Any) -> Any:
    if not recorder.owns(variable) or variable.kind != "variable":
        raise ArgumentError(f"An update changes a variable of its backend, not {variable!r:.200}.")
    node = recorder.lift(new, variable.dtype)
    sizes, wanted = node.shape or (), variable.shape or ()
    fits = len(sizes) == len(wanted) and all(a in (None, b) for a, b in zip(sizes, wanted, strict=True))
    if node.shape is not None and not fits:
        raise ShapeError(f"{variable.name} has shape {wanted}; its update can't have shape {sizes}.")
    return node
