"""Graphs: variables, and the operations between them."""

from typing import Any

from pytensor import graph
from pytensor.graph import Apply, Constant, FunctionGraph, Type, Variable

from oneiros_theano_namespace.custom_ops import Op

__all__ = ["Apply", "Constant", "FunctionGraph", "Op", "Type", "Variable", "graph"]


def __getattr__(name: str) -> Any:
    return getattr(graph, name)
