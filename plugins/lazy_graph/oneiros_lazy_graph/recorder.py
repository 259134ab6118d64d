"""The recorder of lazy nodes, shared by the backends of eager engines.

An operation on a `Node` is not computed: it records a new node. A `Program` replays the
    graph behind some
nodes as one pure function of feeds, variables' values, learning phase and a counter;
the engine compiles it:

- `select` chooses by the learning phase, and only the branch taken is evaluated;
- a gradients node is differentiated by the engine over a replay of its loss;
- a random node draws from a stream (a seed) and the counter, which advances with every
step;
- a loop node replays a step, a graph of its own, as the body of a loop of the engine.

The graph is held by the nodes alone, children holding parents: what is no longer used
goes away.
"""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from oneiros.backend.function import Function, Upload
from oneiros.errors import (
    ArgumentError,
    BackendMixError,
    DataError,
    GraphError,
    OneirosError,
    ShapeError,
)
from oneiros_backend_toolkit.batches import capacity, lengthened
from oneiros_backend_toolkit.interrupts import kept_interrupts
from oneiros_backend_toolkit.layers import check_sizes, layers_named

from oneiros_lazy_graph.loops import Step, record_body
from oneiros_lazy_graph.nodes import (
    Draws,
    Node,
    Spec,
    depending,
    map_tree,
    reachable,
    sources,
)
from oneiros_lazy_graph.ones import is_ones, ones, without_ones

__all__ = ["Engine", "Node", "Program", "RecordedFunction", "Recorder", "Spec"]

_Compiled = Callable[..., list[Any]]
Shortcuts = Mapping[Callable[..., Any], Callable[[Any], Any]]


