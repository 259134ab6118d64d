"""The recorder: operations on nodes become further nodes.

An operation on a `LazyTensor` is not computed. It records a new node, which knows the
nodes that it is computed from. Only the nodes hold the graph: each refers to its
parents, so nodes that nobody uses are freed. Besides operations there are

- placeholders and variables, which get their values from outside;
- the learning phase, and choices by it, of which only the branch taken is computed;
- streams, which give random operations a key that differs at each step;
- gradients, which the engine computes over a run of their loss;
- loops, whose step is a graph of its own, run in a loop of the engine.

`oneiros_backend_toolkit.lazy_graph.program` says how a graph is computed.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from oneiros.errors import BackendMixError, GraphError, OneirosError, ShapeError
from oneiros.typing import Shape, Tensors

from oneiros_backend_toolkit.explained import is_of_engine, of_engine, operator_refusal
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.graph import (
    Derivatives,
    Operation,
    Phase,
    PhaseSwitch,
    RandomStream,
    Source,
    reachable,
)
from oneiros_backend_toolkit.lazy_graph.loop_bodies import record_body
from oneiros_backend_toolkit.lazy_graph.recorded_call import (
    RecordedCall,
    leaves_of,
    map_tree,
)
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Nodes, Spec
from oneiros_backend_toolkit.operands import UnsuitedError
from oneiros_backend_toolkit.tensors import AnyFunction, LoopStep

ValueOf = Callable[[LazyTensor], Any]
REMEMBERED_INFERENCES = 4096
"""Maximum number to keep; a large model has a few hundred different ones.

Without this, building and differentiating 21 dense layers with batch normalization
takes 12 times as long on JAX, 19 times on TensorFlow (`benchmarks/mechanisms.py
inferences`)."""


UNKNOWN = Spec(None, "")
"""Of a node whose value has several parts, or isn't inferred yet."""


class _ComputingState(threading.local):
    is_computing = False
    value_of: ValueOf | None = None


