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
import importlib
import importlib.util
import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.slices import placed, strided
from oneiros_jax_support.windows import ConvolutionWindows, Sizes

COMPILER = "numba"
"""What compiles machine code for the gradient of a kernel; it may be absent."""
LARGE = 1 << 27
"""Minimum number of multiplications for which loading it saves time."""
UNPADDED = (0, 0)
"""What is added before and after an axis that isn't padded."""


class DifferentiableConvolution:
    """A convolution and its two derivatives, which are each other's derivatives.

    # Properties
        forward: function of an input and a kernel.
        by_input: function of a kernel, the derivative by the result, and the input's
            spatial sizes. It returns the derivative by the input, which is also a
            transposed convolution.
    """

    def __init__(self, windows: ConvolutionWindows) -> None:
        forward = jax.custom_vjp(functools.partial(_convolve, windows))
        by_input = jax.custom_vjp(
            functools.partial(_by_input, windows), nondiff_argnums=(2,)
        )
        by_kernel = jax.custom_vjp(
            functools.partial(_by_kernel, windows), nondiff_argnums=(2,)
        )

        def forward_pullback(
            saved: tuple[Tensor, Tensor], gradient
        ) -> tuple[Tensor, Tensor]:
            x, kernel = saved
            return (
                by_input(kernel, gradient, _spatial(x)),
                by_kernel(x, gradient, _window(kernel)),
            )

        def by_input_pullback(
            sizes: Sizes, saved: tuple[Tensor, Tensor], x
        ) -> tuple[Tensor, Tensor]:
            kernel, gradient = saved
            return by_kernel(x, gradient, _window(kernel)), forward(x, kernel)

        def by_kernel_pullback(
            window: Sizes, saved: tuple[Tensor, Tensor], kernel
        ) -> tuple[Tensor, Tensor]:
            x, gradient = saved
            return by_input(kernel, gradient, _spatial(x)), forward(x, kernel)

        forward.defvjp(
            lambda x, kernel: (forward(x, kernel), (x, kernel)), forward_pullback
        )
        by_input.defvjp(lambda *args: (by_input(*args), args[:2]), by_input_pullback)
        by_kernel.defvjp(lambda *args: (by_kernel(*args), args[:2]), by_kernel_pullback)
        self.forward = forward
        self.by_input = by_input


@functools.cache
def convolution(windows: ConvolutionWindows) -> DifferentiableConvolution:
    """Returns the convolution for these windows."""
    return DifferentiableConvolution(windows)


def _spatial(x) -> Sizes:
    return tuple(x.shape[1:-1])


def _window(kernel) -> Sizes:
    return tuple(kernel.shape[:-2])


# The convolution and its derivatives


def _convolve(windows: ConvolutionWindows, x, kernel) -> Tensor:
    if _is_taken_apart(windows):
        return _depthwise(windows, x, kernel)
    return _linear(windows, _spatial(x), _window(kernel))(x, kernel)


def _by_input(windows: ConvolutionWindows, kernel, gradient, sizes: Sizes) -> Tensor:
    window = _window(kernel)
    received = _spatial(gradient)
    expected = windows.lengths(sizes, window)
    if received != expected:
        raise ValueError(
            f"The derivative by the result has spatial sizes {received}; an input of "
            f"{sizes} gives {expected}."
        )
    if _is_taken_apart(windows):
        return _depthwise_by_input(windows, kernel, gradient, sizes)
    convolve = _linear(windows, sizes, window)
    shape = (gradient.shape[0], *sizes, kernel.shape[-2])
    return _transposed(lambda x: convolve(x, kernel), shape, gradient)


def _by_kernel(windows: ConvolutionWindows, x, gradient, window: Sizes) -> Tensor:
    if _is_taken_apart(windows):
        return _depthwise_by_kernel(windows, x, gradient, window)
    if _is_convolved_as_images(windows):
        return _volumes_by_kernel(windows, x, gradient, window)
    if _suits_machine_code(windows, x, gradient, window):
        return _machine_code()(windows, x, gradient, window)
    convolve = _linear(windows, _spatial(x), window)
    filters = gradient.shape[-1]
    if windows.depthwise:
        filters //= x.shape[-1]
    shape = (*window, x.shape[-1], filters)
    return _transposed(lambda kernel: convolve(x, kernel), shape, gradient)


def _transposed(linear: Callable[[Tensor], Tensor], shape: Sizes, gradient) -> Tensor:
    """Applies the transpose of a linear function of a tensor of a given shape."""
    like = jax.ShapeDtypeStruct(shape, gradient.dtype)
    return jax.linear_transpose(linear, like)(gradient)[0]


def _linear(
    windows: ConvolutionWindows, sizes: Sizes, window: Sizes
) -> Callable[[Tensor, Tensor], Tensor]:
    """Returns the convolution as a function of input and kernel, for known sizes."""
    if _is_convolved_as_images(windows):
        return functools.partial(_convolve_volumes, windows)
    axes = "DHW"[-windows.rank :]
    names = f"N{axes}C", f"{axes}IO", f"N{axes}C"

    def convolve(x, kernel) -> Tensor:
        groups = 1
        if windows.depthwise:
            groups, each = kernel.shape[-2:]
            kernel = kernel.reshape(*window, 1, groups * each)
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            windows.strides,
            windows.paddings(sizes, window),
            rhs_dilation=windows.dilation,
            dimension_numbers=names,
            feature_group_count=groups,
        )

    return convolve


