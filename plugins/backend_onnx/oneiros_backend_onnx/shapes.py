"""Sizes as ONNX takes them: known ones as ints, open ones as tensors."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from oneiros_backend_onnx.graphs import emit, emit_shaped
from oneiros_backend_onnx.promotion import cast, integers, shape_tensor, tensor
from oneiros_backend_onnx.tensors import Size, Tensor


def size_of(x: Tensor, axis: int) -> int | Tensor:
    """Returns the size of an axis, a scalar tensor if it is open."""
    size = x.shape[axis]
    if size is not None:
        return size
    axis %= x.ndim
    measured = emit("Shape", x, start=axis, end=axis + 1)
    result = emit("Squeeze", measured, integers(0))
    result.size_of = (x, axis)
    return result


def shape_of(x: Tensor) -> Tensor:
    """Returns a tensor's shape."""
    return shape_tensor_of([size_of(x, axis) for axis in range(x.ndim)])


def shape_tensor_of(sizes: Sequence[int | Tensor]) -> Tensor:
    """Returns a shape, or a part of one, of which each size is known by itself."""
    return replace(shape_tensor(sizes), items=tuple(sizes))


def sizes_of(shape) -> list[Any]:
    """Returns a shape as a list of ints and scalar tensors, and None where it is
    open."""
    if isinstance(shape, Tensor) and shape.items is not None:
        return list(shape.items)
    if isinstance(shape, Tensor):
        return [_element(shape, i) for i in range(shape.shape[0] or 0)]
    return [n if n is None or isinstance(n, Tensor) else int(n) for n in shape]


def _element(vector: Tensor, place: int) -> int | Tensor:
    if vector.value is not None:
        return int(vector.value[place])
    return emit("Gather", vector, tensor(np.int64(place)), axis=0)


def static(sizes: Sequence[Any]) -> list[Size]:
    """Returns sizes, None for those that are open."""
    return [n if isinstance(n, int) else None for n in sizes]


def reshaped(x: Tensor, sizes: Sequence[Any]) -> Tensor:
    """Returns a tensor of another shape.

    # Arguments
        sizes: ints, scalar tensors, and None or -1 for what is left; several open
            sizes are those of the same axes of `x`.
    """
    wanted = list(sizes)
    if wanted.count(None) == 1 and -1 not in wanted:
        wanted[wanted.index(None)] = -1
    wanted = [_size_from(x, axis, n) for axis, n in enumerate(wanted)]
    if wanted[:1] == [-1] and _keep_rows(x, wanted):
        wanted[0] = _size_from(x, 0, None)
    if x.static_shape is not None and _is_shape_of(x, wanted):
        return x
    result_sizes = [None if n in (-1, 0) else n for n in static(wanted)]
    is_open = [isinstance(n, Tensor) for n in wanted]
    if sum(is_open) == 1 and -1 not in static(wanted):
        wanted[is_open.index(True)] = -1
    target = shape_tensor(wanted)
    return emit_shaped("Reshape", result_sizes, x, target)


def _size_from(x: Tensor, axis: int, size):
    """Returns a size as Reshape takes it: 0 stands for that of the same axis of `x`."""
    if size is None:
        return (x.shape[axis] or 0) if x.static_shape else 0
    is_same = isinstance(size, Tensor) and size.size_of == (x, axis)
    return 0 if is_same else size


def _keep_rows(x: Tensor, wanted: Sequence[Any]) -> bool:
    """Returns whether the first axis, of open size, stays as long as it is."""
    old_count = _known_product((x.static_shape or ())[1:])
    return old_count is not None and old_count == _known_product(static(wanted[1:]))


def _known_product(sizes: Sequence[Size]) -> int | None:
    """Returns the product of sizes, None unless all are known and above 0."""
    known = [size for size in sizes if size]
    return math.prod(known) if len(known) == len(sizes) else None


def _is_shape_of(x: Tensor, wanted: Sequence[Any]) -> bool:
    if len(wanted) != x.ndim:
        return False
    return all(n in (0, size) for n, size in zip(static(wanted), x.shape, strict=True))


def expanded(x: Tensor, sizes: Sequence[Any]) -> Tensor:
    """Repeats a tensor along its axes of size 1, up to the given sizes."""
    pairs = zip(x.named_shape, static(sizes), strict=True)
    result_sizes = [n if size == 1 else size for n, size in pairs]
    return emit_shaped("Expand", result_sizes, x, shape_tensor(sizes))


def reversed_along(x: Tensor, axes: Sequence[int]) -> Tensor:
    """Turns a tensor round along some of its axes."""
    count = len(axes)
    backwards = integers(*[-1] * count)
    last = integers(*[np.iinfo(np.int64).min] * count)
    return emit("Slice", x, backwards, last, integers(*axes), backwards)


def as_scalar(x, dtype=np.int64) -> Tensor:
    """Returns a number as a tensor without axes."""
    x = cast(tensor(x), dtype)
    return x if x.ndim == 0 else emit("Reshape", x, integers())
