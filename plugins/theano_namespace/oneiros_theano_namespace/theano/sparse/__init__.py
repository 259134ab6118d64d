"""Sparse matrices."""

from pytensor import sparse
from pytensor.sparse import basic
from pytensor.sparse.type import SparseTensorType

SparseType = SparseTensorType

__all__ = ["SparseType"]
__all__ += [name for name in dir(sparse) if not name.startswith("_")]


def __getattr__(name: str):
    source = sparse if hasattr(sparse, name) else basic
    return getattr(source, name)
