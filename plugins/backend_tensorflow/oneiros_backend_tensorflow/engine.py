"""TensorFlow as an engine of the lazy graph."""

import numpy as np
from oneiros_backend_toolkit.batches import aligned_copy
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.lazy_graph.engine import Engine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import Tensors

from oneiros_backend_tensorflow.derivatives import dense
from oneiros_backend_tensorflow.devices import at_once, in_host_memory, scope
from oneiros_backend_tensorflow.failures import BAD_INPUT, reason
from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.loops import Loop
from oneiros_backend_tensorflow.shape_inference import infer
from oneiros_backend_tensorflow.shared_memory import shared
from oneiros_backend_tensorflow.steps import Steps, rows
from oneiros_backend_tensorflow.tensorflow_import import tf

Array = np.ndarray


class TensorFlowEngine(Engine):
    """See `oneiros_backend_toolkit.lazy_graph.engine.Engine`."""

    name = "tensorflow"
    errors: tuple[type[Exception], ...] = (ValueError, TypeError, *BAD_INPUT)
    key_spec = Spec((2,), "int32")
    functions = FUNCTIONS
    reason = staticmethod(reason)
    infer = staticmethod(infer)

    # Replaying

    def convert(self, value, dtype: str | None):
        """Returns a new tensor."""
        if dtype is None or (tf.is_tensor(value) and value.dtype == dtype):
            return tf.identity(value)
        return tf.cast(value, dtype)

    def key(self, seed: int, counter):
        """Returns the seed for TensorFlow's stateless random functions."""
        return tf.stack([seed, counter])

    def fold(self, key, number):
        """Returns a key like `key`, another one for each number."""
        return tf.random.experimental.stateless_fold_in(key, number, "philox")

    def gradients(self, forward: Function, values: Tensors) -> tuple[Tensors, Tensors]:
        """Differentiates in place, in the graph that is being traced."""
        loss, computed = forward(values)
        gradients = tf.gradients(loss, values, unconnected_gradients="zero")
        return [dense(gradient) for gradient in gradients], computed

    def loop(
        self,
        step: Function,
        sequences: Tensors,
        states: Tensors,
        captured: Tensors,
        types: list[str],
        backwards: bool,
    ):
        """Takes a step for each place of the first axis of `sequences`."""

        return Loop(step, backwards)(sequences, states, captured)


class TensorFlowFunction(RecordedFunction):
    """A function that TensorFlow computes, as a graph function."""

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type."""
        with at_once(), scope():
            if in_host_memory():
                return shared(aligned_copy(array, dtype))
            return tf.constant(array, dtype)

    def rows(self, arrays: Tensors, index: Array) -> Tensors:
        """Returns the rows that an index names, of each array."""
        return rows(arrays, index)

    def compile_step(self, phase: int, arrays: Tensors) -> CompiledStep:
        """Returns one step as a graph function."""
        shapes = [array.shape for array in arrays]
        with at_once():
            return Steps(self.program, phase, shapes).one

    def compile_loop(self, phase: int, arrays: Tensors, index: Array) -> CompiledLoop:
        """Returns many steps as one graph function."""
        count, batch = index.shape
        shapes = [(batch, *array.shape[1:]) for array in arrays]
        with at_once():
            return Steps(self.program, phase, shapes).many(count)
