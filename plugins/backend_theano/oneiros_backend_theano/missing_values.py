"""Errors for `float(x)`, `if x:` and `len(x)` with PyTensor's variables.

PyTensor's own errors don't mention `K`, or there are none.
"""

from collections.abc import Iterator
from typing import Any, NoReturn

from oneiros_backend_toolkit.missing_values import (
    ITERATION,
    LENGTH,
    METHODS,
    TRUTH,
    unanswerable,
)
from pytensor.tensor.basic import get_vector_length
from pytensor.tensor.variable import _tensor_py_operators


def install() -> None:
    """Makes PyTensor's variables raise the same errors as tensors of other backends."""
    for name, method in METHODS.items():
        setattr(_tensor_py_operators, name, method)
    _tensor_py_operators.__len__ = unanswerable(LENGTH)
    _tensor_py_operators.__bool__ = _truth
    _tensor_py_operators.__iter__ = _parts


def _truth(x) -> NoReturn:
    raise TypeError(f"{x} {TRUTH}")


def _parts(x) -> Iterator[Any]:
    """Iterates over the elements of a vector of known length, such as a shape."""
    try:
        length = get_vector_length(x)
    except (TypeError, ValueError):
        raise TypeError(f"{x} {ITERATION}") from None
    return (x[place] for place in range(length))
