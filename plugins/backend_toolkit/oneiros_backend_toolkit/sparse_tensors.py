"""Marks tensors as sparse; all are computed as dense tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from oneiros.backend.tensor_state import SPARSE

T = TypeVar("T")


def joined(result: T, tensors: Iterable[object]) -> T:
    """Returns the result of joining tensors; marks it as sparse if all of them are."""
    if all(SPARSE.get(tensor) for tensor in tensors):
        SPARSE.set(result, True)
    return result
