"""Decides whether XLA compiles a graph."""

import os

from oneiros.errors import ArgumentError

from oneiros_backend_tensorflow.devices import on_gpu

XLA_VARIABLE = "ONEIROS_TENSORFLOW_XLA"
_LOST_IN_XLA = {
    "Assert",
    "CheckNumerics",
    "CheckNumericsV2",
    "EagerPyFunc",
    "PrintV2",
    "PyFunc",
    "PyFuncStateless",
}
_SLOW_IN_XLA_ON_CPU = {
    "Conv2D",
    "Conv2DBackpropFilter",
    "Conv2DBackpropInput",
    "Conv3D",
    "Conv3DBackpropFilterV2",
    "Conv3DBackpropInputV2",
    "DepthwiseConv2dNative",
    "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
}


def kinds_in(graph) -> set[str]:
    """Returns the kinds of operations in a `tf.Graph`.

    Those in the functions that it calls are among them.
    """
    definition = graph.as_graph_def()
    nodes = list(definition.node)
    for function in definition.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}


def suits_xla(kinds: set[str]) -> bool:
    """Returns whether XLA can compile operations of these kinds.

    It must also make them faster.
    """
    if kinds & _LOST_IN_XLA:
        return False
    if on_gpu():
        return True
    return not kinds & _SLOW_IN_XLA_ON_CPU


def only_computes(graph, kinds: set[str]) -> bool:
    """Returns whether nothing in a `tf.Graph` keeps what it is given.

    There isn't a variable, queue or code in Python.
    """
    if kinds & _LOST_IN_XLA:
        return False
    operations = graph.get_operations()
    stateful_kinds = {x.type for x in operations if x.op_def.is_stateful}
    return stateful_kinds <= {"ReadVariableOp"}


def xla_setting() -> bool | None:
    """Returns what the environment variable ONEIROS_TENSORFLOW_XLA says.

    It is `on`, `off`, or `auto`, which is None here.
    """
    text = os.environ.get(XLA_VARIABLE, "auto")
    value = text.strip().lower()
    settings = {"on": True, "1": True, "off": False, "0": False, "auto": None, "": None}
    if value not in settings:
        raise ArgumentError(f"{XLA_VARIABLE} is {value!r}; expected on, off or auto.")
    return settings[value]
