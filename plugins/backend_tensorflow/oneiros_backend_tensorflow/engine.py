"""TensorFlow as an engine of the recorder: inference of shapes, storage of variables, compiled functions."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, GraphError
from oneiros.recorder import Program, Spec

from oneiros_backend_tensorflow._ops import OPERATORS
from oneiros_backend_tensorflow.conversion import pinned
from oneiros_backend_tensorflow.quiet import tf

XLA_VARIABLE = "ONEIROS_TENSORFLOW_XLA"
_LOST_IN_XLA = {"Assert", "CheckNumerics", "CheckNumericsV2", "EagerPyFunc", "PrintV2", "PyFunc"}
_SLOW_IN_XLA_ON_CPU = {
    "Conv2D", "Conv2DBackpropFilter", "Conv2DBackpropInput", "Conv3D", "Conv3DBackpropFilterV2",
    "Conv3DBackpropInputV2", "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
}  # fmt: skip
_NOISE = ("Graph execution error", "Detected at node", "File ", "<stack traces", "[[{{")

Array = np.ndarray[Any, Any]


class Cell:
    """Where a variable lives: an array until a function needs it, then a `tf.Variable`.

    So building a model neither touches a GPU nor allocates its memory.
    """

    _lock = threading.Lock()

    def __init__(self, array: Array) -> None:
        self._array: Array | None = array
        self._variable: Any = None

    @property
    def variable(self) -> Any:
        """The `tf.Variable`."""
        with self._lock:
            if self._variable is None:
                with tf.init_scope():
                    self._variable = tf.Variable(self._array)
                self._array = None
        return self._variable

    def get(self) -> Array:
        """Returns a copy of the value."""
        array = self._array
        return np.array(self._variable.numpy() if array is None else array)

    def set(self, array: Array) -> None:
        """Stores an array, which is the cell's from now on."""
        with self._lock:
            if self._variable is None:
                self._array = array
                return
        self._variable.assign(array)


class Compiled:
    """A graph function bound to its variables, run through XLA where that works and pays.

    # Arguments
        fn: function of a list of `tf.Variable`s, and of tensors. TensorFlow would trace it twice if it captured
            the variables instead.
        program: the Program that has these variables.
        signature: the tensors' `tf.TensorSpec`s.
    """

    def __init__(self, fn: Callable[..., Any], program: Program, signature: list[Any]) -> None:
        xla, variables = program.options["xla"], [node.data.variable for node in program.variables]
        with tf.init_scope():
            plain = tf.function(fn, autograph=False).get_concrete_function(variables, *signature)
            self._run = self._plain = _direct(plain, variables)
            if _suits_xla(plain) if xla is None else xla:
                compiled = tf.function(lambda *args: plain(*args), autograph=False, jit_compile=True)
                self._run = _direct(compiled.get_concrete_function(variables, *signature), variables)
        self._tried = self._run is self._plain

    def __call__(self, *tensors: Any) -> list[Array]:
        """Returns the outputs as arrays."""
        if self._tried:
            return [np.asarray(output.numpy()) for output in self._run(*tensors)]
        try:
            outputs = self._run(*tensors)
        except tf.errors.OpError:
            outputs = self._plain(*tensors)
            self._run = self._plain
        self._tried = True
        return [np.asarray(output.numpy()) for output in outputs]


def _direct(concrete: Any, variables: list[Any]) -> Callable[..., list[Any]]:
    """Returns the shortest way to call a concrete function: half the time of calling it itself."""
    call, captured = concrete.inference_fn.call_flat, list(concrete.captured_inputs)
    handles = [variable.handle for variable in variables]
    return lambda *tensors: call(*handles, *tensors, *captured)


def _suits_xla(concrete: Any) -> bool:
    graph = concrete.graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    kinds = {node.op for node in nodes}
    if kinds & _LOST_IN_XLA:
        return False
    return bool(tf.config.list_logical_devices("GPU")) or not kinds & _SLOW_IN_XLA_ON_CPU


def xla_setting() -> bool | None:
    """Returns what the environment variable ONEIROS_TENSORFLOW_XLA says: `on`, `off`, or `auto` (None)."""
    value = os.environ.get(XLA_VARIABLE, "auto").strip().lower()
    known = {"on": True, "1": True, "off": False, "0": False, "auto": None, "": None}
    if value not in known:
        raise ArgumentError(f"{XLA_VARIABLE} is {value!r}; it takes on, off or auto.")
    return known[value]


