"""Functions of tensors that several layers need."""

from typing import Any

from oneiros import backend as K
from oneiros.load_context import count_weight
from oneiros.typing import Tensor

HIDDEN = {"float16": 3e4, "float32": 1e9, "float64": 1e9}
"""By type, what is subtracted from the score of a hidden place: its weight is 0."""


def floats(x: Tensor) -> Tensor:
    """Returns a tensor of floats; 1 stands for what is true."""
    return K.cast(x, K.floatx())


def size_of(x: Tensor, axis: int) -> Any:
    """Returns a size of a tensor: an int if it is known, or a scalar tensor."""
    size = K.int_shape(x)[axis]
    if size is None:
        return K.shape(x)[axis]
    return size


def sizes_of(x: Tensor) -> list[Any]:
    """Returns the sizes of a tensor, those that aren't known as tensors."""
    axes = range(K.ndim(x))
    return [size_of(x, axis) for axis in axes]


def numbers(start, stop=None, step=1) -> Tensor:
    """Returns `K.arange`; known numbers count as weights of a file that asks for
    them."""
    first, end = (0, start) if stop is None else (start, stop)
    bounds = (first, end, step)
    is_known = all(isinstance(each, (int, float)) for each in bounds)
    if is_known and step:
        count = int((end - first) / step)
        count_weight((abs(count),), "a range of numbers")
    return K.arange(start, stop, step)


def one_hot(x: Tensor, size: int) -> Tensor:
    """Returns `K.one_hot` of numbers; its places count as weights of a file."""
    count_weight((size,), "a layer or operation that encodes")
    integers = K.cast(x, "int32")
    return K.one_hot(integers, size)


def blocks(x: Tensor, count: int) -> list[Tensor]:
    """Returns so many parts of a tensor along its last axis, of the same size."""
    width = K.int_shape(x)[-1]
    size = width // count
    starts = range(0, width, size)
    return [x[..., start : start + size] for start in starts]


def moved(x: Tensor, source: int, target: int) -> Tensor:
    """Returns a tensor with an axis in another place."""
    rank = K.ndim(x)
    axes = list(range(rank))
    axis = axes.pop(source)
    axes.insert(target % rank, axis)
    return K.permute_dimensions(x, tuple(axes))
