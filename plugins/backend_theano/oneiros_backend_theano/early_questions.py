"""What `float(x)`, `if x:` and `len(x)` get of PyTensor's variables.

PyTensor answers in words of its own, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from oneiros_backend_toolkit.early_questions import (
    ITERATION,
    LENGTH,
    METHODS,
    TRUTH,
    Unanswerable,
)
from pytensor.tensor.basic import get_vector_length
from pytensor.tensor.variable import _tensor_py_operators


def install() -> None:
    """Has PyTensor's variables answer as the tensors of other backends do."""
    for name, method in METHODS.items():
        setattr(_tensor_py_operators, name, method)
    _tensor_py_operators.__len__ = Unanswerable(LENGTH)
    _tensor_py_operators.__bool__ = _truth
    _tensor_py_operators.__iter__ = _parts


def _truth(x: Any) -> NoReturn:
    raise TypeError(f"{x} {TRUTH}")


def _parts(x: Any) -> Iterator[Any]:
    """Goes over the elements of a vector of known length, such as a shape."""
    try:
        length = get_vector_length(x)
    except (TypeError, ValueError):
        raise TypeError(f"{x} {ITERATION}") from None
    return (x[place] for place in range(length))
