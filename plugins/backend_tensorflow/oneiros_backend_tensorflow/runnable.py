"""Functions of TensorFlow's runtime.

With a concrete function's own call instead, `predict` of one row takes 2.9 times as
long on the small network (case d of the comparison), by the processor's time
(`benchmarks/mechanisms.py runnable`).
"""

from itertools import chain

from oneiros.typing import Tensors
from oneiros_backend_toolkit.tensors import AnyFunction

from oneiros_backend_tensorflow.tensorflow_import import execute


class Runnable:
    """A traced function that can be called, in a graph or at once.

    That takes less time than its own call.

    # Arguments
        concrete: the concrete function; it isn't kept.
    """

    def __init__(self, concrete) -> None:
        self._function = concrete.inference_fn
        self._captured = list(concrete.captured_inputs)

    def bound(self, variables: Tensors) -> AnyFunction:
        """Returns a function of tensors that runs it on variables.

        With updates alone it gives no outputs.
        """
        function = self._function
        captured = self._captured
        handles = [variable.handle for variable in variables]
        name = function.name.decode()
        count = len(function.function_type.flat_outputs)
        context = function._bound_context
        options = context.function_call_options.as_attrs()
        attributes = tuple(chain.from_iterable(options.items()))

        def run(*tensors):
            arguments = [*handles, *tensors, *captured]
            if context.executing_eagerly():
                return execute(name, count, arguments, attributes, context)
            return function.call_flat(*arguments) or []

        return run
