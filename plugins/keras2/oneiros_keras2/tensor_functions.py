"""What operations on tensors compute: functions with the names and the arguments of
`keras.ops`. Each stands on the list by its decorator, or in the table `FUNCTIONS`."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import ArgumentError
from oneiros.load_context import count_calls
from oneiros.typing import Tensor

from oneiros_keras2 import activations, products, tensors
from oneiros_keras2.images import resized
from oneiros_keras2.tensors import floats, moved, numbers, size_of, sizes_of

Function = Callable[..., Any]
LABELS = "abcdefghijklm"
"""Labels for the axes of products."""
EUCLIDEAN = (None, "fro")
EXTREMES = {math.inf: K.max, -math.inf: K.min}
"""The orders of the largest and the least value."""
PADDINGS = ("constant", "reflect", "symmetric")
GRAY = [0.2989, 0.587, 0.114]
"""How much red, green and blue count in gray."""


def tensor(value) -> Any:
    """Returns a number or a tensor; a tensor for a list of numbers."""
    if isinstance(value, (list, str)):
        return K.variable(np.asarray(value))
    return value


def listed(value) -> list[Any]:
    """Returns a list or a tuple as a list, and of another value one with it."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value]


def along(x, axis: int, start=None, stop=None, step=None) -> Tensor:
    """Returns a slice along an axis."""
    before = axis % K.ndim(x)
    index = [slice(None)] * before
    index.append(slice(start, stop, step))
    return x[tuple(index)]


FUNCTIONS: dict[str, Function] = {
    "absolute": K.abs,
    "all": K.all,
    "any": K.any,
    "arange": numbers,
    "cast": K.cast,
    "cos": K.cos,
    "dot": K.dot,
    "elu": K.elu,
    "equal": K.equal,
    "erf": K.erf,
    "exp": K.exp,
    "greater": K.greater,
    "greater_equal": K.greater_equal,
    "hard_sigmoid": activations.keras3_hard_sigmoid,
    "less": K.lesser,
    "less_equal": K.lesser_equal,
    "log": K.log,
    "max": K.max,
    "maximum": K.maximum,
    "mean": K.mean,
    "min": K.min,
    "minimum": K.minimum,
    "not_equal": K.not_equal,
    "ones_like": K.ones_like,
    "prod": K.prod,
    "relu": activations.rectified,
    "round": K.round,
    "sigmoid": K.sigmoid,
    "sign": K.sign,
    "silu": activations.swish,
    "sin": K.sin,
    "softmax": activations.softmax_along,
    "softplus": K.softplus,
    "softsign": K.softsign,
    "sqrt": K.sqrt,
    "square": K.square,
    "std": K.std,
    "stop_gradient": K.stop_gradient,
    "sum": K.sum,
    "tanh": K.tanh,
    "var": K.var,
    "zeros_like": K.zeros_like,
}
"""The operations by their names."""
OF_TWO = (
    "dot",
    "equal",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "maximum",
    "minimum",
    "not_equal",
)
ACTIVATIONS = (
    "celu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu6",
    "selu",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh_shrink",
    "threshold",
)
FUNCTIONS |= {name: getattr(activations, name) for name in ACTIVATIONS}


def with_lists(function: Function) -> Function:
    """Returns a function of two operands that may be lists of numbers."""

    def computed(x1, x2):
        first = tensor(x1)
        second = tensor(x2)
        return function(first, second)

    return computed


FUNCTIONS |= {name: with_lists(FUNCTIONS[name]) for name in OF_TWO}


def operation(function: Function) -> Function:
    """Decorator: puts a function on the list under its name."""
    FUNCTIONS[function.__name__] = function
    return function


def of_two(function: Function) -> Function:
    """Decorator: puts a function on the list whose operands may be lists of numbers."""
    FUNCTIONS[function.__name__] = with_lists(function)
    return function


# Value by value


def truth(x) -> Tensor:
    """Returns 1 for true values, 0 for others."""
    is_true = K.cast(x, "bool")
    return floats(is_true)


