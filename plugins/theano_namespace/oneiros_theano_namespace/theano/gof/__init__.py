"""Graphs: variables, the operations between them, and rewriting them."""

from typing import Any

from pytensor import graph
from pytensor.graph import Apply, Constant, FunctionGraph, Type, Variable
from pytensor.graph import features as toolbox
from pytensor.graph.utils import MissingInputError

from oneiros_theano_namespace.custom_ops import Op
from oneiros_theano_namespace.theano.gof import opt, utils
from oneiros_theano_namespace.theano.gof.opt import local_optimizer

__all__ = [
    "Apply",
    "Constant",
    "FunctionGraph",
    "MissingInputError",
    "Op",
    "Type",
    "Variable",
    "graph",
    "local_optimizer",
    "opt",
    "toolbox",
    "utils",
]


def __getattr__(name: str) -> Any:
    return getattr(graph, name)
