"""Sizes as ONNX takes them: known ones as ints, open ones as tensors."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from oneiros_backend_onnx.graphs import emit, emit_shaped
from oneiros_backend_onnx.promotion import cast, integers, shape_tensor, tensor
from oneiros_backend_onnx.tensors import NamedSize, Size, Tensor


def size_of(x: Tensor, axis: int) -> int | Tensor:
    """Returns the size of an axis, a scalar tensor if it is open."""
    size = x.shape[axis]
    if size is not None:
        return size
    axis %= x.ndim
    end = axis + 1
    measured = emit("Shape", x, start=axis, end=end)
    first = integers(0)
    result = emit("Squeeze", measured, first)
    result.size_of = (x, axis)
    return result


def shape_of(x):
    """Returns a tensor's shape."""
    sizes = [size_of(x, axis) for axis in range(x.ndim)]
    return shape_tensor_of(sizes)


def shape_tensor_of(sizes: Sequence[int | Tensor]):
    """Returns a shape, or a part of one, of which each size is known by itself."""
    shape = shape_tensor(sizes)
    items = tuple(sizes)
    return replace(shape, items=items)


def sizes_of(shape) -> list[Any]:
    """Returns a shape as a list of ints and scalar tensors, and None where it is
    open."""
    if not isinstance(shape, Tensor):
        return list(map(_as_size, shape))
    if shape.items is not None:
        return list(shape.items)
    if shape.value is not None:
        return [int(n) for n in shape.value]
    places = range(shape.shape[0] or 0)
    return [shape[place] for place in places]


def _as_size(n):
    if n is None or isinstance(n, Tensor):
        return n
    return int(n)


def static(sizes: Sequence[Any]) -> list[Size]:
    """Returns sizes, None for those that are open."""
    known: list[Size] = list(sizes)
    for place, size in enumerate(sizes):
        if not isinstance(size, int):
            known[place] = None
    return known


def reshaped(x, sizes: Sequence[Any]):
    """Returns a tensor of another shape.

    # Arguments
        sizes: ints, scalar tensors, and None or -1 for what is left; several open
            sizes are those of the same axes of `x`.
    """
    wanted = list(sizes)
    if wanted.count(None) == 1 and -1 not in wanted:
        place = wanted.index(None)
        wanted[place] = -1
    for axis, size in enumerate(wanted):
        wanted[axis] = _size_from(x, axis, size)
    if wanted[:1] == [-1] and _keep_rows(x, wanted):
        wanted[0] = _size_from(x, 0, None)
    known = static(wanted)
    if x.static_shape is not None and _is_shape_of(x, known):
        return x
    if known.count(None) == 1 and -1 not in known:
        place = known.index(None)
        wanted[place] = -1
    target = shape_tensor(wanted)
    result_sizes = [None if n in (-1, 0) else n for n in known]
    _check_count(x.static_shape or [None], result_sizes)
    return emit_shaped("Reshape", result_sizes, x, target)


def _check_count(shape: Sequence[Any], sizes: Sequence[Any]) -> None:
    """Checks that a new shape holds as many numbers as the old one, if both are
    known."""
    if None in shape or None in sizes:
        return
    held = math.prod(shape)
    wanted = math.prod(sizes)
    if held != wanted:
        raise ValueError(f"{shape} can't become {sizes}")


def _size_from(x, axis: int, size):
    """Returns a size as Reshape takes it: 0 stands for that of the same axis of `x`."""
    if size is None and x.static_shape:
        return x.shape[axis] or 0
    if size is None:
        return 0
    if isinstance(size, Tensor) and size.size_of == (x, axis):
        return 0
    return size


def _keep_rows(x, wanted: Sequence[Any]) -> bool:
    """Returns whether the first axis, of open size, stays as long as it is."""
    if not x.static_shape:
        return False
    _, *before = x.static_shape
    count_before = _known_product(before)
    if count_before is None:
        return False
    others = static(wanted[1:])
    return count_before == _known_product(others)


def _known_product(sizes: Sequence[Size]) -> int | None:
    """Returns the product of sizes, None unless all are known and above 0."""
    known = [size for size in sizes if size]
    if len(known) < len(sizes):
        return None
    return math.prod(known)


def _is_shape_of(x, wanted: Sequence[Size]) -> bool:
    if len(wanted) != x.ndim:
        return False
    pairs = zip(wanted, x.shape)
    return all(n in (0, size) for n, size in pairs)


def expanded(x, sizes: Sequence[Any]):
    """Repeats a tensor along its axes of size 1, up to the given sizes."""
    result_sizes: list[NamedSize] = list(static(sizes))
    for axis, size in enumerate(x.named_shape):
        if result_sizes[axis] == 1:
            result_sizes[axis] = size
    target = shape_tensor(sizes)
    return emit_shaped("Expand", result_sizes, x, target)


def reversed_along(x, axes: Sequence[int]):
    """Turns a tensor round along some of its axes."""
    backwards = [-1] * len(axes)
    steps = integers(*backwards)
    beyond = [np.iinfo(np.int64).min] * len(axes)
    ends = integers(*beyond)
    return emit("Slice", x, steps, ends, integers(*axes), steps)


def as_scalar(x, dtype=np.int64):
    """Returns a number as a tensor without axes."""
    x = cast(tensor(x), dtype)
    if x.ndim == 0:
        return x
    no_sizes = integers()
    return emit("Reshape", x, no_sizes)
