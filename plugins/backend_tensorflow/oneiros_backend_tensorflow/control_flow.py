"""TensorFlow's functions that call functions: `tf.while_loop`, `tf.scan`, `tf.cond`.

`tf.map_fn` is `K.map_fn`, and `tf.cond` is `K.switch`, so the functions that they call
are recorded. The others are recorded as whole calls, which call their functions with
values when they run. Lazy tensors that these functions use from outside become
arguments of the call: a trial on placeholders finds them.
"""

import functools
from typing import Any

from oneiros import backend as K
from oneiros.errors import GraphError, ShapeError
from oneiros_backend_toolkit.lazy_graph.array_functions import Function
from oneiros_backend_toolkit.lazy_graph.recorded_call import RecordedCall, map_tree
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor

from oneiros_backend_tensorflow.native_functions import nodes_in
from oneiros_backend_tensorflow.shape_inference import infer, symbol
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.versions import versions

WHOLE = ("foldl", "foldr", "scan", "while_loop")
"""Functions that are recorded as whole calls."""


def install(recorder: Recorder) -> None:
    """Makes TensorFlow's functions that call functions accept a recorder's tensors."""
    for version in versions():
        for name in WHOLE:
            function = getattr(version, name)
            whole = _whole(recorder, function, f"tf.{name}")
            _replace(version, name, recorder, whole)
        for name in ("map_fn", "vectorized_map"):
            _replace(version, name, recorder, _mapped)
        _replace(version, "cond", recorder, _chosen)


def _replace(version, name: str, recorder: Recorder, record: Function) -> None:
    """Makes a function of TensorFlow record calls with lazy tensors."""
    function = getattr(version, name)

    @functools.wraps(function)
    def computed_or_recorded(*args, **kwargs):
        call = (args, kwargs)
        if recorder.is_computing:
            args, kwargs = map_tree(recorder.supplied, call)
            return function(*args, **kwargs)
        if nodes_in(call):
            return record(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        except GraphError:  # a function uses lazy tensors from outside
            return record(*args, **kwargs)

    setattr(version, name, computed_or_recorded)


# Recorded functions


def _mapped(fn: Function, elems, *options, **kwargs):
    """Records `tf.map_fn`; its other arguments say how to run it."""
    with K.use("tensorflow"):
        return K.map_fn(fn, elems)


def _chosen(
    pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None
):
    """Records `tf.cond`, which may choose between nested tensors."""
    in_case = true_fn or fn1
    otherwise = false_fn or fn2
    if in_case is None or otherwise is None:
        raise TypeError("tf.cond needs two functions: tf.cond(pred, true_fn, false_fn)")

    def chosen(x, y):
        return K.switch(pred, x, y)

    with K.use("tensorflow"):
        first = in_case()
        second = otherwise()
        return tf.nest.map_structure(chosen, first, second)


def _whole(recorder: Recorder, function: Function, label: str) -> Function:
    """Returns a function that records calls of a function of TensorFlow.

    # Arguments
        recorder: the Recorder.
        function: the function.
        label: its name in messages.
    """

    def record(*args, **kwargs):
        call = RecordedCall.of(function, args, kwargs)
        outside = _used_from_outside(recorder, call, label)

        def run(args, kwargs, values):
            value_of = dict(zip(outside, values))
            with recorder.computing(value_of.__getitem__):
                return function(*args, **kwargs)

        arguments = (args, kwargs, outside)
        return recorder.record(run, arguments, label=label)

    return record


def _used_from_outside(
    recorder: Recorder, call: RecordedCall, label: str
) -> list[LazyTensor]:
    """Returns the nodes that a call uses and that aren't among its arguments."""
    used: dict[LazyTensor, Any] = {}

    def tried(*values):
        graph = tf.compat.v1.get_default_graph()

        def symbol_of(node):
            if node not in used:
                with graph.as_default():
                    used[node] = symbol(node.spec)
            return used[node]

        with recorder.computing(symbol_of):
            return call(*values)

    shapes = [parent.shape for parent in call.parents]
    specs = [parent.spec for parent in call.parents]
    with recorder.computing(), recorder.explained(label, shapes, ShapeError):
        infer(tried, specs)
    return list(used)