@operation
def floor(x) -> Tensor:
    """Returns the largest whole numbers that aren't above."""
    nearest = K.round(x)
    is_above = K.greater(nearest, x)
    return nearest - floats(is_above)


@of_two
def add(x1, x2) -> Tensor:
    """Returns the sums."""
    return x1 + x2


@of_two
def subtract(x1, x2) -> Tensor:
    """Returns the differences."""
    return x1 - x2


@of_two
def multiply(x1, x2) -> Tensor:
    """Returns the products."""
    return x1 * x2


@of_two
def true_divide(x1, x2) -> Tensor:
    """Returns the quotients."""
    return x1 / x2


@of_two
def floor_divide(x1, x2) -> Tensor:
    """Returns the quotients without their fractions."""
    return floor(x1 / x2)


@of_two
def mod(x1, x2) -> Tensor:
    """Returns what divisions leave."""
    count = floor(x1 / x2)
    return x1 - x2 * count


@of_two
def logical_and(x1, x2) -> Tensor:
    """Returns whether both values are true."""
    both = truth(x1) * truth(x2)
    return K.greater(both, 0)


@of_two
def logical_or(x1, x2) -> Tensor:
    """Returns whether one of the values is true."""
    count = truth(x1) + truth(x2)
    return K.greater(count, 0)


@of_two
def logical_xor(x1, x2) -> Tensor:
    """Returns whether exactly one value is true."""
    return K.not_equal(truth(x1), truth(x2))


@operation
def logical_not(x) -> Tensor:
    """Returns whether values are false."""
    return K.equal(truth(x), 0)


@of_two
def logaddexp(x1, x2) -> Tensor:
    """Returns the logarithms of sums of two exponentials."""
    distance = K.abs(x1 - x2)
    return K.maximum(x1, x2) + K.softplus(-distance)


@of_two
def outer(x1, x2) -> Tensor:
    """Returns the products of each value of one tensor with each of another."""
    rows = K.reshape(x1, (-1, 1))
    columns = K.reshape(x2, (1, -1))
    return rows * columns


@operation
def negative(x) -> Tensor:
    """Returns values with the other sign."""
    return -x


@operation
def reciprocal(x) -> Tensor:
    """Returns 1, divided by values."""
    return 1 / x


@operation
def rsqrt(x) -> Tensor:
    """Returns 1, divided by roots."""
    return 1 / K.sqrt(x)


@operation
def log1p(x) -> Tensor:
    """Returns the logarithms of values and 1."""
    return K.log(1 + x)


@operation
def log2(x) -> Tensor:
    """Returns the logarithms to the base 2."""
    return K.log(x) / math.log(2)


@operation
def log10(x) -> Tensor:
    """Returns the logarithms to the base 10."""
    return K.log(x) / math.log(10)


@operation
def expm1(x) -> Tensor:
    """Returns the exponentials less 1."""
    return K.exp(x) - 1


@operation
def tan(x) -> Tensor:
    """Returns the tangents."""
    return K.sin(x) / K.cos(x)


@operation
def sinh(x) -> Tensor:
    """Returns the hyperbolic sines."""
    difference = K.exp(x) - K.exp(-x)
    return difference / 2


@operation
def cosh(x) -> Tensor:
    """Returns the hyperbolic cosines."""
    total = K.exp(x) + K.exp(-x)
    return total / 2


@operation
def ceil(x) -> Tensor:
    """Returns the smallest whole numbers that aren't below."""
    return -floor(-x)


@operation
def isnan(x) -> Tensor:
    """Returns whether values aren't numbers."""
    return K.not_equal(x, x)


@operation
def clip(x, x_min, x_max) -> Tensor:
    """Returns values within bounds."""
    above = K.maximum(x, x_min)
    return K.minimum(above, x_max)


@operation
def convert_to_tensor(x) -> Tensor:
    """Returns a tensor as it is."""
    return x


@operation
def full_like(x, fill_value) -> Tensor:
    """Returns a tensor of one value, of another's shape."""
    return K.zeros_like(x) + fill_value


