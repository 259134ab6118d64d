"""Tensors: PyTensor's functions, and Theano's if PyTensor lacks or changed them."""

import pytensor.tensor as pt
from pytensor.tensor import basic, elemwise, extra_ops, linalg, math, subtensor
from pytensor.tensor import shape as shape_module

from oneiros_theano_namespace.theano import gradient
from oneiros_theano_namespace.theano.tensor import (
    functions,
    nnet,
    shared_randomstreams,
    signal,
)
from oneiros_theano_namespace.theano_backend import follow_floatx
from oneiros_theano_namespace.variables import shared

_shared = shared
nlinalg = linalg
slinalg = linalg
SOURCES = (
    functions,
    pt,
    basic,
    elemwise,
    math,
    shape_module,
    subtensor,
    extra_ops,
    gradient,
)
"""Modules with names that Theano had in this module; the first that has one counts."""

__all__ = ["nnet", "shared", "shared_randomstreams", "signal"]
__all__ += functions.__all__
__all__ += gradient.__all__
__all__ += [
    name for name in dir(pt) if not name.startswith("_") and name not in __all__
]


def __getattr__(name: str):
    """Returns the object with a name; `T.matrix` has the float type of `K`."""
    follow_floatx()
    source = next((each for each in SOURCES if hasattr(each, name)), pt)
    return getattr(source, name)
