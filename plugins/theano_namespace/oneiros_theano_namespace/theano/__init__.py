"""Theano's names, for PyTensor and the Theano backend of Oneiros."""

from importlib import import_module

import pytensor
from pytensor import printing
from pytensor.compile import Mode, Out, SharedVariable
from pytensor.graph import Apply, Constant, Variable

from oneiros_theano_namespace import theano_backend
from oneiros_theano_namespace.compiling import In, clone, function
from oneiros_theano_namespace.configuration import config
from oneiros_theano_namespace.custom_ops import Op
from oneiros_theano_namespace.scans import foldl, foldr, map, reduce, scan
from oneiros_theano_namespace.theano import (
    compat,
    compile,
    gradient,
    ifelse,
    sandbox,
    sparse,
    tensor,
    updates,
    version,
)
from oneiros_theano_namespace.theano.compile import Param, as_op
from oneiros_theano_namespace.theano.gradient import Lop, Rop, grad
from oneiros_theano_namespace.updates import OrderedUpdates
from oneiros_theano_namespace.variables import shared

__version__ = version.version
dot = tensor.dot
pp = printing.pprint
scan_module = import_module("pytensor.scan")  # the attribute is the function

__all__ = [
    "Apply",
    "Constant",
    "In",
    "Lop",
    "Mode",
    "Op",
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
    "dot",
    "foldl",
    "foldr",
    "function",
    "grad",
    "gradient",
    "ifelse",
    "map",
    "pp",
    "printing",
    "reduce",
    "sandbox",
    "scan",
    "scan_module",
    "shared",
    "sparse",
    "tensor",
    "updates",
    "version",
]

theano_backend.load()


def __getattr__(name: str):
    return getattr(pytensor, name)