class TensorFlowEngine:
    """See `oneiros.recorder.Engine`."""

    name = "tensorflow"
    errors: tuple[type[Exception], ...] = (
        ValueError, TypeError, tf.errors.InvalidArgumentError, tf.errors.OutOfRangeError,
        tf.errors.FailedPreconditionError, tf.errors.UnimplementedError, tf.errors.NotFoundError,
    )  # fmt: skip
    key_spec = Spec((2,), "int32")

    def is_tensor(self, x: Any) -> bool:
        """Tells whether `x` is, or holds, a tensor or variable of TensorFlow."""
        if isinstance(x, (list, tuple)):
            return any(self.is_tensor(part) for part in x)
        return bool(tf.is_tensor(x))

    def reason(self, error: Exception) -> str:
        """Returns what an error says, without the names of nodes in TensorFlow's graphs."""
        lines = (line.strip() for line in (getattr(error, "message", None) or str(error)).splitlines())
        text = next((line for line in lines if line and not line.startswith(_NOISE)), repr(error))
        while text.startswith("{{"):
            text = text.partition("}}")[2].strip()
        return text.partition(" for '{{node")[0].partition(" [Op:")[0]

    def operator(self, name: str) -> Callable[..., Any]:
        """Returns the function behind a Python operator."""
        return pinned(OPERATORS[name])

    def infer(self, call: Callable[..., Any], specs: list[Spec]) -> Any:
        """Runs `call` on placeholders in a graph of its own, which is then dropped."""
        with tf.__internal__.FuncGraph("inference").as_default():
            return tf.nest.map_structure(_spec, call(*[_symbol(spec) for spec in specs]))

    def convert(self, value: Any, dtype: str | None) -> Any:
        """Returns a new tensor."""
        if dtype is None or (tf.is_tensor(value) and value.dtype == dtype):
            return tf.identity(value)
        return tf.cast(value, dtype)

    def key(self, seed: int, counter: Any) -> Any:
        """Returns what TensorFlow's stateless random functions take as their seed."""
        return tf.stack([tf.constant(seed, tf.int32), counter])

    def gradients(self, forward: Callable[..., Any], values: list[Any]) -> tuple[list[Any], list[Any]]:
        """Differentiates in place, in the graph that is being traced."""
        loss, computed = forward(values)
        found = tf.gradients(loss, values, unconnected_gradients="zero")
        return [_dense(gradient) for gradient in found], computed

    def put(self, array: Array) -> Any:
        """Copies an array to the device."""
        return tf.constant(array)

    def compile(self, program: Program, phase: int, arrays: list[Array]) -> Callable[..., list[Array]]:
        """Returns one step as a graph function."""

        def step(variables: list[Any], counter: Any, *feeds: Any) -> list[Any]:
            outputs, new = program(feeds, [v.read_value() for v in variables], phase, counter)
            _store([variables[place] for place in places], new, outputs)
            return outputs

        places = _places(program)
        compiled = Compiled(step, program, _signature([array.shape for array in arrays], program))
        types = [node.dtype for node in program.inputs]

        def run(arrays: list[Array], counter: int) -> list[Array]:
            feeds = [tf.constant(array, dtype) for array, dtype in zip(arrays, types, strict=True)]
            return compiled(tf.constant(counter), *feeds)

        return run

    def compile_loop(
        self, program: Program, phase: int, arrays: list[Any], index: Array
    ) -> Callable[..., list[Array]]:
        """Returns many steps as one graph function; their batches are gathered on the device beforehand."""
        steps, places = index.shape[0], _places(program)

        def many(variables: list[Any], counter: Any, count: Any, *feeds: Any) -> list[Any]:
            state = [variable.read_value() for variable in variables]

            def body(i: Any, written: list[Any], results: list[Any]) -> Any:
                current = list(state)
                for place, value in zip(places, written, strict=True):
                    current[place] = value
                outputs, new = program([feed[i] for feed in feeds], current, phase, counter + i)
                return i + 1, new, [r.write(i, output) for r, output in zip(results, outputs, strict=True)]

            results = [tf.TensorArray(node.dtype, steps) for node in program.outputs]
            start = (tf.constant(0), [state[place] for place in places], results)
            _, new, results = tf.while_loop(lambda i, *_: i < count, body, start)
            _store([variables[place] for place in places], new, [])
            return [result.stack() for result in results]

        shapes = [(*index.shape, *array.shape[1:]) for array in arrays]
        compiled = Compiled(many, program, [tf.TensorSpec((), tf.int32), *_signature(shapes, program)])

        def run(arrays: list[Any], index: Array, steps: int, counter: int) -> list[Array]:
            rows = tf.constant(index)
            feeds = [tf.gather(array, rows) for array in arrays]
            return compiled(tf.constant(counter), tf.constant(steps), *feeds)

        return run


def _signature(shapes: Sequence[Any], program: Program) -> list[Any]:
    types = [node.dtype for node in program.inputs]
    return [tf.TensorSpec((), tf.int32), *map(tf.TensorSpec, shapes, types)]


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
        return tf.stack([tf.compat.v1.placeholder(spec.dtype, ()) if n is None else n for n in spec.known])
    return tf.compat.v1.placeholder(spec.dtype, spec.shape)


def _spec(x: Any) -> Spec:
    if x is None or isinstance(x, tf.Operation):
        raise GraphError("The function returns no tensor, so nothing of it would be computed.")
    x = tf.convert_to_tensor(x)
    return Spec(None if x.shape.rank is None else tuple(x.shape), x.dtype.name)


def _dense(gradient: Any) -> Any:
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows = tf.cast(gradient.dense_shape[0], tf.int32)
    return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, rows)
