"""What operations on tensors compute: functions with the names and the arguments of
`keras.ops`."""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ShapeError
from oneiros.load_context import count_calls
from oneiros.typing import Tensor

from oneiros_keras2 import activations, tensors
from oneiros_keras2.images import resized
from oneiros_keras2.tensors import numbers

Function = Callable[..., Any]
LABELS = "abcdefghijklm"
"""Labels for the axes of products."""
GRAY = [0.2989, 0.587, 0.114]
"""How much red, green and blue count in gray."""


def tensor(value) -> Any:
    """Returns a number or a tensor; a tensor for a list of numbers."""
    is_other = isinstance(value, (list, str))
    return K.variable(np.asarray(value)) if is_other else value


def size_of(x, axis: int) -> Any:
    """Returns a size of a tensor: an int if it is known, or a scalar tensor."""
    size = K.int_shape(x)[axis]
    return K.shape(x)[axis] if size is None else size


def sizes_of(x) -> list[Any]:
    """Returns the sizes of a tensor."""
    return [size_of(x, axis) for axis in range(K.ndim(x))]


def listed(value) -> list[Any]:
    """Returns a list or a tuple as a list, and of another value one with it."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def along(x, axis: int, start=None, stop=None, step=None) -> Tensor:
    """Returns a slice along an axis."""
    before = [slice(None)] * (axis % K.ndim(x))
    return x[(*before, slice(start, stop, step))]


def moved(x, source: int, target: int) -> Tensor:
    """Returns a tensor with an axis at another place."""
    axes = list(range(K.ndim(x)))
    axis = axes.pop(source)
    axes.insert(target % K.ndim(x), axis)
    return K.permute_dimensions(x, tuple(axes))


def swapaxes(x, axis1: int, axis2: int) -> Tensor:
    """Returns a tensor with two axes in each other's place."""
    axes = list(range(K.ndim(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return K.permute_dimensions(x, tuple(axes))


# Value by value


def of_two(function: Function) -> Function:
    """Returns a function whose operands may be lists of numbers."""

    def computed(x1, x2):
        return function(tensor(x1), tensor(x2))

    return computed


def truth(x) -> Tensor:
    """Returns 1 for true values, 0 for others."""
    return K.cast(K.cast(x, "bool"), K.floatx())


def floor(x) -> Tensor:
    """Returns the largest whole numbers that aren't above."""
    nearest = K.round(x)
    return nearest - K.cast(K.greater(nearest, x), K.floatx())


def power(x1, x2) -> Tensor:
    """Returns values raised to a power."""
    is_number = isinstance(x1, (int, float))
    return K.exp(x2 * math.log(x1)) if is_number else K.pow(x1, x2)


def divide_no_nan(x1, x2) -> Tensor:
    """Returns quotients; 0 where the divisor is 0."""
    is_zero = K.equal(x2, 0)
    divisors = K.switch(is_zero, K.ones_like(x2), x2)
    return K.switch(is_zero, K.zeros_like(x2), x1 / divisors)


def where(condition, x1, x2) -> Tensor:
    """Returns the values of one tensor or another."""
    return K.switch(condition, tensor(x1), tensor(x2))


# Along axes


def logsumexp(x, axis=None, keepdims=False) -> Tensor:
    """Returns the logarithms of the sums of exponentials."""
    largest = K.max(x, axis=axis, keepdims=True)
    total = K.sum(K.exp(x - largest), axis=axis, keepdims=keepdims)
    return K.log(total) + K.max(x, axis=axis, keepdims=keepdims)


def norm(x, ord=None, axis=None, keepdims=False) -> Tensor:
    """Returns the lengths of vectors: of order 1, 2 or infinity."""
    if ord == 1:
        return K.sum(K.abs(x), axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return K.max(K.abs(x), axis=axis, keepdims=keepdims)
    return K.sqrt(K.sum(K.square(x), axis=axis, keepdims=keepdims))


def normalize(x, axis=-1, order=2, epsilon=1e-12) -> Tensor:
    """Returns vectors of length 1."""
    length = norm(x, order, axis, keepdims=True)
    return x / K.maximum(length, epsilon)


def moments(x, axes, keepdims=False) -> list[Tensor]:
    """Returns means and variances."""
    mean = K.mean(x, axis=axes, keepdims=keepdims)
    return [mean, K.var(x, axis=axes, keepdims=keepdims)]


def arg(sign: int) -> Function:
    """Returns the function of the places of the largest values, or the smallest."""

    def places(x, axis=None, keepdims=False):
        if axis is None:
            x, axis = K.flatten(x), 0
        found = K.argmax(sign * x, axis=axis)
        return expand_dims(found, axis) if keepdims else found

    return places


def count_nonzero(x, axis=None, keepdims=False) -> Tensor:
    """Returns the numbers of values other than 0."""
    is_other = K.cast(K.not_equal(x, 0), "int32")
    return K.sum(is_other, axis=axis, keepdims=keepdims)


def cumsum(x, axis) -> Tensor:
    """Returns the sums of the values up to each place."""
    places = numbers(size_of(x, axis))
    counts = K.lesser_equal(K.expand_dims(places, 1), K.expand_dims(places, 0))
    sums = K.dot(moved(x, axis, -1), K.cast(counts, K.floatx()))
    return moved(sums, -1, axis)


# Products


def einsum(subscripts: str, *operands) -> Tensor:
    """Returns NumPy's `einsum` of one or two operands."""
    tensors = list(map(tensor, operands))
    inputs, of_output = labelled(subscripts, list(map(K.ndim, tensors)))
    if len(tensors) > 2 or any(len(set(each)) < len(each) for each in inputs):
        raise ShapeError(
            f"einsum with {subscripts!r}: expected at most two operands, with each "
            "label once in each of them."
        )
    for number, axes in enumerate(inputs):
        others = {*of_output, *inputs[1 - number]} if len(inputs) > 1 else of_output
        gone = [place for place, each in enumerate(axes) if each not in others]
        if gone:
            tensors[number] = K.sum(tensors[number], axis=gone)
        inputs[number] = "".join(each for each in axes if each in others)
    if len(tensors) == 1:
        return ordered(tensors[0], inputs[0], of_output)
    product, axes = multiplied(tensors, inputs, of_output)
    return ordered(product, axes, of_output)


def labelled(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """Returns the labels of the operands' axes and of the output's; an ellipsis becomes
    digits."""
    of_inputs, arrow, of_output = subscripts.replace(" ", "").partition("->")
    inputs = of_inputs.split(",")
    if not arrow:
        once = {each for each in of_inputs if of_inputs.count(each) == 1}
        of_output = "".join(sorted(once - {",", "."}))
    free = [rank - len(axes) + 3 for rank, axes in zip(ranks, inputs)]
    digits = "0123456789"[: max(free)]
    inputs = [
        axes.replace("...", digits[len(digits) - count :])
        for axes, count in zip(inputs, free)
    ]
    return inputs, of_output.replace("...", digits)


def ordered(x, axes: str, wanted: str) -> Tensor:
    """Returns a tensor with its axes in another order."""
    return K.permute_dimensions(x, tuple(map(axes.index, wanted)))


def multiplied(
    tensors: list[Any], inputs: list[str], of_output: str
) -> tuple[Tensor, str]:
    """Returns the product of two tensors over the axes that the output lacks, and the
    labels of its axes."""
    x, y = tensors
    of_x, of_y = inputs
    sizes = dict(zip(of_x, sizes_of(x))) | dict(zip(of_y, sizes_of(y)))
    shared = [each for each in of_x if each in of_y]
    batch = "".join(each for each in shared if each in of_output)
    summed = "".join(each for each in shared if each not in of_output)
    rows = "".join(each for each in of_x if each not in of_y)
    columns = "".join(each for each in of_y if each not in of_x)

    def count(axes):
        return functools.reduce(operator.mul, map(sizes.__getitem__, axes), 1)

    lead = [-1] if batch else []
    rows_shape = [*lead, count(rows) if batch else -1, count(summed)]
    left = K.reshape(ordered(x, of_x, batch + rows + summed), tuple(rows_shape))
    columns_shape = (*lead, count(summed), count(columns))
    right = K.reshape(ordered(y, of_y, batch + summed + columns), columns_shape)
    product = K.batch_dot(left, right, axes=[2, 1]) if batch else K.dot(left, right)
    axes = batch + rows + columns
    shape = [sizes[each] for each in axes]
    return K.reshape(product, tuple(shape)), axes


def matmul(x1, x2) -> Tensor:
    """Returns the products of the matrices in the last two axes."""
    x1, x2 = tensor(x1), tensor(x2)
    ranks = K.ndim(x1), K.ndim(x2)
    outer = LABELS[: max(ranks) - 2]
    first, second = (outer[len(outer) - rank + 2 :] for rank in ranks)
    return einsum(f"{first}yn,{second}nz->{outer}yz", x1, x2)


def tensordot(x1, x2, axes: Any = 2) -> Tensor:
    """Returns the products over axes of each tensor."""
    x1, x2 = tensor(x1), tensor(x2)
    rank = K.ndim(x1)
    if isinstance(axes, int):
        axes = [list(range(rank - axes, rank)), list(range(axes))]
    of_x1 = LABELS[:rank]
    of_x2 = list("nopqrstuvwxyz"[: K.ndim(x2)])
    for first, second in zip(listed(axes[0]), listed(axes[1])):
        of_x2[second] = of_x1[first]
    inputs = f"{of_x1},{''.join(of_x2)}"
    kept = [each for each in inputs if inputs.count(each) == 1 and each != ","]
    return einsum(f"{inputs}->{''.join(kept)}", x1, x2)


# Shapes


def transpose(x, axes=None) -> Tensor:
    """Returns a tensor with its axes in another order."""
    return K.permute_dimensions(x, tuple(axes or reversed(range(K.ndim(x)))))


def stack(x, axis=0) -> Tensor:
    """Returns tensors joined along a new axis."""
    return K.concatenate([expand_dims(each, axis) for each in x], axis=axis)


def expand_dims(x, axis) -> Tensor:
    """Returns a tensor with new axes of size 1."""
    axes = listed(axis)
    rank = K.ndim(x) + len(axes)
    for each in sorted(each % rank for each in axes):
        x = K.expand_dims(x, each)
    return x


def squeeze(x, axis=None) -> Tensor:
    """Returns a tensor without axes of size 1."""
    shape = K.int_shape(x)
    ones = [place for place, size in enumerate(shape) if size == 1]
    axes = ones if axis is None else [each % len(shape) for each in listed(axis)]
    for each in sorted(axes, reverse=True):
        x = K.squeeze(x, each)
    return x


def split(x, indices_or_sections, axis=0) -> list[Tensor]:
    """Returns equal parts along an axis, or those between indices."""
    ends = indices_or_sections
    if isinstance(ends, int):
        count_calls("split", ends)
        size = K.int_shape(x)[axis] // ends
        ends = [size * number for number in range(1, ends)]
    return [
        along(x, axis, start, stop) for start, stop in zip([0, *ends], [*ends, None])
    ]


def unstack(x, num=None, axis=0) -> list[Tensor]:
    """Returns the slices along an axis."""
    count = num or K.int_shape(x)[axis]
    count_calls("unstack", count)
    parts = [along(x, axis, place, place + 1) for place in range(count)]
    return [squeeze(part, axis) for part in parts]


def get_item(x, key) -> Tensor:
    """Returns a part of a tensor."""
    places = [... if each == "..." else each for each in listed(key)]
    return x[tuple(places)]


def take(x, indices, axis=None) -> Tensor:
    """Returns the slices at indices along an axis."""
    if axis is None:
        x, axis = K.flatten(tensor(x)), 0
    x = tensor(x)
    if isinstance(indices, int):
        axis %= K.ndim(x)
        return x[(*[slice(None)] * axis, indices)]
    if isinstance(indices, list):
        indices = K.variable(np.asarray(indices), dtype="int32")
    taken = K.gather(moved(x, axis, 0), indices)
    for _ in range(K.ndim(indices)):
        taken = moved(taken, 0, axis % K.ndim(x) + K.ndim(indices) - 1)
    return taken


def pad(x, pad_width, mode="constant", constant_values=None) -> Tensor:
    """Returns a tensor with more values before and after along each axis."""
    for axis, (before, after) in enumerate(pad_width):
        if mode == "constant":
            border = K.zeros_like(along(x, axis, 0, 1)) + (constant_values or 0)
            lower = K.repeat_elements(border, before, axis) if before else None
            upper = K.repeat_elements(border, after, axis) if after else None
        else:
            skipped = 1 if mode == "reflect" else 0
            reverse = K.reverse(x, axis)
            end = -skipped or None
            lower = along(reverse, axis, -before - skipped, end) if before else None
            upper = along(reverse, axis, skipped, after + skipped) if after else None
        pieces = [each for each in (lower, x, upper) if each is not None]
        x = K.concatenate(pieces, axis=axis) if len(pieces) > 1 else x
    return x


def roll(x, shift, axis) -> Tensor:
    """Returns a tensor whose values have moved along an axis; those at its end go to
    its beginning."""
    for places, each in zip(listed(shift), listed(axis), strict=True):
        parts = [along(x, each, -places), along(x, each, None, -places)]
        x = K.concatenate(parts, axis=each)
    return x


def flip(x, axis=None) -> Tensor:
    """Returns a tensor with the order reversed along axes, or along all."""
    return K.reverse(x, list(range(K.ndim(x))) if axis is None else axis)


def broadcast_to(x, shape) -> Tensor:
    """Returns a tensor repeated along its axes of size 1."""
    x = tensor(x)
    shape = list(shape)
    while K.ndim(x) < len(shape):
        x = K.expand_dims(x, 0)
    for axis, size in enumerate(shape):
        if size not in (None, -1, K.int_shape(x)[axis]):
            zeros = K.cast(0 * numbers(size), K.floatx())
            x = x + K.reshape(zeros, (-1, *[1] * (len(shape) - axis - 1)))
    return x


def full(shape, fill_value=0.0) -> Tensor:
    """Returns a tensor of one value."""
    return broadcast_to([fill_value], shape)


def one_hot(x, num_classes, axis=-1) -> Tensor:
    """Returns rows of zeros with a single one."""
    return moved(tensors.one_hot(x, num_classes), -1, axis)


# Images


def pooled(pool_mode: str) -> Function:
    """Returns the pooling of images, with the channels last."""

    def pool(inputs, pool_size, strides=None, padding="valid"):
        if K.ndim(inputs) == 3:
            window = (1, *listed(pool_size))
            steps = (1, *listed(strides or pool_size))
            rows = K.expand_dims(inputs, 1)
            return K.squeeze(pool(rows, window, steps, padding), 1)
        window = tuple(listed(pool_size) * 2)[:2]
        steps = tuple(listed(strides or pool_size) * 2)[:2]
        return K.pool2d(inputs, window, steps, padding, "tf", pool_mode)

    return pool


def depth_to_space(x, block_size) -> Tensor:
    """Returns images with blocks of pixels from the channels."""
    _, rows, columns, depth = sizes_of(x)
    blocks = (-1, rows, columns, block_size, block_size, depth // block_size**2)
    apart = K.permute_dimensions(K.reshape(x, blocks), (0, 1, 3, 2, 4, 5))
    shape = (-1, rows * block_size, columns * block_size, blocks[-1])
    return K.reshape(apart, shape)


def space_to_depth(x, block_size) -> Tensor:
    """Returns images with channels from the blocks of pixels."""
    _, rows, columns, depth = sizes_of(x)
    counts = rows // block_size, columns // block_size
    blocks = (-1, counts[0], block_size, counts[1], block_size, depth)
    apart = K.permute_dimensions(K.reshape(x, blocks), (0, 1, 3, 2, 4, 5))
    return K.reshape(apart, (-1, *counts, depth * block_size**2))


_OF_TWO: dict[str, Function] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "true_divide": operator.truediv,
    "divide_no_nan": divide_no_nan,
    "floor_divide": lambda x1, x2: floor(x1 / x2),
    "mod": lambda x1, x2: x1 - x2 * floor(x1 / x2),
    "power": power,
    "maximum": K.maximum,
    "minimum": K.minimum,
    "equal": K.equal,
    "not_equal": K.not_equal,
    "greater": K.greater,
    "greater_equal": K.greater_equal,
    "less": K.lesser,
    "less_equal": K.lesser_equal,
    "logical_and": lambda x1, x2: K.greater(truth(x1) * truth(x2), 0),
    "logical_or": lambda x1, x2: K.greater(truth(x1) + truth(x2), 0),
    "logical_xor": lambda x1, x2: K.not_equal(truth(x1), truth(x2)),
    "logaddexp": lambda x1, x2: K.maximum(x1, x2) + K.softplus(-K.abs(x1 - x2)),
    "outer": lambda x1, x2: K.reshape(x1, (-1, 1)) * K.reshape(x2, (1, -1)),
    "dot": K.dot,
}
FUNCTIONS: dict[str, Function] = {
    **{name: of_two(function) for name, function in _OF_TWO.items()},
    # value by value
    "absolute": lambda x: K.abs(x),
    "negative": lambda x: -x,
    "exp": lambda x: K.exp(x),
    "log": lambda x: K.log(x),
    "log1p": lambda x: K.log(1 + x),
    "log2": lambda x: K.log(x) / math.log(2),
    "log10": lambda x: K.log(x) / math.log(10),
    "expm1": lambda x: K.exp(x) - 1,
    "sqrt": lambda x: K.sqrt(x),
    "rsqrt": lambda x: 1 / K.sqrt(x),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: K.square(x),
    "sign": lambda x: K.sign(x),
    "sin": lambda x: K.sin(x),
    "cos": lambda x: K.cos(x),
    "tan": lambda x: K.sin(x) / K.cos(x),
    "sinh": lambda x: (K.exp(x) - K.exp(-x)) / 2,
    "cosh": lambda x: (K.exp(x) + K.exp(-x)) / 2,
    "round": lambda x: K.round(x),
    "floor": floor,
    "ceil": lambda x: -floor(-x),
    "erf": lambda x: K.erf(x),
    "isnan": lambda x: K.not_equal(x, x),
    "logical_not": lambda x: K.equal(truth(x), 0),
    "cast": lambda x, dtype: K.cast(x, dtype),
    "clip": lambda x, x_min, x_max: K.minimum(K.maximum(x, x_min), x_max),
    "convert_to_tensor": lambda x: x,
    "stop_gradient": lambda variable: K.stop_gradient(variable),
    "zeros_like": lambda x: K.zeros_like(x),
    "ones_like": lambda x: K.ones_like(x),
    "full_like": lambda x, fill_value: K.zeros_like(x) + fill_value,
    "where": where,
    # activations
    "relu": activations.rectified,
    "elu": lambda x, alpha=1.0: K.elu(x, alpha),
    "sigmoid": K.sigmoid,
    "tanh": K.tanh,
    "softplus": K.softplus,
    "softsign": K.softsign,
    "softmax": activations.softmax_along,
    "silu": activations.swish,
    "hard_sigmoid": activations.keras3_hard_sigmoid,
    **{
        name: getattr(activations, name)
        for name in (
            *("celu", "gelu", "glu", "hard_shrink", "hard_silu", "hard_tanh"),
            *("leaky_relu", "log_sigmoid", "log_softmax", "mish", "relu6", "selu"),
            *("soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax"),
            *("squareplus", "tanh_shrink", "threshold"),
        )
    },
    # along axes
    "sum": lambda x, axis=None, keepdims=False: K.sum(x, axis, keepdims),
    "mean": lambda x, axis=None, keepdims=False: K.mean(x, axis, keepdims),
    "max": lambda x, axis=None, keepdims=False: K.max(x, axis, keepdims),
    "min": lambda x, axis=None, keepdims=False: K.min(x, axis, keepdims),
    "prod": lambda x, axis=None, keepdims=False: K.prod(x, axis, keepdims),
    "var": lambda x, axis=None, keepdims=False: K.var(x, axis, keepdims),
    "std": lambda x, axis=None, keepdims=False: K.std(x, axis, keepdims),
    "any": lambda x, axis=None, keepdims=False: K.any(x, axis, keepdims),
    "all": lambda x, axis=None, keepdims=False: K.all(x, axis, keepdims),
    "logsumexp": logsumexp,
    "norm": norm,
    "normalize": normalize,
    "moments": moments,
    "argmax": arg(1),
    "argmin": arg(-1),
    "cumsum": cumsum,
    "count_nonzero": count_nonzero,
    # products
    "matmul": matmul,
    "tensordot": tensordot,
    "einsum": einsum,
    # shapes
    "reshape": lambda x, newshape: K.reshape(x, tuple(newshape)),
    "transpose": transpose,
    "swapaxes": swapaxes,
    "moveaxis": lambda x, source, destination: moved(x, source, destination),
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "concatenate": lambda xs, axis=-1: K.concatenate(list(map(tensor, xs)), axis),
    "stack": stack,
    "split": split,
    "unstack": unstack,
    "get_item": get_item,
    "take": take,
    "repeat": lambda x, repeats, axis: K.repeat_elements(x, repeats, axis),
    "tile": lambda x, repeats: K.tile(x, tuple(repeats)),
    "pad": pad,
    "roll": roll,
    "flip": flip,
    "broadcast_to": broadcast_to,
    "full": full,
    "zeros": full,
    "ones": lambda shape: full(shape, 1.0),
    "arange": numbers,
    "one_hot": one_hot,
    # images
    "max_pool": pooled("max"),
    "average_pool": pooled("avg"),
    "resize": lambda images, size, interpolation="bilinear": resized(
        images, list(size), interpolation
    ),
    "rgb_to_grayscale": lambda images: K.sum(
        images * K.variable(GRAY), axis=-1, keepdims=True
    ),
    "depth_to_space": depth_to_space,
    "space_to_depth": space_to_depth,
}
"""The operations by their names."""