class Engine(Protocol):
    """What a backend supplies to record, replay and compile."""

    name: str
    errors: tuple[type[Exception], ...]
    """What the engine raises when it is given tensors that don't fit."""
    key_spec: Spec

    def is_tensor(self, x: Any) -> bool:
        """Tells whether `x` is a tensor of the engine itself, to be computed with at
        once."""

    def reason(self, error: Exception) -> str:
        """Returns what an error of the engine says, in one line."""

    def operator(self, name: str) -> Callable[..., Any]:
        """Returns the function behind a Python operator, such as `"add"` or
        `"getitem"`."""

    def infer(self, call: Callable[..., Any], specs: list[Spec]) -> Any:
        """Returns the Spec of `call`'s result on tensors of these specs, or tuples,
        lists, dicts of Specs."""

    def convert(self, value: Any, dtype: str | None) -> Any:
        """Returns a tensor of `value`, of type `dtype` unless that is None, that is no
        other node's."""

    def key(self, seed: int, counter: Any) -> Any:
        """Returns what random draws take: a tensor that differs for each seed and
        counter."""

    def fold(self, key: Any, number: Any) -> Any:
        """Returns a key like `key`, another one for each number."""

    def gradients(
        self, forward: Callable[..., Any], values: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Returns the gradients by `values` of the sum of `forward(values)[0]`, and
        `forward(values)[1]`.

        An engine that differentiates in place passes `values` themselves; then nothing
        is computed twice.
        """

    def loop(
        self,
        step: Callable[..., Any],
        sequences: list[Any],
        states: list[Any],
        captured: list[Any],
        types: list[str],
        backwards: bool,
    ) -> Any:
        """Takes a step for each place of the first axis of `sequences`.

        # Arguments
            step: function of a place, the list of slices, the list of states and
                `captured` that returns the lists of new states, of the same shapes and
                types, and of outputs.
            captured: what each step uses.
            types: of the outputs.
            backwards: whether the last place comes first.

        # Returns
            The lists of last states and of outputs, stacked by place.
        """

    def put(self, array: np.ndarray[Any, Any], dtype: Any) -> Any:
        """Copies an array to the device."""

    def rows(self, arrays: list[Any], index: np.ndarray[Any, Any]) -> list[Any]:
        """Returns the rows that an index names, of each array; those are on the device,
        or all NumPy's."""

    def compile(self, program: Program, phase: int, arrays: list[Any]) -> _Compiled:
        """Returns a function of (arrays of these shapes, counter) that runs one step.

        It returns the outputs as arrays, and stores the new values of the variables.
        """

    def compile_loop(
        self, program: Program, phase: int, arrays: list[Any], index: Any
    ) -> _Compiled:
        """Returns a function of (arrays on the device, index, steps, counter) that runs
        many steps.

        They are the first `steps` rows of an index of this shape; the outputs may go on
        beyond.
        """


class _Slot(int):
    """Stands for the parent of this number among recorded arguments."""

    def __repr__(self) -> str:
        return f"slot {int(self)}"


_PLAIN = (int, float, str, type(None), type(...))
"""What `repr` tells all about."""
_REMEMBERED = 4096
"""The number of inferences to keep."""


def _leaf(place: int, tree: Any) -> Any:
    leaves: list[Any] = []
    map_tree(leaves.append, tree)
    return leaves[place]


def _is_plain(x: Any) -> bool:
    return isinstance(x, _PLAIN) or (
        isinstance(x, slice)
        and all(isinstance(part, _PLAIN) for part in (x.start, x.stop, x.step))
    )


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
        self._inferred: dict[Any, Any] = {}
        self.phase = self.node("phase", Spec((), "int32"), name="keras_learning_phase")

    def node(
        self, kind: str, spec: Spec, parents: Sequence[Node] = (), **details: Any
    ) -> Node:
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
        """Inside, functions of the backend compute at once, on the engine's own
        tensors."""
        self._thread.busy = True
        try:
            yield
        finally:
            self._thread.busy = False

    def record(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Any = None,
        label: str = "",
        wrap: bool = True,
        shortcuts: Shortcuts = MappingProxyType({}),
    ) -> Any:
        """Records `fn(*args, **kwargs)`, or computes it at once if it concerns the
        engine's own tensors.

        # Arguments
            fn: function of the engine.
            args, kwargs: its arguments; nodes may be nested in tuples, lists and dicts.
            label: what to call the function in messages.
            wrap: whether an engine's error is told in the words of `K`; False for the
                user's own functions.
            shortcuts: by a function of one tensor, what gives the same as `fn` of that
                function's result.

        # Returns
            A node, or the tuples, lists and dicts of nodes that `fn` returns.
        """
        parents: list[Node] = []
        arrays: list[Any] = []
        leaves: list[Any] = []
        label = label or getattr(fn, "__name__", "function")

        def mark(x: Any) -> Any:
            if isinstance(x, np.ndarray):
                arrays.append(x)
                return x.copy()
            if not isinstance(x, Node):
                leaves.append(x)
                return x
            parents.append(x)
            return _Slot(len(parents) - 1)

        template = map_tree(mark, (tuple(args), kwargs or {}))
        if not parents and (self._thread.busy or self.engine.is_tensor(args)):
            return fn(*args, **kwargs or {})
        node = self.node("op", Spec(None, ""), parents, label=label)
        names = {self.engine.name, *(parent.recorder.engine.name for parent in parents)}
        if len(names) > 1:
            raise BackendMixError(
                f"{label} received tensors of two backends: {', '.join(sorted(names))}."
            )

        def call(*values: Any) -> Any:
            args, kwargs = map_tree(
                lambda x: values[x] if isinstance(x, _Slot) else x, template
            )
            return fn(*args, **kwargs)

        given = [parent.spec for parent in parents]
        known = not arrays and hasattr(fn, "origin") and all(map(_is_plain, leaves))
        key = (fn.origin, repr(template), *given) if known else None  # type: ignore[attr-defined]
        with (
            self.running(),
            self.explained(label, [p.shape for p in parents], ShapeError, wrap),
        ):
            specs = self._infer(key, lambda: self.engine.infer(call, given))
        node.fn, node.elementwise = (
            call,
            not arrays and getattr(fn, "elementwise", False),
        )
        if not isinstance(specs, Spec):
            return self._unpacked(specs, node)
        node.spec, node.origin = specs, getattr(fn, "origin", (None,))[0]
        if [len(parent.parents) for parent in parents] == [1]:
            node.shortcut = shortcuts.get(parents[0].origin)
        return node

    def _infer(self, key: Any, infer: Callable[[], Any]) -> Any:
        """Returns what `infer` gives, or gave before for this key unless that is None
        or holds arrays."""
        try:
            found = self._inferred.get(key)
        except TypeError:
            return infer()
        if found is None:
            found = infer()
            if key is not None and len(self._inferred) < _REMEMBERED:
                self._inferred[key] = found
        return found

    @contextmanager
    def explained(
        self, label: str, shapes: Any, error: type[Exception], wrap: bool = True
    ) -> Iterator[None]:
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

    def again(self, node: Node) -> Callable[..., Any]:
        """Returns a function of tensors that records on them what the op `node` does
        with its parents."""
        call = partial(node.fn)
        call.elementwise = node.elementwise  # type: ignore[attr-defined]
        return lambda *parents: self.record(call, parents, label=node.name)

    def _unpacked(self, specs: Any, whole: Node) -> Any:
        """Returns `specs` with a node for each Spec: the value at its place in the
        value of `whole`."""
        places = itertools.count()
        return map_tree(
            lambda spec: self.node(
                "op", spec, (whole,), fn=partial(_leaf, next(places))
            ),
            specs,
        )

    def lift(self, value: Any, dtype: str | None = None) -> Any:
        """Returns a node of `value`, of type `dtype` unless that is None."""
        if self.owns(value) and dtype in (None, value.dtype):
            return value
        return self.record(
            lambda x: self.engine.convert(x, dtype), (value,), label="conversion"
        )

    def stream(self, seed: int) -> Node:
        """Makes a leaf that gives a random function its key, new at each step."""
        return self.node("stream", self.engine.key_spec, data=Draws(seed))

    def select(self, x: Any, alt: Any) -> Node:
        """Returns a node that is `x` in training and `alt` in testing."""
        x = self.lift(x)
        alt = self.lift(alt, x.dtype)
        if x.ndim != alt.ndim:
            raise ShapeError(
                f"The learning phase can't choose between shapes {x.shape} and {alt.shape}."
            )
        shape = x.shape and tuple(
            a if a == b else None for a, b in zip(x.shape, alt.shape, strict=True)
        )
        trials = x.spec.shapes if self.owns(x) else None
        return self.node("select", Spec(shape, x.dtype, trials=trials), (x, alt))

    def loop(
        self,
        step: Step,
        sequences: Sequence[Any],
        states: Sequence[Any],
        backwards: bool = False,
    ) -> tuple[list[Node], list[Node]]:
        """Records a loop over the first axis of `sequences`, which carries states
        along.

        # Arguments
            step: function of the lists of slices and of states that returns the lists
                of outputs and of new states. It is called once, on nodes; what it uses
                from outside is found in the graph. Random draws made inside differ from
                step to step.
            sequences: tensors of one length.
            states: the first states. The steps keep their shapes and types.
            backwards: whether the last slices come first.

        # Returns
            The last states, and the outputs of all steps, stacked along a new first
            axis: those of a slice are at its place, in either direction.
        """
        sequences, states = (
            [self.lift(x) for x in sequences],
            [self.lift(x) for x in states],
        )
        lengths = {x.shape[0] for x in sequences if x.shape} - {None}
        if not sequences or len(lengths) > 1 or () in [x.shape for x in sequences]:
            shapes = ", ".join(str(x.shape) for x in sequences)
            raise ShapeError(
                f"A loop takes sequences of one length, not of shapes {shapes or '(none)'}."
            )
        body = record_body(self, step, sequences, states, backwards)
        known = next(
            (x for x in sequences if x.shape and x.shape[0] is not None), sequences[0]
        )
        specs = body.specs(known.spec)
        whole = self.node(
            "loop", Spec(None, ""), [*sequences, *states, *body.outer], data=body
        )
        last, outputs = self._unpacked(specs, whole)
        return last, outputs

    def gradients(self, loss: Any, variables: Sequence[Any]) -> list[Node]:
        """Returns nodes for the gradients of `loss` (summed, if it is no scalar) by
        each of `variables`.

        # Raises
            GraphError: naming a variable that the loss doesn't depend on.
            ArgumentError: if one isn't a tensor of floats.
        """
        for node in (loss, *variables):
            if not self.owns(node) or not node.dtype.startswith("float"):
                raise ArgumentError(
                    f"gradients takes tensors of floats of one backend, not {node!r:.200}."
                )
        behind = reachable([loss])
        for node in variables:
            if node not in behind:
                raise GraphError(
                    f"The loss {loss.name} doesn't depend on {node!r}; it has no such gradient."
                )
        found: list[Node] = []
        for group in _independent(variables):
            whole = self.node("gradients", Spec(None, ""), (loss, *group))
            found += self._unpacked([variable.spec for variable in group], whole)
        return found


def _independent(variables: Sequence[Node]) -> list[list[Node]]:
    """Splits variables that depend on one another: each then gets its total derivative
    on every engine."""
    inner = reachable(parent for node in variables for parent in node.parents)
    return (
        [list(variables)]
        if inner.isdisjoint(variables)
        else [[node] for node in variables]
    )


class _Replay:
    """One evaluation of a graph, on values or on the engine's tracers."""

    def __init__(
        self,
        recorder: Recorder,
        values: dict[Node, Any],
        phase: int,
        targets: set[Node],
    ) -> None:
        self.recorder, self.values, self.phase, self.targets = (
            recorder,
            values,
            phase,
            targets,
        )
        self.computed: set[Node] = set()

    def compute(self, roots: Sequence[Node], given: Iterable[Node]) -> None:
        """Computes gradients first, so that an engine that differentiates in place
        finds what they need."""
        nodes = reachable(roots, given, self.phase)
        self.run(
            sorted((n for n in nodes if n.kind == "gradients"), key=lambda n: n.id)
        )
        self.run(roots)

    def run(self, roots: Iterable[Node]) -> None:
        waiting = list(roots)
        with layers_named(waiting, lambda node: reachable([node]), self.values):
            while waiting:
                node = waiting[-1]
                if node in self.values:
                    check_sizes(node, self.values)
                    waiting.pop()
                elif missing := [n for n in self._needed(node) if n not in self.values]:
                    waiting += missing
                else:
                    self.values[node] = self._computed(node)
                    self.computed.add(node)

    def _needed(self, node: Node) -> Sequence[Node]:
        return (
            node.parents[1:] if node.kind == "gradients" else sources(node, self.phase)
        )

    def _computed(self, node: Node) -> Any:
        if node.kind == "gradients":
            return self._gradients(node)
        if node.kind == "loop":
            return self._loop(node)
        compute, needed = node.fn, self._needed(node)
        if node.shortcut is not None and node.parents[0] in self.computed.difference(
            self.targets
        ):
            compute, needed = node.shortcut, node.parents[0].parents
        values = [self.values[n] for n in needed]
        shapes = [tuple(getattr(value, "shape", ())) for value in values]
        with self.recorder.explained(node.name, shapes, DataError):
            value = compute(*values) if node.kind == "op" else values[0]
        return (
            self.recorder.engine.convert(value, None) if node in self.targets else value
        )

    def _gradients(self, node: Node) -> list[Any]:
        loss, *variables = node.parents
        start = [self.values[v] for v in variables]
        fresh: list[Node] = []

        def forward(values: list[Any]) -> tuple[Any, list[Any]]:
            inner = self.values
            if any(a is not b for a, b in zip(values, start, strict=True)):
                stale = depending(loss, variables, self.phase)
                inner = {n: v for n, v in self.values.items() if n not in stale}
                inner.update(zip(variables, values, strict=True))
            before = set(inner)
            _Replay(self.recorder, inner, self.phase, self.targets).run([loss])
            fresh[:] = [n for n in inner if n not in before]
            return inner[loss], [inner[n] for n in fresh]

        gradients, computed = self.recorder.engine.gradients(forward, start)
        self.values.update(zip(fresh, computed, strict=True))
        return gradients

    def _loop(self, node: Node) -> Any:
        body, engine = node.data, self.recorder.engine
        sequences, states = body.arguments(node)
        outer = [
            n for n in body.outer if n in self.values and n is not self.recorder.phase
        ]

        def step(
            place: Any, slices: Any, states: Any, captured: Any
        ) -> tuple[list[Any], list[Any]]:
            values = dict(zip(outer, captured, strict=True))
            values |= {
                n: engine.fold(values[n], place)
                for n in body.streams.intersection(outer)
            }
            values |= {
                n: engine.convert(values[n], None)
                for n in body.targets.intersection(outer)
            }
            values |= zip((*body.slices, *body.states), (*slices, *states), strict=True)
            values[self.recorder.phase] = self.phase
            roots = (*body.new, *body.outputs)
            _Replay(self.recorder, values, self.phase, body.targets).compute(
                roots, list(values)
            )
            found = [engine.convert(values[root], root.dtype) for root in roots]
            return found[: len(body.new)], found[len(body.new) :]

        along, first, captured = (
            [self.values[n] for n in nodes] for nodes in (sequences, states, outer)
        )
        types = [output.dtype for output in body.outputs]
        with self.recorder.explained(
            node.name, [x.shape for x in along + first], DataError
        ):
            return engine.loop(step, along, first, captured, types, body.backwards)


class Program:
    """What a function computes, as a pure function.

    # Properties
        variables: the variables whose values it takes.
        written: the variables whose new values it returns.
        streams: the leaves that it draws random numbers from; without any, the counter
            doesn't matter.
        options: dict, what `K.function` was told for the engine.
        differentiates: whether it computes gradients.
    """

    def __init__(
        self,
        recorder: Recorder,
        inputs: list[Node],
        outputs: list[Node],
        updates: list[tuple[Node, Node]],
        phased: bool,
        options: Any,
    ) -> None:
        self.recorder, self.inputs, self.outputs, self.options = (
            recorder,
            inputs,
            outputs,
            options,
        )
        self.written, self._new = [v for v, _ in updates], [new for _, new in updates]
        behind = (
            reachable([*self.outputs, *self._new], inputs)
            .union(self.written)
            .difference(inputs)
        )
        ordered = sorted(behind, key=lambda node: node.id)
        for node in ordered:
            if node.kind == "placeholder" or (
                not phased and node.kind in ("phase", "select")
            ):
                missing = node if node.kind == "placeholder" else recorder.phase
                raise ArgumentError(
                    f"The function depends on {missing!r}. Add that to its inputs."
                )
        self.variables = [node for node in ordered if node.kind == "variable"]
        self.streams = [node for node in ordered if node.kind == "stream"]
        self._targets = {
            v for node in ordered if node.kind == "gradients" for v in node.parents[1:]
        }
        self.differentiates = bool(self._targets)
        self._ones: list[tuple[Node, Any]] = []

    def with_ones(self, shapes: Mapping[int, tuple[int, ...]]) -> Program:
        """Returns the program without its inputs of these places, which are ones of
        these shapes."""
        made = copy.copy(self)
        made.inputs = [
            node for place, node in enumerate(self.inputs) if place not in shapes
        ]
        made._ones = [
            (node, ones(shapes[i], node.dtype))
            for i, node in enumerate(self.inputs)
            if i in shapes
        ]
        return made

    def __call__(
        self, feeds: Any, state: Any, phase: int, counter: Any, seeds: Any = None
    ) -> tuple[list[Any], list[Any]]:
        """Computes.

        # Arguments
            feeds: the inputs' values.
            state: the values of `variables`.
            phase: 0 or 1, a plain int.
            counter: the number of the step.
            seeds: those of `streams`; by default the ones that they have.

        # Returns
            The outputs, and the new values of `written`; all computed from the old
            values.
        """
        engine = self.recorder.engine
        values: dict[Node, Any] = {self.recorder.phase: phase}
        seeds = [node.data.seed for node in self.streams] if seeds is None else seeds
        values.update(
            (n, engine.key(seed, counter))
            for n, seed in zip(self.streams, seeds, strict=True)
        )
        values.update(
            zip((*self.variables, *self.inputs), (*state, *feeds), strict=True)
        )
        values.update(
            (node, engine.convert(array, node.dtype)) for node, array in self._ones
        )
        given = [*self.inputs, *(node for node, _ in self._ones)]
        replay = _Replay(self.recorder, values, phase, self._targets)
        with self.recorder.running():
            replay.compute((*self.outputs, *self._new), given)
            new = zip(self.written, self._new, strict=True)
            return (
                [engine.convert(values[node], node.dtype) for node in self.outputs],
                [
                    engine.convert(values[node], variable.dtype)
                    for variable, node in new
                ],
            )


class RecordedFunction(Function):
    """A Function over recorded nodes: compiled once per phase and shapes of its
    inputs."""

    def __init__(
        self,
        backend: Any,
        recorder: Recorder,
        inputs: Any,
        outputs: Any,
        updates: Any,
        **options: Any,
    ) -> None:
        super().__init__(backend, inputs, outputs, updates)
        pairs = [
            (variable, _new_value(recorder, variable, new))
            for variable, new in self.updates
        ]
        lifted, phased = (
            [recorder.lift(x) for x in self.outputs],
            self.phase_index is not None,
        )
        self.program = Program(
            recorder, self.placeholders, lifted, pairs, phased, options
        )
        self._engine, self._lock = recorder.engine, threading.RLock()
        self._steps: dict[Any, _Compiled] = {}
        self._loops: dict[Any, tuple[int, _Compiled]] = {}

    def _advance(self, steps: int) -> int:
        draws = [node.data for node in self.program.streams]
        if not draws:
            return 0
        with self._lock:
            counter = max(stream.position for stream in draws)
            for stream in draws:
                stream.position = (counter + steps) % 2**31
        return int(counter)

    def get_random_state(self) -> list[list[int]]:
        """Returns seed and counter of each random operation."""
        return [[node.data.seed, node.data.position] for node in self.program.streams]

    def set_random_state(self, draws: Any) -> None:
        """Sets seeds and counters; what was compiled with other seeds is compiled
        again."""
        if len(draws) != len(self.program.streams):
            raise ArgumentError(
                f"set_random_state received the seeds of {len(draws)} random operations; this function has "
                f"{len(self.program.streams)}. Build the model as it was built when they were kept."
            )
        with self._lock:
            for node, (seed, position) in zip(self.program.streams, draws, strict=True):
                node.data.seed, node.data.position = seed, position
            self._steps.clear()
            self._loops.clear()

    def run(self, arrays: list[Any], phase: int | None) -> list[Any]:
        """Runs once on checked arrays."""
        chosen, (places, rest) = phase or 0, without_ones(arrays)
        key = (chosen, places, *[tuple(array.shape) for array in arrays])
        with self._lock:
            if key not in self._steps:
                program = self.program.with_ones(
                    {place: arrays[place].shape for place in places}
                )
                with kept_interrupts():
                    self._steps[key] = self._engine.compile(program, chosen, rest)
        return self._steps[key](rest, self._advance(1))

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Copies whole data sets to the device, for `loop`."""
        pairs = self.check_upload(arrays)
        return Upload(
            [
                ones(x.shape, dtype) if is_ones(x) else self._engine.put(x, dtype)
                for x, dtype in pairs
            ]
        )

    def loop(self, handle: Upload, index: Any, phase: int | None = None) -> list[Any]:
        """Runs one step per row of `index` in one compiled call; see
        `Function.loop`."""
        held, rows = handle.arrays, self.check_index(handle, index)
        chosen = 0 if phase is None else self.check_phase(phase)
        (steps, batch), (places, rest) = rows.shape, without_ones(held)
        key = (chosen, places, batch, *[array.shape[1:] for array in held])
        shapes = {place: (batch, *held[place].shape[1:]) for place in places}
        if steps == 1 and key not in self._loops:
            return [
                output[None]
                for output in self.run(self._rows(rest, rows[0], shapes), chosen)
            ]
        with self._lock:
            most, run = self._loops.get(key, (0, None))
            if run is None or most < steps:
                most = capacity(steps, batch, rest)
                program = self.program.with_ones(shapes)
                with kept_interrupts():
                    run = self._engine.compile_loop(
                        program, chosen, rest, lengthened(rows, most)
                    )
                self._loops[key] = (most, run)
        padded = lengthened(rows, most)
        outputs = run(rest, padded, steps, self._advance(steps))
        if any(len(output) < steps for output in outputs):
            raise GraphError(
                f"The engine lost steps of a loop of {steps}. Pass batches one by one instead."
            )
        return [output[:steps] for output in outputs]

    def _rows(
        self, arrays: list[Any], index: Any, shapes: Mapping[int, tuple[int, ...]]
    ) -> list[Any]:
        """Returns the rows of all inputs, those of these places being ones of these
        shapes."""
        found = self._engine.rows(arrays, index)
        for place, shape in shapes.items():
            found.insert(place, ones(shape, self.feeds[place].dtype))
        return found


def _new_value(recorder: Recorder, variable: Any, new: Any) -> Any:
    if not recorder.owns(variable) or variable.kind != "variable":
        raise ArgumentError(
            f"An update changes a variable of its backend, not {variable!r:.200}."
        )
    node = recorder.lift(new, variable.dtype)
    sizes, wanted = node.shape or (), variable.shape or ()
    fits = len(sizes) == len(wanted) and all(
        a in (None, b) for a, b in zip(sizes, wanted, strict=True)
    )
    if node.shape is not None and not fits:
        raise ShapeError(
            f"{variable.name} has shape {wanted}; its update can't have shape {sizes}."
        )
    return node
