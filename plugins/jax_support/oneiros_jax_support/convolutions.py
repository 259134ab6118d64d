"""Convolutions in JAX, with derivatives of any order that are fast on a CPU too.

On a CPU, XLA's convolutions of volumes and its depthwise convolutions take 5 to 80
times as long as those of images. So a volume is convolved as images; the planes that a
window spans are stacked in the channels. This takes 24 ms of processor time instead of
334 for 16 samples of 16x32x32x3 and 16 filters of 3x3x3, and 24 instead of 98 for
16x16x16x16 and 32. A depthwise convolution is split into one product per cell of the
window, and XLA fuses them. `benchmarks/mechanisms.py volumes depthwise` compares both
in networks, and `benchmarks/volumes.py` measures what machine code adds.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
import functools
import importlib.util
import itertools
import math
from collections.abc import Callable

import numpy as np

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.slices import strided
from oneiros_jax_support.windows import ConvolutionWindows, Sizes

COMPILER = "numba"
"""What compiles machine code for the gradient of a kernel; it may be absent."""
LARGE = 1 << 27
"""Minimum number of multiplications for which loading it saves time."""
UNPADDED = (0, 0)
"""What is added before and after an axis that isn't padded."""


def convolve(windows: ConvolutionWindows, x, kernel) -> Tensor:
    """Convolves, not flipping the kernel."""
    functions = _Derivatives(windows, _spatial(x), _window(kernel))
    return functions.forward(x, kernel)


def convolve_back(windows: ConvolutionWindows, kernel, gradient, sizes: Sizes):
    """Returns the derivative by the input, a transposed convolution.

    # Arguments
        windows: those of the convolution.
        kernel: its kernel.
        gradient: the derivative by its result.
        sizes: the spatial sizes of its input.
    """
    window = _window(kernel)
    received = _spatial(gradient)
    expected = windows.lengths(sizes, window)
    if received != expected:
        raise ValueError(
            f"The derivative by the result has spatial sizes {received}; an input of "
            f"{sizes} gives {expected}."
        )
    return _Derivatives(windows, sizes, window).by_input(kernel, gradient)


class _Derivatives:
    """A convolution and its two derivatives, which are each other's derivatives.

    # Arguments
        windows: where the windows lie.
        sizes: the spatial sizes of the input.
        window: those of the kernel.

    # Properties
        forward: function of an input and a kernel.
        by_input: function of a kernel and the derivative by the result.
        by_kernel: function of an input and the derivative by the result.
    """

    def __init__(
        self, windows: ConvolutionWindows, sizes: Sizes, window: Sizes
    ) -> None:
        def pulled_back(x, kernel, d_result) -> tuple[Tensor, Tensor]:
            return self.by_input(kernel, d_result), self.by_kernel(x, d_result)

        def by_input_pulled_back(kernel, gradient, d_x) -> tuple[Tensor, Tensor]:
            return self.by_kernel(d_x, gradient), self.forward(d_x, kernel)

        def by_kernel_pulled_back(x, gradient, d_kernel) -> tuple[Tensor, Tensor]:
            return self.by_input(d_kernel, gradient), self.forward(x, d_kernel)

        forward = functools.partial(_convolve, windows)
        by_input = functools.partial(_by_input, windows, sizes)
        by_kernel = functools.partial(_by_kernel, windows, window)
        self.forward = _with_pullback(forward, pulled_back)
        self.by_input = _with_pullback(by_input, by_input_pulled_back)
        self.by_kernel = _with_pullback(by_kernel, by_kernel_pulled_back)


def _with_pullback(function: Callable[..., Tensor], pullback: Callable[..., Tensor]):
    """Returns a function with its derivative.

    # Arguments
        function: function of two tensors.
        pullback: function of these and the derivative by the result, which returns the
            derivatives by them.
    """
    differentiable = jax.custom_vjp(function)

    def run(*inputs) -> tuple[Tensor, tuple[Tensor, ...]]:
        return differentiable(*inputs), inputs

    def pull(inputs: tuple[Tensor, ...], gradient) -> Tensor:
        return pullback(*inputs, gradient)

    differentiable.defvjp(run, pull)
    return differentiable


def _spatial(x) -> Sizes:
    return tuple(x.shape[1:-1])


def _window(kernel) -> Sizes:
    return tuple(kernel.shape[:-2])


# The convolution and its derivatives


def _convolve(windows: ConvolutionWindows, x, kernel) -> Tensor:
    on_cpu = platform() == "cpu"
    if windows.depthwise and on_cpu:
        return _convolve_depthwise(windows, x, kernel)
    if windows.rank == 3 and on_cpu:
        return _convolve_volumes(windows, x, kernel)
    return _convolve_by_xla(windows, x, kernel)


def _by_input(windows: ConvolutionWindows, sizes: Sizes, kernel, gradient) -> Tensor:
    shape = gradient.shape[0], *sizes, kernel.shape[-2]
    return _transposed(lambda x: _convolve(windows, x, kernel), shape, gradient)


def _by_kernel(windows: ConvolutionWindows, window: Sizes, x, gradient) -> Tensor:
    on_cpu = platform() == "cpu"
    channels = x.shape[-1]
    if windows.depthwise and on_cpu:
        return _depthwise_by_kernel(windows, window, x, gradient)
    if _suits_machine_code(windows, window, x, gradient):
        return _by_kernel_in_machine_code(windows, window, x, gradient)
    filters = gradient.shape[-1]
    if windows.depthwise:
        filters //= channels
    shape = *window, channels, filters
    return _transposed(lambda kernel: _convolve(windows, x, kernel), shape, gradient)


