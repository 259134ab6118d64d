"""Functions of tensors that several layers need."""

from typing import Any

from oneiros import backend as K
from oneiros.load_context import count_weight
from oneiros.typing import Tensor


def floats(x: Tensor) -> Tensor:
    """Returns a tensor of floats; 1 stands for what is true."""
    return K.cast(x, K.floatx())


def sizes_of(x: Tensor) -> list[Any]:
    """Returns the sizes of a tensor, those that aren't known as tensors."""
    sizes = list(K.int_shape(x))
    for axis, size in enumerate(sizes):
        if size is None:
            sizes[axis] = K.shape(x)[axis]
    return sizes


def numbers(start, stop=None, step=1) -> Tensor:
    """Returns `K.arange`; known numbers count as weights of a file that asks for
    them."""
    first, end = (0, start) if stop is None else (start, stop)
    is_known = all(isinstance(each, (int, float)) for each in (first, end, step))
    if is_known and step:
        count = int((end - first) / step)
        count_weight((abs(count),), "a range of numbers")
    return K.arange(start, stop, step)


def one_hot(x: Tensor, size: int) -> Tensor:
    """Returns `K.one_hot` of numbers; its places count as weights of a file."""
    count_weight((size,), "a layer or operation that encodes")
    return K.one_hot(K.cast(x, "int32"), size)


def blocks(x: Tensor, count: int) -> list[Tensor]:
    """Returns so many parts of a tensor along its last axis, of the same size."""
    width = K.int_shape(x)[-1]
    size = width // count
    return [x[..., start : start + size] for start in range(0, width, size)]


def moved(x: Tensor, source: int, target: int) -> Tensor:
    """Returns a tensor with an axis in another place."""
    axes = list(range(K.ndim(x)))
    axis = axes.pop(source)
    axes.insert(target, axis)
    return K.permute_dimensions(x, axes)
