"""TensorFlow's own functions on lazy tensors.

`tf.nn.relu(x)` records itself, as `K.relu(x)` does.

TensorFlow calls its global dispatchers for arguments that a function doesn't accept.
If a call can't be recorded, the error recommends `K.apply`. Functions that call
functions have a module of their own, `control_flow`. One function can't be recorded:
`tf.print(x)` shows the lazy tensor itself, at once; `K.print_tensor` shows its values
when they are computed.
"""

from typing import NoReturn

from oneiros.errors import GraphError
from oneiros_backend_toolkit.lazy_graph.recorded_call import leaves_of
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor

from oneiros_backend_tensorflow.tensorflow_import import tf, type_spec

ON_VALUES = {"case", "switch_case"}
"""Functions that choose depending on a value."""
INTERNAL_ENDINGS = ("_v2", "_for_tf")
"""Suffix that TensorFlow appends to the names of some public functions."""


class _RefusedError(GraphError, TypeError):
    """A function that works on values was given a lazy tensor.

    It is a TypeError for TensorFlow's conversions.
    """


def _refuse(function_name: str) -> NoReturn:
    raise _RefusedError(
        f"{function_name} works on values, and a lazy tensor has no value until it "
        "is computed. Put the code into a function of its tensors, and record it: "
        "K.apply(fn, x, y)."
    )


def nodes_in(x) -> list[LazyTensor]:
    """Returns the lazy tensors in nested arguments."""
    leaves = leaves_of(x)
    return [leaf for leaf in leaves if isinstance(leaf, LazyTensor)]


# TensorFlow has no types.
class _Dispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):  # type: ignore[misc]
    """Records calls of TensorFlow's functions on the tensors of one recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def handle(self, op, args, kwargs):
        if not nodes_in((args, kwargs)):
            return self.NOT_SUPPORTED
        name = getattr(op, "__name__", str(op))
        for ending in INTERNAL_ENDINGS:
            name = name.partition(ending)[0]
        if name in ON_VALUES:
            _refuse(f"tf.{name}")
        return self._recorder.record(op, args, kwargs, label=f"tf.{name}")


def _converted(value, dtype=None, name=None, as_ref: bool = False):
    """Converts a lazy tensor, which only a function that computes can do."""
    supplied = value.recorder.supplied(value)
    if supplied is value:
        _refuse("This function of TensorFlow")
    return tf.convert_to_tensor(supplied, dtype)


def _no_type(value) -> NoReturn:
    _refuse("This function of TensorFlow")


def register(recorder: Recorder) -> None:
    """Makes TensorFlow's functions accept `recorder`'s tensors; once per process."""
    _Dispatcher(recorder).register()
    tf.register_tensor_conversion_function(LazyTensor, _converted)
    type_spec.register_type_spec_from_value_converter(
        LazyTensor, _no_type, allow_subclass=True
    )