class Recorder:
    """Records nodes for one engine.

    # Arguments
        engine: the Engine.
        tensor_class: the class of its tensors.

    # Properties
        engine: the Engine.
        phase: the node that stands for the learning phase.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros_backend_toolkit.lazy_graph.graph import Placeholder
        from oneiros_backend_toolkit.lazy_graph.tensors import Spec

        recorder = K.load("jax").recorder
        x = recorder.node(Placeholder(), Spec((None, 3), "float32"))
        y = recorder.record(lambda x: x * 2, (x,)) + 1
        print(y.shape)  # (None, 3)
        ```
    """

    def __init__(self, engine: Engine, tensor_class: type[LazyTensor] = LazyTensor):
        self.engine = engine
        self._tensor_class = tensor_class
        self._thread_state = _ComputingState()
        self._inferences: dict[Any, Any] = {}
        spec = Spec((), "int32")
        self.phase = self.node(Phase(), spec, name="keras_learning_phase")

    # Nodes

    def node(
        self, source: Source, spec: Spec, parents: Nodes = (), **details
    ) -> LazyTensor:
        """Makes a node.

        # Arguments
            source: the Source of its value.
            spec: the Spec of its value.
            parents: the nodes it is computed from.
            details: further arguments of LazyTensor.

        # Raises
            GraphError: inside of a function that computes with values.
        """
        self._check_recording()
        return self._tensor_class(self, source, spec, parents, **details)

    def owns(self, x) -> bool:
        """Returns whether `x` is a node of this recorder."""
        return isinstance(x, LazyTensor) and x.recorder is self

    def lift(self, value, dtype: str | None = None):
        """Returns a node of `value`, of type `dtype` unless that is None."""
        if self.owns(value) and dtype in (None, value.dtype):
            return value

        def converted(x=value):
            return self.engine.convert(x, dtype)

        args: tuple[Any, ...] = (value,)
        if self.engine.is_tensor(value):
            # Of the engine's own tensors alone a call would be computed at once.
            args = ()
        return self.record(converted, args, label="conversion")

    def stream(self, seed: int) -> LazyTensor:
        """Makes a node that gives a random function its key, new at each step."""
        return self.node(RandomStream(seed), self.engine.key_spec)

    def select(self, in_training, in_testing) -> LazyTensor:
        """Returns a node that is one tensor in training, and another in testing."""
        self._check_recording()
        chosen = self.lift(in_training)
        other = self.lift(in_testing, chosen.dtype)
        shape = None
        if chosen.shape is not None and other.shape is not None:
            shape = _shape_of_either(chosen.shape, other.shape)
        spec = Spec(shape, chosen.dtype, traces=chosen.spec.traced_shapes)
        return self.node(PhaseSwitch(), spec, (chosen, other))

    # Operations

    def record(
        self,
        fn: AnyFunction,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
        label: str = "",
        wrap: bool = True,
    ):
        """Records `fn(*args, **kwargs)`.

        If it concerns the engine's own tensors, it is computed at once.

        # Arguments
            fn: function of the engine.
            args, kwargs: its arguments; nodes may be nested in tuples, lists and dicts.
            label: str, what messages call the function.
            wrap: whether an engine's error is replaced by one in the terms of `K`;
                False for the user's own functions.

        # Returns
            A node, or the tuples, lists and dicts of nodes that `fn` returns.

        # Raises
            ShapeError: if the engine refuses tensors of these Specs.
            BackendMixError: if there are nodes of another recorder among the arguments.
        """
        label = label or getattr(fn, "__name__", "function")
        call = RecordedCall.of(fn, args, kwargs or {})
        computes_at_once = self.is_computing or self.engine.is_tensor(args)
        if not call.parents and computes_at_once:
            return fn(*args, **kwargs or {})
        value_of = self._thread_state.value_of
        if value_of is not None:
            values = map(value_of, call.parents)
            return call(*values)
        operation = Operation(call, call.elementwise)
        node = self.node(operation, UNKNOWN, call.parents, label=label)
        self._check_backends(label, call.parents)
        shapes = [parent.shape for parent in call.parents]
        with self.computing(), self.explained(label, shapes, ShapeError, wrap):
            specs = self._infer(call)
        if not isinstance(specs, Spec):
            return self._unpacked(specs, node)
        node.spec = specs
        return node

    def record_operator(self, name: str, args, label: str | None = None):
        """Records one of Python's operators, by the name of its method.

        # Raises
            ShapeError: if the shapes don't fit.
            TypeError: if an argument isn't a tensor, array or number.
        """
        try:
            function = self.engine.operator(name)
            return self.record(function, args, label=label or name)
        except ShapeError as error:
            if len(args) < 2 or not is_of_engine(error):
                raise
            raise operator_refusal(name, args, _static_shape, error) from None

    def again(self, node: LazyTensor) -> AnyFunction:
        """Returns a function that applies an op to other tensors.

        It records the result.
        """
        call = partial(node.source.fn)
        # Partials take attributes.
        call.elementwise = node.source.elementwise  # type: ignore[attr-defined]
        return lambda *parents: self.record(call, parents, label=node.name)

    @contextmanager
    def computing(self, value_of: ValueOf | None = None) -> Iterator[None]:
        """Context in which functions of the backend compute at once, on the engine's
        own tensors.

        # Arguments
            value_of: gives the values of nodes from outside, which can't be used
                without it.
        """
        state = self._thread_state
        was_computing = state.is_computing
        value_before = state.value_of
        try:
            state.is_computing = True
            state.value_of = value_of
            yield
        finally:
            state.is_computing = was_computing
            state.value_of = value_before

    @property
    def is_computing(self) -> bool:
        """Whether functions of the backend compute at once."""
        return self._thread_state.is_computing

    def supplied(self, x):
        """Returns a node's value if `computing` knows it, or else the object itself."""
        value_of = self._thread_state.value_of
        if value_of is None or not self.owns(x):
            return x
        return value_of(x)

    @contextmanager
    def explained(
        self, label: str, shapes, error: type[Exception], wrap: bool = True
    ) -> Iterator[None]:
        """Context in which an error of the engine is described by `label` and `shapes`.

        # Arguments
            label: str, what computes.
            shapes: those of the tensors that it was given.
            error: the class of the error to raise.
            wrap: whether to raise it; else the engine's own error gets a note.
        """
        try:
            yield
        except OneirosError as cause:
            if error is ShapeError or not isinstance(cause, UnsuitedError):
                raise
            raise error(f"{_received(label, shapes)}: {cause}") from None
        except self.engine.errors as cause:
            received = _received(label, shapes)
            reason = self.engine.reason(cause)
            if not wrap:
                cause.add_note(f"Oneiros: {received}.")
                raise
            if error is ShapeError:
                refusal = ShapeError(f"{received}, which don't fit.")
                raise of_engine(refusal, reason) from None
            raise error(f"{received}: {reason}") from None

    # Loops and gradients

    def loop(
        self,
        step: LoopStep,
        sequences: Sequence[Any],
        states: Sequence[Any],
        backwards: bool = False,
    ) -> tuple[Tensors, Tensors]:
        """Records a loop over the first axis of `sequences`.

        It carries states along.

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

        # Raises
            ShapeError: if a step changes a shape.
        """
        along = [self.lift(x) for x in sequences]
        first = [self.lift(x) for x in states]
        body = record_body(self, step, along, first, backwards)
        sequence = along[0]
        for x in along:
            if x.shape and x.shape[0] is not None:
                sequence = x
        specs = body.result_specs(sequence.spec)
        parents = [*along, *first, *body.outer]
        node = self.node(body, UNKNOWN, parents, label="loop")
        last, outputs = self._unpacked(specs, node)
        return last, outputs

    def gradients(self, loss, variables) -> Nodes:
        """Returns nodes for the gradients of a loss by each of `variables`.

        # Arguments
            loss: node of floats; it is summed if it is no scalar.
            variables: nodes of floats that it depends on.
        """
        result: list[LazyTensor] = []
        for group in _independent(variables):
            node = self.node(Derivatives(), UNKNOWN, (loss, *group))
            specs = [variable.spec for variable in group]
            result += self._unpacked(specs, node)
        return result

    def of_engine(self, x) -> str:
        """Returns the end of a message about what must be a variable of `K`.

        It says something only where `x` is the engine's own.
        """
        if not self.engine.is_tensor(x):
            return ""
        return (
            f" That is {self.engine.name}'s own: make variables with K.variable(value),"
            f" and weights with add_weight(shape, initializer)."
        )

    def parts(self, source: Source, specs, parents: Nodes):
        """Returns nodes for the parts of a value, in the form of their Specs."""
        node = self.node(source, UNKNOWN, parents)
        return self._unpacked(specs, node)

    # Parts of the above

    def _check_recording(self) -> None:
        if self.is_computing:
            raise GraphError(
                "A function that computes with values made a tensor of the graph, or "
                "used one from outside. Create it outside and pass it as an argument: "
                "K.apply(fn, x, y) calls fn with both values."
            )

    def _infer(self, call: RecordedCall):
        """Returns the Specs of a call's result, remembered where calls are the same."""
        key = call.signature
        try:
            specs = self._inferences.get(key)
        except TypeError:  # Specs that hold arrays can't be looked up
            key = specs = None
        if specs is None:
            received = [parent.spec for parent in call.parents]
            specs = self.engine.infer(call, received)
            if key is not None and len(self._inferences) < REMEMBERED_INFERENCES:
                self._inferences[key] = specs
        return specs

    def _check_backends(self, label: str, parents: Nodes) -> None:
        others = [node for node in parents if node.recorder is not self]
        if others:
            names = {node.recorder.engine.name for node in others}
            names.add(self.engine.name)
            raise BackendMixError(
                f"{label} received tensors of two backends: {', '.join(sorted(names))}."
            )

    def _unpacked(self, specs, node: LazyTensor):
        """Returns nodes for the parts of a node's value, in the form of `specs`."""
        places = itertools.count()

        def part(spec: Spec) -> LazyTensor:
            source = Operation(partial(_leaf, next(places)))
            return self.node(source, spec, (node,))

        return map_tree(part, specs)