def _transposed(linear: Callable[[Tensor], Tensor], shape: Sizes, gradient) -> Tensor:
    """Applies the transpose of a linear function of a tensor of a given shape."""
    like = jax.ShapeDtypeStruct(shape, gradient.dtype)
    return jax.linear_transpose(linear, like)(gradient)[0]


def _convolve_by_xla(windows: ConvolutionWindows, x, kernel) -> Tensor:
    window = _window(kernel)
    axes = "DHW"[-windows.rank :]
    groups = 1
    if windows.depthwise:
        groups, each = kernel.shape[-2:]
        kernel = kernel.reshape(*window, 1, groups * each)
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        windows.strides,
        windows.paddings(_spatial(x), window),
        rhs_dilation=windows.dilation,
        dimension_numbers=(f"N{axes}C", f"{axes}IO", f"N{axes}C"),
        feature_group_count=groups,
    )


# Volumes as images, on a CPU


def _convolve_volumes(windows: ConvolutionWindows, x, kernel) -> Tensor:
    depth, *window, channels, filters = kernel.shape
    planes_last = jnp.moveaxis(kernel, 0, -3)
    kernel_of_images = planes_last.reshape(*window, depth * channels, filters)
    images = _planes_as_channels(windows, x, depth)
    result = _convolve_by_xla(_of_planes(windows), images, kernel_of_images)
    samples = x.shape[0]
    return result.reshape(samples, -1, *result.shape[1:])


def _of_planes(windows: ConvolutionWindows) -> ConvolutionWindows:
    border = windows.border
    if not isinstance(border, str):
        border = border[1:]
    return ConvolutionWindows(windows.strides[1:], border, windows.dilation[1:])


def _planes_as_channels(windows: ConvolutionWindows, x, depth: int) -> Tensor:
    """Returns an image per window along the first spatial axis, with its planes
    stacked in the channels."""
    first = next(windows.axes(_spatial(x), (depth, 1, 1)))
    count = first.positions() or 0
    padded = jnp.pad(x, (UNPADDED, first.padding(), *[UNPADDED] * 3))
    planes = [
        strided(padded, 1, cell * first.dilation, count, first.stride)
        for cell in range(depth)
    ]
    stacked = jnp.concatenate(planes, -1)
    return stacked.reshape(-1, *stacked.shape[2:])


# Machine code for the derivative by a kernel, on a CPU


def _suits_machine_code(
    windows: ConvolutionWindows, window: Sizes, x, gradient
) -> bool:
    multiplications = gradient.size * math.prod(window) * x.shape[-1]
    return (
        platform() == "cpu"
        and windows.rank > 1
        and not windows.depthwise
        and x.dtype == gradient.dtype == np.float32
        and multiplications > LARGE
        and importlib.util.find_spec(COMPILER) is not None
    )


def _by_kernel_in_machine_code(
    windows: ConvolutionWindows, window: Sizes, x, gradient
) -> Tensor:
    """Computes the derivative; that of volumes as one of images.

    Machine code receives `gradient` as volumes, which are the same in memory. XLA
    doesn't fuse a call with the computation of its arguments, so `gradient` is computed
    once. Otherwise it would be computed again for each use, and most slowly for the
    bias's sum: 649 ms of processor time instead of 297 for a training step on JAX
    (benchmarks/volumes.py).
    """
    from oneiros_jax_support.native_convolution.gradient import kernel_gradient

    if windows.rank == 2:
        return kernel_gradient(windows, x, gradient, window)
    depth, *plane = window
    images = _planes_as_channels(windows, x, depth)
    flat = kernel_gradient(_of_planes(windows), images, gradient, tuple(plane))
    split = flat.reshape(*plane, depth, x.shape[-1], gradient.shape[-1])
    return jnp.moveaxis(split, -3, 0)


# Depthwise convolutions taken apart, on a CPU


def _convolve_depthwise(windows: ConvolutionWindows, x, kernel) -> Tensor:
    axes = list(windows.axes(_spatial(x), _window(kernel)))
    paddings = [axis.padding() for axis in axes]
    padded = jnp.pad(x, (UNPADDED, *paddings, UNPADDED))
    total: Tensor = 0
    for cell in itertools.product(*map(range, _window(kernel))):
        value = padded
        for place, (at, axis) in enumerate(zip(cell, axes, strict=True), 1):
            start = at * axis.dilation
            count = axis.positions() or 0
            value = strided(value, place, start, count, axis.stride)
        repeated = jnp.repeat(value, kernel.shape[-1], -1)
        total = total + repeated * kernel[cell].reshape(-1)
    return total


def _depthwise_by_kernel(
    windows: ConvolutionWindows, window: Sizes, x, gradient
) -> Tensor:
    """XLA's function for one kernel per channel is fast enough; for several, it is
    called for each."""
    channels = x.shape[-1]
    gradients = gradient.reshape(*gradient.shape[:-1], channels, -1)
    shape = (*window, channels, 1)
    parts = [
        _transposed(lambda kernel: _convolve_by_xla(windows, x, kernel), shape, part)
        for part in jnp.moveaxis(gradients, -1, 0)
    ]
    return jnp.concatenate(parts, -1)
