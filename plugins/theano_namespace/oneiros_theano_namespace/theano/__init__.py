"""Theano's names, for PyTensor and the Theano backend of Oneiros."""

from importlib import import_module
from typing import Any

import pytensor
from pytensor import printing
from pytensor.compile import Mode, Out, SharedVariable
from pytensor.compile.builders import OpFromGraph
from pytensor.graph import Apply, Constant, Variable
from pytensor.printing import pprint, pydotprint

from oneiros_theano_namespace import theano_backend
from oneiros_theano_namespace.arrays import as_array
from oneiros_theano_namespace.compiling import clone, function
from oneiros_theano_namespace.configuration import config
from oneiros_theano_namespace.custom_ops import Op
from oneiros_theano_namespace.scans import foldl, foldr, map, reduce, scan
from oneiros_theano_namespace.theano import (
    compat,
    compile,
    configparser,
    gof,
    gradient,
    ifelse,
    misc,
    sandbox,
    sparse,
    tensor,
    updates,
    version,
)
from oneiros_theano_namespace.theano.compile import Param
from oneiros_theano_namespace.theano.compile.ops import as_op
from oneiros_theano_namespace.theano.gradient import Lop, Rop, grad, subgraph_grad
from oneiros_theano_namespace.theano_function import In
from oneiros_theano_namespace.updates import OrderedUpdates
from oneiros_theano_namespace.variables import shared

__version__ = version.version
_asarray = as_array
dot = tensor.dot
pp = pprint
scan_module = import_module("pytensor.scan")  # the attribute is the function

__all__ = [
    "Apply",
    "Constant",
    "In",
    "Lop",
    "Mode",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Out",
    "Param",
    "Rop",
    "SharedVariable",
    "Variable",
    "as_op",
    "clone",
    "compat",
    "compile",
    "config",
    "configparser",
    "dot",
    "foldl",
    "foldr",
    "function",
    "gof",
    "grad",
    "gradient",
    "ifelse",
    "map",
    "misc",
    "pp",
    "pprint",
    "printing",
    "pydotprint",
    "reduce",
    "sandbox",
    "scan",
    "scan_module",
    "shared",
    "sparse",
    "subgraph_grad",
    "tensor",
    "updates",
    "version",
]

theano_backend.load()


def __getattr__(name: str) -> Any:
    return getattr(pytensor, name)