def _shape_of_either(chosen: Shape, other: Shape) -> Shape:
    """Returns what is known of the shape of what the learning phase chooses."""
    pairs = list(itertools.zip_longest(chosen, other))
    fits = len(chosen) == len(other)
    for a, b in pairs:
        is_flexible = None in (a, b) or 1 in (a, b)
        if a != b and not is_flexible:
            fits = False
    if not fits:
        refusal = ShapeError(
            f"The learning phase can't choose between shapes {chosen} and {other}."
        )
        raise of_engine(refusal, "")
    return tuple(a if a == b else None for a, b in pairs)


def _received(label: str, shapes) -> str:
    shown = ", ".join(map(str, shapes)) or "(none)"
    return f"{label} received tensors of shapes {shown}"


def _static_shape(x):
    """Returns the shape of a node as far as it is known, None for anything else."""
    if not isinstance(x, LazyTensor):
        return None
    if x.shape is None:
        return "unknown"
    return x.shape


def _leaf(place: int, tree):
    return leaves_of(tree)[place]


def _independent(variables: Nodes) -> list[Nodes]:
    """Splits variables that depend on one another.

    Each then gets its total derivative on every engine.
    """
    inner = reachable(parent for node in variables for parent in node.parents)
    if inner.isdisjoint(variables):
        return [list(variables)]
    return [[node] for node in variables]
