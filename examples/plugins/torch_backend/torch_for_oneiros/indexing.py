"""Indexing as in NumPy: PyTorch has no steps backwards, and takes bytes for masks."""

import numpy as np

from torch_for_oneiros.devices import place
from torch_for_oneiros.tensors import to_tensor
from torch_for_oneiros.torch_import import torch


def indexed(x, index):
    """Returns `x[index]`."""
    parts = index if isinstance(index, tuple) else (index,)
    has_tensors = any(isinstance(part, torch.Tensor) for part in parts)
    if not has_tensors and not isinstance(x, torch.Tensor):
        return np.asarray(x)[parts]
    x = to_tensor(x)
    parts = tuple(map(_part, parts))
    rest = []
    for axis, part in zip(_axes(parts, x.ndim), parts):
        size = x.shape[axis] if axis < x.ndim else 0
        if isinstance(part, slice) and part.step is not None and part.step < 0:
            places = list(range(*part.indices(size)))
            rows = torch.tensor(places, dtype=torch.int64, device=place())
            x = torch.index_select(x, axis, rows)
            part = slice(None)
        elif _is_place(part):
            # Its value may not be known yet
            row = torch.where(part < 0, part + size, part)
            x = torch.index_select(x, axis, row.reshape(1))
            part = 0
        rest.append(part)
    return x[tuple(rest)]


def _is_place(part) -> bool:
    """Returns whether a part of an index is the number of a place, as a tensor."""
    is_number = isinstance(part, torch.Tensor) and part.ndim == 0
    return is_number and part.dtype != torch.bool


def _part(part):
    """Returns a part of an index as PyTorch takes it."""
    if isinstance(part, slice):
        return slice(_bound(part.start), _bound(part.stop), _bound(part.step))
    if isinstance(part, (list, np.ndarray)) and np.ndim(part):
        part = to_tensor(np.asarray(part))
    if isinstance(part, torch.Tensor) and part.dtype != torch.bool:
        return part.to(torch.int64)
    if isinstance(part, (np.ndarray, np.generic)):
        return part.item()
    return part


def _bound(bound):
    return None if bound is None else int(bound)


def _axes(parts, rank: int) -> list[int]:
    """Returns the axis at which each part of an index applies."""
    axes = []
    axis = 0
    consumed = sum(map(_width, parts))
    for part in parts:
        axes.append(axis)
        axis += rank - consumed if part is Ellipsis else _width(part)
    return axes


def _width(part) -> int:
    """Returns how many axes a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, torch.Tensor) and part.dtype == torch.bool:
        return part.ndim
    return 1
