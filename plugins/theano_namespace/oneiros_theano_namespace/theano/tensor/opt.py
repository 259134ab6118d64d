"""Assertions, and registering of rewrites, which PyTensor's own modes do."""

from typing import Any

from pytensor.raise_op import Assert, assert_op
from pytensor.tensor.rewriting import basic
from pytensor.tensor.rewriting.basic import (
    register_canonicalize,
    register_specialize,
    register_stabilize,
)

__all__ = [
    "Assert",
    "assert_op",
    "register_canonicalize",
    "register_specialize",
    "register_stabilize",
]


def __getattr__(name: str) -> Any:
    return getattr(basic, name)
