"""TensorFlow as an engine of the recorder: inference of shapes, storage of variables,
compiled functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.errors import GraphError
from oneiros_backend_toolkit.batches import aligned_copy, are_host, batches_of, rows_of
from oneiros_lazy_graph.nodes import Spec
from oneiros_lazy_graph.pinning import pinned
from oneiros_lazy_graph.program import Program

from oneiros_backend_tensorflow.compiled import (
    BAD_INPUT,
    Compiled,
    Staging,
    lent,
    reason,
)
from oneiros_backend_tensorflow.derivatives import dense, while_tracing
from oneiros_backend_tensorflow.devices import in_host_memory, on_device, scope
from oneiros_backend_tensorflow.loops import Arguments, Loop
from oneiros_backend_tensorflow.operations import OPERATORS
from oneiros_backend_tensorflow.quiet import dismantle_func_graph, tf

Array = np.ndarray[Any, Any]


class TensorFlowEngine:
    """See `oneiros_lazy_graph.recorder.Engine`."""

    name = "tensorflow"
    errors: tuple[type[Exception], ...] = (ValueError, TypeError, *BAD_INPUT)
    key_spec = Spec((2,), "int32")

    def is_tensor(self, x: Any) -> bool:
        """Tells whether `x` is, or holds, a tensor or variable of TensorFlow."""
        if isinstance(x, (list, tuple)):
            return any(self.is_tensor(part) for part in x)
        return bool(tf.is_tensor(x))

    def reason(self, error: Exception) -> str:
        """Returns what an error says, without the names of nodes in TensorFlow's
        graphs."""
        return reason(error)

    def operator(self, name: str) -> Callable[..., Any]:
        """Returns the function behind a Python operator."""
        return pinned(OPERATORS[name], elementwise=name not in ("getitem", "matmul"))

    def infer(self, call: Callable[..., Any], specs: list[Spec]) -> Any:
        """Runs `call` on placeholders in a graph of its own, which is then dropped."""
        graph = tf.__internal__.FuncGraph("inference")
        try:
            with graph.as_default():
                return tf.nest.map_structure(
                    _spec, call(*[_symbol(spec) for spec in specs])
                )
        finally:
            dismantle_func_graph(graph)

    def convert(self, value: Any, dtype: str | None) -> Any:
        """Returns a new tensor."""
        if dtype is None or (tf.is_tensor(value) and value.dtype == dtype):
            return tf.identity(value)
        return tf.cast(value, dtype)

    def key(self, seed: int, counter: Any) -> Any:
        """Returns what TensorFlow's stateless random functions take as their seed."""
        return tf.stack([seed, counter])

    def fold(self, key: Any, number: Any) -> Any:
        """Returns a key like `key`, another one for each number."""
        return tf.random.experimental.stateless_fold_in(key, number, "philox")

    def gradients(
        self, forward: Callable[..., Any], values: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Differentiates in place, in the graph that is being traced."""
        loss, computed = forward(values)
        found = tf.gradients(loss, values, unconnected_gradients="zero")
        return [dense(gradient) for gradient in found], computed

    def loop(
        self,
        step: Callable[..., Any],
        sequences: list[Any],
        states: list[Any],
        captured: list[Any],
        types: list[str],
        backwards: bool,
    ) -> Any:
        """Takes a step for each place of the first axis of `sequences`."""
        loop = Loop(step, list(map(tf.as_dtype, types)), backwards)
        return loop(Arguments(sequences, states, captured))

    def put(self, array: Array, dtype: Any) -> Any:
        """Copies an array to the device, as one of a type."""
        with scope():
            return (
                lent(aligned_copy(array, dtype))
                if in_host_memory()
                else tf.constant(array, dtype)
            )

    def rows(self, arrays: list[Any], index: Array) -> list[Any]:
        """Returns the rows that an index names, of each array."""
        if are_host(arrays):
            return rows_of(index, arrays)
        with scope():
            return [tf.gather(x, index) for x in arrays]

    def compile(
        self, program: Program, phase: int, arrays: list[Array]
    ) -> Callable[..., list[Array]]:
        """Returns one step as a graph function."""

        def step(variables: list[Any], draws: Any, *feeds: Any) -> list[Any]:
            counter, *seeds = tf.unstack(draws)
            with while_tracing(program):
                outputs, new = program(
                    feeds, [v.read_value() for v in variables], phase, counter, seeds
                )
            _store([variables[place] for place in places], new, outputs)
            return outputs

        places = _places(program)
        compiled = Compiled(
            step, program, _signature([array.shape for array in arrays], program)
        )
        types, draws = [node.dtype for node in program.inputs], _draws(program)
        staging = Staging()

        def run(arrays: list[Array], counter: int) -> list[Array]:
            first = draws(counter)
            if compiled.keeps_nothing and are_host(arrays):
                return staging.run(compiled, first, arrays)
            return compiled(first, *map(tf.constant, arrays, types))

        return on_device(run)

    def compile_loop(
        self, program: Program, phase: int, arrays: list[Any], index: Array
    ) -> Callable[..., list[Array]]:
        """Returns many steps as one graph function; their batches are gathered on the
        device beforehand.

        Where XLA isn't chosen the steps run one by one: TensorFlow's optimizer breaks
        loops in which a tensor is added to itself, and a step that doesn't suit XLA
        takes long enough.
        """
        steps, places = index.shape[0], _places(program)

        def many(
            variables: list[Any], draws: Any, count: Any, *feeds: Any
        ) -> list[Any]:
            counter, *seeds = tf.unstack(draws)
            state = [variable.read_value() for variable in variables]

            def body(i: Any, written: list[Any], results: list[Any]) -> Any:
                current = list(state)
                for place, value in zip(places, written, strict=True):
                    current[place] = value
                with while_tracing(program):
                    outputs, new = program(
                        [feed[i] for feed in feeds], current, phase, counter + i, seeds
                    )
                return (
                    i + 1,
                    new,
                    [
                        r.write(i, output)
                        for r, output in zip(results, outputs, strict=True)
                    ],
                )

            results = [tf.TensorArray(node.dtype, steps) for node in program.outputs]
            start = (tf.constant(0), [state[place] for place in places], results)
            _, new, results = tf.while_loop(lambda i, *_: i < count, body, start)
            _store([variables[place] for place in places], new, [])
            return [result.stack() for result in results]

        def gathered(draws: Any, count: Any, index: Any, *arrays: Any) -> list[Any]:
            return [draws, count, *[tf.gather(array, index) for array in arrays]]

        number, draws = tf.TensorSpec((), tf.int32), _draws(program)
        first, *batches = _signature(
            [(*index.shape, *array.shape[1:]) for array in arrays], program
        )
        whole = _signature([(None, *array.shape[1:]) for array in arrays], program)[1:]
        outer = [first, number, tf.TensorSpec(index.shape, tf.int32), *whole]
        one_by_one = self._one_by_one(program, phase, [spec.shape for spec in batches])
        compiled = Compiled(
            many, program, [first, number, *batches], (gathered, outer), one_by_one
        )
        counted = functools.cache(tf.constant)

        def run(
            arrays: list[Any], index: Array, steps: int, counter: int
        ) -> list[Array]:
            first = [draws(counter), counted(steps)]
            if not are_host(arrays):
                return compiled(*first, tf.constant(index), *arrays)
            if not compiled.by_xla:
                return compiled(*first, index, *arrays)
            make = lent if compiled.keeps_nothing and index.size else tf.constant
            return compiled(
                *first,
                index,
                *arrays,
                ready=[*first, *map(make, batches_of(index, arrays))],
            )

        return on_device(run)

    def _one_by_one(
        self, program: Program, phase: int, shapes: list[Any]
    ) -> Callable[..., list[Any]]:
        """Returns a loop that calls the compiled step; `shapes` are those of the steps'
        batches."""
        step: list[Callable[..., list[Array]]] = []

        def run(draws: Any, count: Any, index: Any, *arrays: Any) -> list[Any]:
            if not step:
                like = [np.broadcast_to(np.float32(0), shape[1:]) for shape in shapes]
                step.append(self.compile(program, phase, like))
            counter = int(draws[0])
            results = [
                step[0](self.rows(list(arrays), index[i]), counter + i)
                for i in range(int(count))
            ]
            return [
                tf.constant(np.stack(values)) for values in zip(*results, strict=True)
            ]

        return run


def _draws(program: Program) -> Callable[[int], Any]:
    """Returns a function that makes a tensor of a step's number and the seeds of the
    random operations.

    Graphs that differ in their seeds alone are one, as are steps.
    """
    seeds = [node.data.seed for node in program.streams]
    if seeds:
        return lambda counter: tf.constant(np.array([counter, *seeds], np.int32))
    with scope():
        zero = tf.constant([0])
    return lambda counter: zero


def _signature(shapes: Sequence[Any], program: Program) -> list[Any]:
    types = [node.dtype for node in program.inputs]
    return [
        tf.TensorSpec((1 + len(program.streams),), tf.int32),
        *map(tf.TensorSpec, shapes, types),
    ]


def _places(program: Program) -> list[int]:
    return [program.variables.index(node) for node in program.written]


def _store(variables: list[Any], new: list[Any], outputs: list[Any]) -> None:
    """Assigns the new values once all of them, and the outputs, are computed."""
    with tf.control_dependencies([*new, *outputs]):
        for variable, value in zip(variables, new, strict=True):
            variable.assign(value, read_value=False)


def _symbol(spec: Spec) -> Any:
    if isinstance(spec.known, int):
        return tf.constant(spec.known, spec.dtype)
    if isinstance(spec.known, tuple):
        return tf.stack(
            [
                tf.compat.v1.placeholder(spec.dtype, ()) if n is None else n
                for n in spec.known
            ]
        )
    return tf.compat.v1.placeholder(spec.dtype, spec.shape)


def _spec(x: Any) -> Spec:
    if x is None or isinstance(x, tf.Operation):
        raise GraphError(
            "The function returns no tensor, so nothing of it would be computed."
        )
    x = tf.convert_to_tensor(x)
    return Spec(None if x.shape.rank is None else tuple(x.shape), x.dtype.name)
