"""Indexing: numbers, slices, new axes and one tensor of places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from oneiros.arguments import is_int
from oneiros.errors import CapabilityError

from oneiros_backend_onnx.graphs import emit, emit_shaped
from oneiros_backend_onnx.promotion import (
    as_places,
    cast,
    constant,
    integers,
    shape_tensor,
    tensor,
)
from oneiros_backend_onnx.tensors import Operand, Size, Sizes, Tensor

LAST = int(np.iinfo(np.int64).max)
FIRST = int(np.iinfo(np.int64).min)


def indexed(x: Any, index: Any) -> Any:
    """Returns `x[index]`."""
    if isinstance(x, Sizes) and isinstance(index, (int, slice)):
        chosen = x.items[index]
        return Sizes(chosen) if isinstance(chosen, tuple) else chosen
    x = tensor(x)
    parts = list(index) if isinstance(index, tuple) else [index]
    if len(parts) == 1 and _is_mask(parts[0]):
        return _where_true(x, tensor(parts[0]))
    plan = _Plan()
    for part in _without_ellipsis(parts, x):
        plan.add(part, x)
    return plan.applied(x)


def _is_mask(part: Any) -> bool:
    return getattr(part, "dtype", None) == np.dtype(bool) and np.ndim(part) > 0


def _where_true(x: Tensor, mask: Tensor) -> Tensor:
    """Returns the parts of `x` where a mask is true."""
    places = emit("Transpose", emit("NonZero", mask), perm=[1, 0])
    return emit("GatherND", x, places)


def _without_ellipsis(parts: list[Any], x: Tensor) -> list[Any]:
    places = [place for place, part in enumerate(parts) if part is ...]
    if not places:
        return parts
    used = sum(part is not None and part is not ... for part in parts)
    free = [slice(None)] * (x.ndim - used)
    return [*parts[: places[0]], *free, *parts[places[0] + 1 :]]


@dataclass
class _Plan:
    """What an index does, axis by axis.

    # Arguments
        axis: the axis of the tensor that the next part is about.
        cuts: start, stop, axis and step of each cut.
        dropped: axes that a number takes away.
        added: places of new axes in the result.
        gathered: an axis, and the tensor of places along it.
    """

    axis: int = 0
    cuts: list[tuple[Any, Any, int, int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    gathered: tuple[int, Tensor] | None = None

    def add(self, part: Any, x: Tensor) -> None:
        """Adds a part of the index."""
        if part is None:
            self.added.append(self.axis - len(self.dropped) + len(self.added))
            return
        if self.axis >= x.ndim:
            raise IndexError(f"too many indices for a tensor of rank {x.ndim}")
        if isinstance(part, slice):
            self._cut(part)
        elif is_int(part):
            self._drop(int(part), x)
        elif isinstance(part, Tensor) and not part.ndim:
            self._drop_computed(part)
        else:
            self._gather(part)
        self.axis += 1

    def _cut(self, part: slice) -> None:
        if part == slice(None):
            return
        step = 1 if part.step is None else int(part.step)
        start = part.start
        stop = part.stop
        if start is None:
            start = 0 if step > 0 else LAST
        if stop is None:
            stop = LAST if step > 0 else FIRST
        self.cuts.append((start, stop, self.axis, step))

    def _drop(self, place: int, x: Tensor) -> None:
        size = x.shape[self.axis]
        if size is not None and not -size <= place < size:
            raise IndexError(f"index {place} is out of range for an axis of {size}")
        stop = LAST if place == -1 else place + 1
        self.cuts.append((place, stop, self.axis, 1))
        self.dropped.append(self.axis)

    def _drop_computed(self, place: Tensor) -> None:
        after = emit("Add", cast(place, np.int64), constant(1, np.int64))
        self.cuts.append((place, after, self.axis, 1))
        self.dropped.append(self.axis)

    def _gather(self, part: Any) -> None:
        is_places = isinstance(part, (Operand, np.ndarray, list))
        if self.gathered is not None or not is_places or _is_mask(part):
            raise CapabilityError(
                "The backend 'onnx' indexes with numbers, slices, None and one tensor "
                "of integers. For several tensors, use K.gather one after the other."
            )
        self.gathered = (self.axis, as_places(part))

    def applied(self, x: Tensor) -> Tensor:
        """Returns the part of a tensor."""
        if self.cuts:
            columns = [shape_tensor(column) for column in zip(*self.cuts, strict=True)]
            x = emit_shaped("Slice", self._sizes_after(x), x, *columns)
        if self.dropped:
            x = emit("Squeeze", x, integers(*self.dropped))
        if self.gathered is not None:
            axis, places = self.gathered
            dropped_before = sum(dropped < axis for dropped in self.dropped)
            x = emit("Gather", x, places, axis=axis - dropped_before)
        return emit("Unsqueeze", x, integers(*self.added)) if self.added else x

    def _sizes_after(self, x: Tensor) -> list[Size]:
        sizes = list(x.shape)
        for start, stop, axis, step in self.cuts:
            size = sizes[axis]
            bounds_are_known = isinstance(start, int) and isinstance(stop, int)
            if axis in self.dropped:
                sizes[axis] = 1
            elif size is None or not bounds_are_known:
                sizes[axis] = None
            else:
                sizes[axis] = len(range(size)[_slice(start, stop, step)])
        return sizes


def _slice(start: int, stop: int, step: int) -> slice:
    return slice(start, None if stop == FIRST else stop, step)
