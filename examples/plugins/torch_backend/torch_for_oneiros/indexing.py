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
        array = np.asarray(x)
        return array[parts]
    x = to_tensor(x)
    converted = list(map(_part, parts))
    axes = _axes(converted, x.ndim)
    rest = []
    for axis, part in zip(axes, converted):
        if _is_backwards(part):
            places = _places(part, x.shape[axis])
            x = torch.index_select(x, axis, places)
            part = slice(None)
        elif _is_place(part):
            # Its value may not be known yet
            from_end = part + x.shape[axis]
            is_negative = part < 0
            row = torch.where(is_negative, from_end, part)
            rows = row.reshape(1)
            x = torch.index_select(x, axis, rows)
            part = 0
        rest.append(part)
    return x[tuple(rest)]


def _is_backwards(part) -> bool:
    if not isinstance(part, slice) or part.step is None:
        return False
    return part.step < 0


def _places(part: slice, size: int):
    """Returns the numbers of the places of a slice, as a tensor."""
    bounds = part.indices(size)
    places = list(range(*bounds))
    return torch.tensor(places, dtype=torch.int64, device=place())


def _is_place(part) -> bool:
    """Returns whether a part of an index is the number of a place, as a tensor."""
    if not isinstance(part, torch.Tensor):
        return False
    return part.ndim == 0 and part.dtype != torch.bool


def _part(part):
    """Returns a part of an index as PyTorch takes it."""
    if isinstance(part, slice):
        start = _bound(part.start)
        stop = _bound(part.stop)
        step = _bound(part.step)
        return slice(start, stop, step)
    if isinstance(part, (list, np.ndarray)) and np.ndim(part):
        array = np.asarray(part)
        part = to_tensor(array)
    if isinstance(part, torch.Tensor) and part.dtype != torch.bool:
        return part.to(torch.int64)
    if isinstance(part, (np.ndarray, np.generic)):
        return part.item()
    return part


def _bound(bound):
    if bound is None:
        return None
    return int(bound)


def _axes(parts, rank: int) -> list[int]:
    """Returns the axis at which each part of an index applies."""
    axes = []
    axis = 0
    consumed = sum(map(_width, parts))
    for part in parts:
        axes.append(axis)
        width = _width(part)
        if part is Ellipsis:
            width = rank - consumed
        axis += width
    return axes


def _width(part) -> int:
    """Returns how many axes a part of an index takes."""
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, torch.Tensor) and part.dtype == torch.bool:
        return part.ndim
    return 1