@of_two
def power(x1, x2) -> Tensor:
    """Returns values raised to a power."""
    is_number = isinstance(x1, (int, float))
    return K.exp(x2 * math.log(x1)) if is_number else K.pow(x1, x2)


@of_two
def divide_no_nan(x1, x2) -> Tensor:
    """Returns quotients; 0 where the divisor is 0."""
    is_zero = K.equal(x2, 0)
    ones = K.ones_like(x2)
    divisors = K.switch(is_zero, ones, x2)
    zeros = K.zeros_like(x2)
    return K.switch(is_zero, zeros, x1 / divisors)


@operation
def where(condition, x1, x2) -> Tensor:
    """Returns the values of one tensor or another."""
    return K.switch(condition, tensor(x1), tensor(x2))


# Along axes


@operation
def logsumexp(x, axis=None, keepdims=False) -> Tensor:
    """Returns the logarithms of the sums of exponentials."""
    largest = K.max(x, axis=axis, keepdims=True)
    exponentials = K.exp(x - largest)
    total = K.sum(exponentials, axis, keepdims)
    shift = K.max(x, axis, keepdims)
    return K.log(total) + shift


@operation
def norm(x, ord=None, axis=None, keepdims=False) -> Tensor:
    """Returns the lengths of vectors of an order, and those of matrices of Frobenius.

    # Raises
        ArgumentError: for another order.
    """
    if ord in EUCLIDEAN:
        squares = K.square(x)
        total = K.sum(squares, axis, keepdims)
        return K.sqrt(total)
    is_number = isinstance(ord, (int, float))
    if not is_number or ord == 0 or len(listed(axis)) > 1:
        raise ArgumentError(
            f"norm received ord={ord!r:.80} and axis={axis}. Expected an order other "
            "than 0 along one axis, or None along any."
        )
    sizes = K.abs(x)
    if ord in EXTREMES:
        return EXTREMES[ord](sizes, axis, keepdims)
    powers = K.pow(sizes, ord)
    total = K.sum(powers, axis, keepdims)
    return K.pow(total, 1 / ord)


@operation
def normalize(x, axis=-1, order=2, epsilon=1e-12) -> Tensor:
    """Returns vectors of length 1."""
    if order != 2:
        length = norm(x, order, axis, keepdims=True)
        return x / K.maximum(length, epsilon)
    squares = K.square(x)
    total = K.sum(squares, axis, keepdims=True)
    square = K.maximum(total, epsilon**2)
    return x / K.sqrt(square)


@operation
def moments(x, axes, keepdims=False) -> list[Tensor]:
    """Returns means and variances."""
    mean = K.mean(x, axes, keepdims)
    variance = K.var(x, axes, keepdims)
    return [mean, variance]


@operation
def argmax(x, axis=None, keepdims=False) -> Tensor:
    """Returns the places of the largest values."""
    if axis is None:
        x = K.flatten(x)
        axis = 0
    found = K.argmax(x, axis=axis)
    return expand_dims(found, axis) if keepdims else found


@operation
def argmin(x, axis=None, keepdims=False) -> Tensor:
    """Returns the places of the smallest values."""
    return argmax(-x, axis, keepdims)


@operation
def count_nonzero(x, axis=None, keepdims=False) -> Tensor:
    """Returns the numbers of values other than 0."""
    is_other = K.not_equal(x, 0)
    ones = K.cast(is_other, "int32")
    return K.sum(ones, axis, keepdims)


@operation
def cumsum(x, axis) -> Tensor:
    """Returns the sums of the values up to each place."""
    places = numbers(size_of(x, axis))
    row = K.expand_dims(places, 0)
    column = K.expand_dims(places, 1)
    counts = K.lesser_equal(column, row)
    last = moved(x, axis, -1)
    sums = K.dot(last, floats(counts))
    return moved(sums, -1, axis)


# Products


@operation
def einsum(subscripts: str, *operands) -> Tensor:
    """Returns NumPy's `einsum` of one or two operands."""
    return products.einsum(subscripts, *map(tensor, operands))


