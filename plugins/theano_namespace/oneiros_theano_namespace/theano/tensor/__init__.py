"""Tensors: PyTensor's functions, and Theano's if PyTensor lacks or changed them."""

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import basic, elemwise, extra_ops, linalg, math, subtensor
from pytensor.tensor import shape as shape_module

from oneiros_theano_namespace.theano.gradient import (
    Lop,
    Rop,
    consider_constant,
    grad,
    hessian,
    jacobian,
    verify_grad,
)
from oneiros_theano_namespace.theano.tensor import nnet, shared_randomstreams, signal
from oneiros_theano_namespace.theano.tensor.numbers import abs_, inv, round, sgn
from oneiros_theano_namespace.theano.tensor.products import (
    batched_dot,
    batched_tensordot,
)
from oneiros_theano_namespace.theano.tensor.shapes import (
    addbroadcast,
    flatten,
    patternbroadcast,
    reshape,
    split,
    stack,
    tensor,
    unbroadcast,
)
from oneiros_theano_namespace.theano_backend import follow_floatx
from oneiros_theano_namespace.variables import shared

_shared = shared
nlinalg = linalg
slinalg = linalg
SOURCES = (pt, basic, elemwise, math, shape_module, subtensor, extra_ops)
"""Modules of PyTensor with names that Theano had in this module."""

__all__ = [
    "Lop",
    "Rop",
    "abs_",
    "addbroadcast",
    "batched_dot",
    "batched_tensordot",
    "consider_constant",
    "flatten",
    "grad",
    "hessian",
    "inv",
    "jacobian",
    "nnet",
    "patternbroadcast",
    "reshape",
    "round",
    "sgn",
    "shared",
    "shared_randomstreams",
    "signal",
    "split",
    "stack",
    "tensor",
    "unbroadcast",
    "verify_grad",
]
__all__ += [
    name for name in dir(pt) if not name.startswith("_") and name not in __all__
]


def __getattr__(name: str) -> Any:
    """Returns PyTensor's object with a name; `T.matrix` has the float type of `K`."""
    follow_floatx()
    source = next((each for each in SOURCES if hasattr(each, name)), pt)
    return getattr(source, name)
