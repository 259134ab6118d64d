"""Indexing: numbers, slices, new axes and one tensor of places."""

from dataclasses import dataclass, field
from types import EllipsisType, NoneType
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import CapabilityError

from oneiros_backend_onnx.graphs import emit, emit_shaped
from oneiros_backend_onnx.promotion import (
    as_places,
    constant,
    integers,
    shape_tensor,
    tensor,
)
from oneiros_backend_onnx.shapes import shape_tensor_of
from oneiros_backend_onnx.tensors import Size, Tensor

LIMITS = np.iinfo(np.int64)
LAST = int(LIMITS.max)
FIRST = int(LIMITS.min)
Cut = tuple[Any, Any, int, int]
"""Start, stop, axis and step of a slice."""


def indexed(x, index):
    """Returns `x[index]`."""
    x = tensor(x)
    if x.items is not None and isinstance(index, int):
        return x.items[index]
    if x.items is not None and isinstance(index, slice):
        return shape_tensor_of(x.items[index])
    parts = [index]
    if isinstance(index, tuple):
        parts = list(index)
    if len(parts) == 1 and _is_mask(parts[0]):
        mask = tensor(parts[0])
        return _where_true(x, mask)
    plan = _Plan(x)
    for part in _without_ellipsis(parts, x.ndim):
        plan.add(part)
    return plan.applied()


def _is_mask(part) -> bool:
    if getattr(part, "dtype", None) != np.dtype(bool):
        return False
    return np.ndim(part) > 0


def _where_true(x, mask):
    """Returns the parts of `x` where a mask is true."""
    by_axis = emit("NonZero", mask)
    places = emit("Transpose", by_axis, perm=[1, 0])
    return emit("GatherND", x, places)


def _without_ellipsis(parts: list[Any], rank: int) -> list[Any]:
    kinds = list(map(type, parts))
    if EllipsisType not in kinds:
        return parts
    used = [kind for kind in kinds if kind not in (NoneType, EllipsisType)]
    nb_free = rank - len(used)
    free = [slice(None)] * nb_free
    place = kinds.index(EllipsisType)
    before = parts[:place]
    after = parts[place + 1 :]
    return [*before, *free, *after]


@dataclass
class _Plan:
    """What an index does, axis by axis.

    # Arguments
        x: the tensor.
        axis: its axis that the next part is about.
        cuts: one for each slice.
        taken: axes, and the tensors of places along them; that of one place takes the
            axis away.
        added: places of new axes in the result.
    """

    x: Tensor
    axis: int = 0
    cuts: list[Cut] = field(default_factory=list)
    taken: list[tuple[int, Tensor]] = field(default_factory=list)
    added: list[int] = field(default_factory=list)

    def add(self, part) -> None:
        """Adds a part of the index."""
        if part is None:
            place = self.axis + len(self.added)
            for _, places in self.taken:
                place += places.ndim - 1
            self.added.append(place)
            return
        if self.axis >= self.x.ndim:
            raise IndexError(f"too many indices for a tensor of rank {self.x.ndim}")
        if isinstance(part, slice):
            self._cut(part)
        else:
            places = self._places(part)
            self.taken.append((self.axis, places))
        self.axis += 1

    def _cut(self, part: slice) -> None:
        if part == slice(None):
            return
        step = 1
        if part.step is not None:
            step = int(part.step)
        start = 0
        stop = LAST
        if step < 0:
            start = LAST
            stop = FIRST
        if part.start is not None:
            start = _bound(part.start)
        if part.stop is not None:
            stop = _bound(part.stop)
        self.cuts.append((start, stop, self.axis, step))

    def _places(self, part):
        if is_int(part):
            size = self.x.shape[self.axis]
            if size is not None and not -size <= part < size:
                raise IndexError(f"index {part} is out of range for an axis of {size}")
            return constant(part, np.int64)
        is_tensor = isinstance(part, Tensor)
        if is_tensor and not part.ndim:
            return as_places(part)
        is_second = any(places.ndim for _, places in self.taken)
        is_places = is_tensor or isinstance(part, (np.ndarray, list))
        if is_second or not is_places or _is_mask(part):
            raise CapabilityError(
                "The backend 'onnx' indexes with numbers, slices, None and one tensor "
                "of integers. For several tensors, use K.gather one after the other."
            )
        return as_places(part)

    def applied(self):
        """Returns the part of the tensor."""
        x = self.x
        if self.cuts:
            sizes = list(x.named_shape)
            for cut in self.cuts:
                _, _, axis, _ = cut
                sizes[axis] = _size_of_cut(cut, x.shape[axis])
            columns = zip(*self.cuts)
            vectors = map(shape_tensor, columns)
            x = emit_shaped("Slice", sizes, x, *vectors)
        for axis, places in reversed(self.taken):
            x = emit("Gather", x, places, axis=axis)
        if not self.added:
            return x
        return emit("Unsqueeze", x, integers(*self.added))


def _bound(bound):
    if is_int(bound):
        return int(bound)
    return bound


def _size_of_cut(cut: Cut, size: Size) -> Size:
    """Returns how long a slice of an axis is, None if that isn't known."""
    start, stop, _, step = cut
    is_open = isinstance(start, Tensor) or isinstance(stop, Tensor)
    if size is None or is_open:
        return None
    if stop == FIRST:
        stop = None
    places = range(size)[start:stop:step]
    return len(places)