@operation
def matmul(x1, x2) -> Tensor:
    """Returns the products of the matrices in the last two axes."""
    return einsum("...yn,...nz->...yz", x1, x2)


@operation
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


@operation
def transpose(x, axes=None) -> Tensor:
    """Returns a tensor with its axes in another order."""
    return K.permute_dimensions(x, tuple(axes or reversed(range(K.ndim(x)))))


@operation
def swapaxes(x, axis1: int, axis2: int) -> Tensor:
    """Returns a tensor with two axes in each other's place."""
    axes = list(range(K.ndim(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return K.permute_dimensions(x, tuple(axes))


@operation
def reshape(x, newshape) -> Tensor:
    """Returns the values in another shape."""
    return K.reshape(x, tuple(newshape))


@operation
def moveaxis(x, source, destination) -> Tensor:
    """Returns a tensor with one axis or several at other places."""
    rank = K.ndim(x)
    sources = [axis % rank for axis in listed(source)]
    targets = [axis % rank for axis in listed(destination)]
    order = [axis for axis in range(rank) if axis not in sources]
    for target, axis in sorted(zip(targets, sources)):
        order.insert(target, axis)
    return K.permute_dimensions(x, tuple(order))


@operation
def concatenate(xs, axis=-1) -> Tensor:
    """Returns tensors side by side along an axis."""
    return K.concatenate(list(map(tensor, xs)), axis)


@operation
def repeat(x, repeats, axis) -> Tensor:
    """Returns a tensor with each slice along an axis repeated."""
    return K.repeat_elements(x, repeats, axis)


@operation
def tile(x, repeats) -> Tensor:
    """Returns a tensor repeated along its axes."""
    return K.tile(x, tuple(repeats))


@operation
def zeros(shape) -> Tensor:
    """Returns zeros."""
    return full(shape, 0.0)


@operation
def ones(shape) -> Tensor:
    """Returns ones."""
    return full(shape, 1.0)


@operation
def stack(x, axis=0) -> Tensor:
    """Returns tensors joined along a new axis."""
    count_calls("stack", len(x))
    return K.concatenate([expand_dims(each, axis) for each in x], axis=axis)


@operation
def expand_dims(x, axis) -> Tensor:
    """Returns a tensor with new axes of size 1."""
    axes = listed(axis)
    rank = K.ndim(x) + len(axes)
    for each in sorted(each % rank for each in axes):
        x = K.expand_dims(x, each)
    return x


@operation
def squeeze(x, axis=None) -> Tensor:
    """Returns a tensor without axes of size 1."""
    shape = K.int_shape(x)
    ones = [place for place, size in enumerate(shape) if size == 1]
    axes = ones if axis is None else [each % len(shape) for each in listed(axis)]
    for each in sorted(axes, reverse=True):
        x = K.squeeze(x, each)
    return x


@operation
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


@operation
def unstack(x, num=None, axis=0) -> list[Tensor]:
    """Returns the slices along an axis."""
    count = num or K.int_shape(x)[axis]
    count_calls("unstack", count)
    parts = [along(x, axis, place, place + 1) for place in range(count)]
    return [squeeze(part, axis) for part in parts]


@operation
def get_item(x, key) -> Tensor:
    """Returns a part of a tensor."""
    places = [... if each == "..." else each for each in listed(key)]
    return x[tuple(places)]


@operation
def take(x, indices, axis=None) -> Tensor:
    """Returns the slices at indices along an axis."""
    if axis is None:
        x, axis = K.flatten(tensor(x)), 0
    x = tensor(x)
    if isinstance(indices, int):
        axis %= K.ndim(x)
        return x[(*[slice(None)] * axis, indices)]
    if isinstance(indices, list):
        places = np.asarray(indices)
        size = K.int_shape(x)[axis] or 0
        from_start = np.where(places < 0, places + size, places)
        indices = K.variable(from_start, dtype="int32")
    taken = K.gather(moved(x, axis, 0), indices)
    for _ in range(K.ndim(indices)):
        taken = moved(taken, 0, axis % K.ndim(x) + K.ndim(indices) - 1)
    return taken


@operation
def pad(x, pad_width, mode="constant", constant_values=None) -> Tensor:
    """Returns a tensor with more values before and after along each axis.

    # Raises
        ArgumentError: for another mode, or not a pair for each axis.
    """
    if mode not in PADDINGS or len(listed(pad_width)) != K.ndim(x):
        raise ArgumentError(
            f"pad received mode={mode!r:.80} and pad_width={pad_width!r:.80} for "
            f"{K.ndim(x)} axes. Expected one of {', '.join(PADDINGS)}, and a pair for "
            "each axis."
        )
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


@operation
def roll(x, shift, axis) -> Tensor:
    """Returns a tensor whose values have moved along an axis; those at its end go to
    its beginning."""
    for places, each in zip(listed(shift), listed(axis), strict=True):
        size = K.int_shape(x)[each]
        if size is not None:
            places %= size
        parts = [along(x, each, -places), along(x, each, None, -places)]
        x = K.concatenate(parts, axis=each)
    return x


@operation
def flip(x, axis=None) -> Tensor:
    """Returns a tensor with the order reversed along axes, or along all."""
    return K.reverse(x, list(range(K.ndim(x))) if axis is None else axis)


@operation
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


@operation
def full(shape, fill_value=0.0) -> Tensor:
    """Returns a tensor of one value."""
    return broadcast_to([fill_value], shape)


@operation
def one_hot(x, num_classes, axis=-1) -> Tensor:
    """Returns rows of zeros with a single one."""
    return moved(tensors.one_hot(x, num_classes), -1, axis)


# Images


def pooled(x, pool_size, strides, padding: str, pool_mode: str) -> Tensor:
    """Returns the extremes or means of windows, of images or of sequences with the
    channels last."""
    window = listed(pool_size)
    steps = listed(strides or pool_size)
    if K.ndim(x) == 3:
        rows = K.expand_dims(x, 1)
        pairs = [1, *window], [1, *steps]
        return K.squeeze(pooled(rows, *pairs, padding, pool_mode), 1)
    sizes = tuple(window * 2)[:2]
    places = tuple(steps * 2)[:2]
    return K.pool2d(x, sizes, places, padding, "tf", pool_mode)


@operation
def max_pool(inputs, pool_size, strides=None, padding="valid") -> Tensor:
    """Returns the largest values of windows."""
    return pooled(inputs, pool_size, strides, padding, "max")


@operation
def average_pool(inputs, pool_size, strides=None, padding="valid") -> Tensor:
    """Returns the means of windows."""
    return pooled(inputs, pool_size, strides, padding, "avg")


@operation
def resize(images, size, interpolation="bilinear") -> Tensor:
    """Returns images of another size."""
    return resized(images, list(size), interpolation)


@operation
def rgb_to_grayscale(images) -> Tensor:
    """Returns images with gray as their only channel."""
    shares = images * K.variable(GRAY)
    return K.sum(shares, axis=-1, keepdims=True)


@operation
def depth_to_space(x, block_size) -> Tensor:
    """Returns images with blocks of pixels from the channels."""
    _, rows, columns, depth = sizes_of(x)
    blocks = (-1, rows, columns, block_size, block_size, depth // block_size**2)
    apart = K.permute_dimensions(K.reshape(x, blocks), (0, 1, 3, 2, 4, 5))
    shape = (-1, rows * block_size, columns * block_size, blocks[-1])
    return K.reshape(apart, shape)


@operation
def space_to_depth(x, block_size) -> Tensor:
    """Returns images with channels from the blocks of pixels."""
    _, rows, columns, depth = sizes_of(x)
    counts = rows // block_size, columns // block_size
    blocks = (-1, counts[0], block_size, counts[1], block_size, depth)
    apart = K.permute_dimensions(K.reshape(x, blocks), (0, 1, 3, 2, 4, 5))
    return K.reshape(apart, (-1, *counts, depth * block_size**2))
