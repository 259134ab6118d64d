"""Infers the shape and type of a function's result without computing it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from oneiros.errors import GraphError
from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import OpenShape

from oneiros_backend_tensorflow.tensorflow_import import dismantle_func_graph, tf


class _InferenceState(threading.local):
    is_inferring = False


_inference_state = _InferenceState()


def inferring() -> bool:
    """Returns whether only shapes and types are asked for."""
    return _inference_state.is_inferring


def infer(call: Function, specs: list[Spec]):
    """Runs `call` on placeholders in a graph of its own, which is then dropped.

    # Arguments
        call: function of as many tensors as there are Specs.
        specs: the Specs of its arguments.

    # Returns
        The Specs of its results, in the same tuples, lists and dicts.
    """
    graph = tf.__internal__.FuncGraph("inference")
    try:
        with graph.as_default(), _inferring():
            symbols = map(symbol, specs)
            result = call(*symbols)
            _check_captured(graph)
            return tf.nest.map_structure(_spec, result)
    finally:
        dismantle_func_graph(graph)


@contextmanager
def _inferring() -> Iterator[None]:
    was_inferring = _inference_state.is_inferring
    _inference_state.is_inferring = True
    try:
        yield
    finally:
        _inference_state.is_inferring = was_inferring


def symbol(spec: Spec):
    """Returns what stands for a tensor while shapes are inferred."""
    if isinstance(spec.static_sizes, int):
        return tf.constant(spec.static_sizes, spec.dtype)
    if isinstance(spec.static_sizes, tuple):
        sizes = [_size(n, spec.dtype) for n in spec.static_sizes]
        return tf.stack(sizes)
    return tf.compat.v1.placeholder(spec.dtype, spec.shape)


def _size(n: int | None, dtype: str):
    if n is not None:
        return n
    return tf.compat.v1.placeholder(dtype, ())


def _spec(x) -> Spec:
    if x is None or isinstance(x, tf.Operation):
        raise GraphError("The function returns no tensor, so it would compute nothing.")
    x = tf.convert_to_tensor(x)
    return Spec(sizes_of(x.shape), x.dtype.name)


def sizes_of(shape) -> OpenShape:
    """Returns TensorFlow's shape as ints and None.

    If TensorFlow 2's behavior is switched off, its sizes are `Dimension`s.
    """
    if shape.rank is None:
        return None
    return tuple(shape.as_list())


def _check_captured(graph) -> None:
    """Raises a GraphError if a function uses tensors of TensorFlow 1's graphs."""
    for tensor in graph.external_captures:
        if not tf.is_symbolic_tensor(tensor):
            continue
        if _is_traced(tensor.graph):
            continue
        raise GraphError(
            f"{tensor.name} is from TensorFlow 1's graphs and has no value where "
            f"tensors of K are computed. For tf.placeholder, write "
            f"K.placeholder(shape), or Input(shape) for a model."
        )


def _is_traced(graph) -> bool:
    return isinstance(graph, tf.__internal__.FuncGraph)