# Volumes as images, on a CPU


def _is_convolved_as_images(windows: ConvolutionWindows) -> bool:
    return windows.rank == 3 and platform() == "cpu"


def _convolve_volumes(windows: ConvolutionWindows, x, kernel) -> Tensor:
    depth, *window, channels, filters = kernel.shape
    images = _planes_as_channels(windows, x, depth)
    kernel_of_images = jnp.moveaxis(kernel, 0, -3).reshape(
        *window, depth * channels, filters
    )
    result = _convolve(_of_planes(windows), images, kernel_of_images)
    samples = x.shape[0]
    return result.reshape(samples, -1, *result.shape[1:])


def _volumes_by_kernel(
    windows: ConvolutionWindows, x, gradient, window: Sizes
) -> Tensor:
    """Computes the derivative by a kernel of volumes with the one for images.

    Machine code receives `gradient` as volumes, which are the same in memory. XLA
    doesn't fuse a call with the computation of its arguments, so `gradient` is computed
    once. Otherwise it would be computed again for each use, and most slowly for the
    bias's sum: 649 ms of processor time instead of 297 for a training step on JAX
    (benchmarks/volumes.py).
    """
    images = _planes_as_channels(windows, x, window[0])
    plane_windows = _of_planes(windows)
    plane = window[1:]
    if _suits_machine_code(plane_windows, images, gradient, plane):
        flat = _machine_code()(plane_windows, images, gradient, plane)
    else:
        flat = _by_kernel(plane_windows, images, _planes(gradient), plane)
    return _kernel_of_volumes(flat, window[0])


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
    return _planes(jnp.concatenate(planes, -1))


def _planes(x) -> Tensor:
    return x.reshape(-1, *x.shape[2:])


def _kernel_of_volumes(kernel, depth: int) -> Tensor:
    *window, channels, filters = kernel.shape
    split = kernel.reshape(*window, depth, channels // depth, filters)
    return jnp.moveaxis(split, -3, 0)


# Machine code for the derivative by a kernel


def _suits_machine_code(
    windows: ConvolutionWindows, x, gradient, window: Sizes
) -> bool:
    multiplications = gradient.size * math.prod(window) * x.shape[-1]
    return (
        platform() == "cpu"
        and not windows.depthwise
        and x.dtype == gradient.dtype == np.float32
        and multiplications > LARGE
        and importlib.util.find_spec(COMPILER) is not None
    )


def _machine_code() -> Callable[..., Tensor]:
    module = importlib.import_module("oneiros_jax_support.native_convolution.gradient")
    gradient: Callable[..., Tensor] = module.kernel_gradient
    return gradient


# Depthwise convolutions taken apart, on a CPU


def _is_taken_apart(windows: ConvolutionWindows) -> bool:
    return windows.depthwise and platform() == "cpu"


def _cells(
    windows: ConvolutionWindows, x, window: Sizes
) -> Iterator[tuple[Sizes, Tensor]]:
    """Yields for each cell of the window its values in all windows."""
    axes = list(windows.axes(_spatial(x), window))
    paddings = [axis.padding() for axis in axes]
    padded = jnp.pad(x, (UNPADDED, *paddings, UNPADDED))
    for cell in itertools.product(*map(range, window)):
        value = padded
        for place, (at, axis) in enumerate(zip(cell, axes, strict=True), 1):
            start = at * axis.dilation
            count = axis.positions() or 0
            value = strided(value, place, start, count, axis.stride)
        yield cell, value


def _depthwise(windows: ConvolutionWindows, x, kernel) -> Tensor:
    total: Tensor = 0
    for cell, value in _cells(windows, x, _window(kernel)):
        repeated = jnp.repeat(value, kernel.shape[-1], -1)
        total = total + repeated * kernel[cell].reshape(-1)
    return total


def _depthwise_by_input(
    windows: ConvolutionWindows, kernel, gradient, sizes: Sizes
) -> Tensor:
    *window, channels, each = kernel.shape
    total: Tensor = 0
    for cell in itertools.product(*map(range, window)):
        products = gradient * kernel[cell].reshape(-1)
        split = products.reshape(*gradient.shape[:-1], channels, each)
        value = split.sum(-1)
        for place, axis in enumerate(windows.axes(sizes, window)):
            before, _ = axis.padding()
            start = cell[place] * axis.dilation - before
            value = placed(value, place + 1, start, axis.stride, sizes[place])
        total = total + value
    return total


def _depthwise_by_kernel(
    windows: ConvolutionWindows, x, gradient, window: Sizes
) -> Tensor:
    """XLA's function for one kernel per channel is fast enough; for several, it is
    called for each."""
    channels = x.shape[-1]
    convolve = _linear(windows, _spatial(x), window)
    gradients = gradient.reshape(*gradient.shape[:-1], channels, -1)
    shape = (*window, channels, 1)
    parts = [
        _transposed(lambda kernel: convolve(x, kernel), shape, part)
        for part in jnp.moveaxis(gradients, -1, 0)
    ]
    return jnp.concatenate(parts, -1)
