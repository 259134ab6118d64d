"""TensorFlow as an engine of the lazy graph."""

from oneiros.typing import Array, Tensors
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction

from oneiros_backend_tensorflow.derivatives import dense
from oneiros_backend_tensorflow.devices import at_once, in_host_memory, scope
from oneiros_backend_tensorflow.failures import BAD_INPUT, reason
from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.loops import Loop
from oneiros_backend_tensorflow.shape_inference import infer
from oneiros_backend_tensorflow.shared_memory import shared
from oneiros_backend_tensorflow.steps import Steps, rows
from oneiros_backend_tensorflow.tensorflow_import import tf


class TensorFlowEngine(Engine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "tensorflow"
    errors = (ValueError, TypeError, *BAD_INPUT)
    key_spec = Spec((2,), "int32")
    functions = FUNCTIONS
    reason = staticmethod(reason)
    infer = staticmethod(infer)

    # Running

    def traced_once(self, fn: AnyFunction) -> AnyFunction:
        """Returns a function that graphs call by its name."""
        graph_function: AnyFunction = tf.function(fn, autograph=False)
        return graph_function

    def convert(self, value, dtype: str | None):
        """Returns a new tensor."""
        if dtype is None:
            return tf.identity(value)
        if tf.is_tensor(value) and value.dtype == dtype:
            return tf.identity(value)
        return tf.cast(value, dtype)

    def key(self, seed: int, counter):
        """Returns the seed for TensorFlow's stateless random functions."""
        return tf.stack([seed, counter])

    def fold(self, key, number):
        """Returns a key like `key`, another one for each number."""
        return tf.random.experimental.stateless_fold_in(key, number, "philox")

    def gradients(self, forward, values):
        """Differentiates in place, in the graph that is being traced."""
        loss, computed = forward(values)
        gradients = tf.gradients(loss, values, unconnected_gradients="zero")
        return list(map(dense, gradients)), computed

    def loop(self, step, sequences, states, captured, types, backwards):
        """Takes a step for each place of the first axis of `sequences`."""
        loop = Loop(step, backwards)
        return loop(sequences, states, captured)


class TensorFlowFunction(RecordedFunction):
    """A function that TensorFlow computes, as a graph function."""

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type."""
        with at_once(), scope():
            if not in_host_memory():
                return tf.constant(array, dtype)
            copy = aligned_copy(array, dtype)
            return shared(copy)

    def rows(self, arrays: Tensors, index: Array):
        """Returns the rows that an index names, of each array."""
        return rows(arrays, index)

    def compile_step(self, phase: int, arrays: Tensors) -> CompiledStep:
        """Returns one step as a graph function."""
        shapes = [array.shape for array in arrays]
        with at_once():
            steps = Steps(self.program, phase, shapes)
            return steps.one

    def compile_loop(self, phase: int, arrays: Tensors, index: Array) -> CompiledLoop:
        """Returns many steps as one graph function."""
        count, batch = index.shape
        shapes = [(batch, *array.shape[1:]) for array in arrays]
        with at_once():
            steps = Steps(self.program, phase, shapes)
            return steps.many(count)
