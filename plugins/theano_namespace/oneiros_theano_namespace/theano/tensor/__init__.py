"""Tensors: PyTensor's functions, and Theano's where PyTensor has others or none."""

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor import extra_ops, linalg, sharedvar, subtensor

from oneiros_theano_namespace.engine import follow_floatx
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
    stack,
    tensor,
    unbroadcast,
)

nlinalg = linalg
slinalg = linalg

__all__ = [
    "Lop",
    "Rop",
    "abs_",
    "addbroadcast",
    "batched_dot",
    "batched_tensordot",
    "consider_constant",
    "extra_ops",
    "flatten",
    "grad",
    "hessian",
    "inv",
    "jacobian",
    "nlinalg",
    "nnet",
    "patternbroadcast",
    "reshape",
    "round",
    "sgn",
    "shared_randomstreams",
    "sharedvar",
    "signal",
    "slinalg",
    "stack",
    "subtensor",
    "tensor",
    "unbroadcast",
    "verify_grad",
]
__all__ += [
    name for name in dir(pt) if not name.startswith("_") and name not in __all__
]


def __getattr__(name: str) -> Any:
    """Returns what PyTensor has by a name; `T.matrix` is of the float type of `K`."""
    follow_floatx()
    return getattr(pt, name)
