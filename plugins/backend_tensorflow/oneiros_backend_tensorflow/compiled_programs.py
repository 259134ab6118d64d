"""Reuses XLA's compiled programs for the same graph.

XLA keeps a program for the life of a process anyway. Building and training the small
network (case d of the comparison) a second time takes 0.24 seconds of processor time
and 673 MB this way, and 1.2 seconds and 716 MB if each program is compiled anew
(`benchmarks/mechanisms.py compiled_programs`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from oneiros_backend_tensorflow.devices import chosen
from oneiros_backend_tensorflow.runnable import Runnable

_COSMETIC = "_user_specified_name"
"""An attribute of nodes that has no effect."""
NUMBER = re.compile(r"(?<=_)\d+")
"""A number that TensorFlow appends to a name."""
_made: dict[bytes, Runnable] = {}


def compiled_once(
    concrete: Any, variables: list[Any], compile_: Callable[[], Any]
) -> Runnable:
    """Returns XLA's program for a graph.

    A program for a graph that differs only in names is used again.

    # Arguments
        concrete: the graph as a concrete function of variables and tensors.
        variables: list of the variables that it will run on.
        compile_: function that returns one, also a concrete function, that XLA
            compiles.
    """
    if concrete.captured_inputs:
        return Runnable(compile_())
    key = _digest(concrete.graph, variables)
    if key not in _made:
        _made[key] = Runnable(compile_())
    return _made[key]


def _digest(graph: Any, variables: list[Any]) -> bytes:
    arguments = [
        (x.shape, x.dtype) for x in (*variables, *graph.inputs[len(variables) :])
    ]
    names = _Names()
    last = sorted(graph.control_outputs, key=lambda operation: operation.name)
    interface = [
        [names(x.name) for x in part] for part in (graph.inputs, graph.outputs, last)
    ]
    digest = hashlib.sha256(repr((chosen(), arguments, interface)).encode())
    for part in names.replaced(graph.as_graph_def()):
        digest.update(part.SerializeToString(deterministic=True))
    return digest.digest()


class _Names:
    """Numbers in names, by their order in a graph.

    TensorFlow goes on counting for the life of a process.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return NUMBER.sub(self._renumbered, name)

    def _renumbered(self, number: re.Match[str]) -> str:
        return self._number(number[0])

    def _number(self, text: str) -> str:
        return self._numbers.setdefault(text, str(len(self._numbers)))

    def replaced(self, graph: Any) -> Iterator[Any]:
        """Gives a graph's nodes, then its functions.

        These come in the order in which they are called.
        """
        library = {
            function.signature.name: function for function in graph.library.function
        }
        called: list[str] = []
        for node in graph.node:
            called += self._replace(node)
            yield node
        for name in called:
            if (function := library.pop(name, None)) is not None:
                called += self._replace_in_function(function)
                yield function

    def _replace(self, node: Any) -> list[str]:
        """Returns what functions a node may call."""
        values = [value for _, value in sorted(node.attr.items())]
        functions = [
            x for value in values for x in (value.func, *value.list.func) if x.name
        ]
        called = [node.op, *(function.name for function in functions)]
        node.name = self(node.name)
        node.op = self(node.op)
        node.input[:] = map(self, node.input)
        for function in functions:
            function.name = self(function.name)
        node.attr.pop(_COSMETIC, None)
        node.ClearField("experimental_debug_info")
        return called

    def _replace_in_function(self, function: Any) -> list[str]:
        signature = function.signature
        for part in (signature, *signature.input_arg, *signature.output_arg):
            part.name = self(part.name)
        signature.control_output[:] = map(self, signature.control_output)
        called = [name for node in function.node_def for name in self._replace(node)]
        for table in (function.ret, function.control_ret):
            renamed = {self(key): self(value) for key, value in sorted(table.items())}
            table.clear()
            table.update(renamed)
        for attributes in function.arg_attr.values():
            attributes.attr.pop(_COSMETIC, None)
        return called
