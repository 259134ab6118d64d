"""Convolutions in JAX, with derivatives of any order that are fast on a CPU too.

On a CPU, XLA's convolutions of volumes and its depthwise convolutions take 5 to 80
times as long as those of images. So a volume is convolved as images; the planes that a
window spans are stacked in the channels. This takes 24 ms of processor time instead of
334 for 16 samples of 16x32x32x3 and 16 filters of 3x3x3, and 24 instead of 98 for
16x16x16x16 and 32. A depthwise convolution is split into one product per cell of the
window, and XLA fuses them. `benchmarks/mechanisms.py volumes depthwise` compares both
in networks, and `benchmarks/volumes.py` measures what machine code adds.
"""

import functools
import importlib.util
import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.placement import current_placement
from oneiros_jax_support.slices import strided
from oneiros_jax_support.windows import ConvolutionWindows, Sizes
from oneiros_jax_support.ynn import pools_by_windows

COMPILER = "numba"
"""What compiles machine code for the gradient of a kernel; it may be absent."""
LARGE = 1 << 27
"""Minimum number of multiplications for which loading it saves time."""
MANY_WEIGHTS = 1 << 18
"""From so many weights on, its sums don't fit into the cache: a convolution of 256
channels and its gradients would take 1.2 times as long with it
(`benchmarks/mechanisms.py many_weights`)."""
Pair = tuple[Tensor, Tensor]
Function = Callable[..., Tensor]
Cell = tuple[Sizes, Tensor]
FEW = 27
"""Most products in a sum, such as those of 3x3 cells with three channels."""
UNPADDED = (0, 0)
"""What is added before and after an axis that isn't padded."""


def convolve(windows: ConvolutionWindows, x, kernel):
    """Convolves, not flipping the kernel."""
    sizes = _spatial(x)
    window = _window(kernel)
    derivatives = _Derivatives(windows, sizes, window)
    return derivatives.forward(x, kernel)


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
    derivatives = _Derivatives(windows, sizes, window)
    return derivatives.by_input(kernel, gradient)


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

    def __init__(self, windows: ConvolutionWindows, sizes: Sizes, window: Sizes):
        forward = functools.partial(_convolve, windows)
        by_input = functools.partial(_by_input, windows, sizes)
        by_kernel = functools.partial(_by_kernel, windows, window)
        self.forward = _with_pullback(forward, self._pulled_back)
        self.by_input = _with_pullback(by_input, self._by_input_pulled_back)
        self.by_kernel = _with_pullback(by_kernel, self._by_kernel_pulled_back)

    def _pulled_back(self, x, kernel, d_result) -> Pair:
        d_x = self.by_input(kernel, d_result)
        d_kernel = self.by_kernel(x, d_result)
        return d_x, d_kernel

    def _by_input_pulled_back(self, kernel, gradient, d_x) -> Pair:
        d_kernel = self.by_kernel(d_x, gradient)
        d_gradient = self.forward(d_x, kernel)
        return d_kernel, d_gradient

    def _by_kernel_pulled_back(self, x, gradient, d_kernel) -> Pair:
        d_x = self.by_input(d_kernel, gradient)
        d_gradient = self.forward(x, d_kernel)
        return d_x, d_gradient


def _with_pullback(function: Function, pullback: Callable[..., Pair]):
    """Returns a function with its derivative.

    # Arguments
        function: function of two tensors.
        pullback: function of these and the derivative by the result, which returns the
            derivatives by them.
    """
    differentiable = jax.custom_vjp(function)

    def run(*inputs):
        return differentiable(*inputs), inputs

    def pull(inputs, gradient) -> Pair:
        return pullback(*inputs, gradient)

    differentiable.defvjp(run, pull)
    return differentiable


def _spatial(x) -> Sizes:
    sizes = x.shape[1:-1]
    return tuple(sizes)


def _window(kernel) -> Sizes:
    window = kernel.shape[:-2]
    return tuple(window)


# The convolution and its derivatives


def _convolve(windows: ConvolutionWindows, x, kernel):
    if _suits_sum(windows, kernel):
        return _sum_of_products(windows, x, kernel)
    return _convolve_linearly(windows, x, kernel)


def _suits_sum(windows: ConvolutionWindows, kernel) -> bool:
    if windows.depthwise or pools_by_windows():
        return False
    if platform() != "cpu":
        return False
    filters = kernel.shape[-1]
    products = kernel.size // filters
    return bool(products <= FEW)


def _convolve_linearly(windows: ConvolutionWindows, x, kernel):
    """Convolves, so that the transposes are fast as well."""
    if platform() != "cpu":
        return _convolve_by_xla(windows, x, kernel)
    if windows.depthwise:
        return _convolve_depthwise(windows, x, kernel)
    if windows.rank == 3:
        return _convolve_volumes(windows, x, kernel)
    return _convolve_by_xla(windows, x, kernel)


def _by_input(windows: ConvolutionWindows, sizes: Sizes, kernel, gradient):
    samples = gradient.shape[0]
    channels = kernel.shape[-2]

    def convolve_input(x):
        return _convolve_linearly(windows, x, kernel)

    shape = (samples, *sizes, channels)
    return _transposed(convolve_input, shape, gradient)


def _by_kernel(windows: ConvolutionWindows, window: Sizes, x, gradient):
    if platform() == "cpu":
        if windows.depthwise:
            return _depthwise_by_kernel(windows, window, x, gradient)
        if _suits_machine_code(window, x, gradient):
            return _by_kernel_in_machine_code(windows, window, x, gradient)
        if math.prod(window) == 1:
            return _by_single_cell(windows, window, x, gradient)
    channels = x.shape[-1]
    filters = gradient.shape[-1]
    if windows.depthwise:
        filters //= channels

    def convolve_with(kernel):
        return _convolve_linearly(windows, x, kernel)

    shape = (*window, channels, filters)
    return _transposed(convolve_with, shape, gradient)


def _transposed(linear: Function, shape: Sizes, gradient):
    """Applies the transpose of a linear function of a tensor of a given shape."""
    like = jax.ShapeDtypeStruct(shape, gradient.dtype)
    transpose = jax.linear_transpose(linear, like)
    (result,) = transpose(gradient)
    return result


def _convolve_by_xla(windows: ConvolutionWindows, x, kernel):
    window = _window(kernel)
    sizes = _spatial(x)
    paddings = windows.paddings(sizes, window)
    axes = "DHW"[-windows.rank :]
    groups = 1
    if windows.depthwise:
        groups, each = kernel.shape[-2:]
        filters = groups * each
        kernel = kernel.reshape(*window, 1, filters)
    images = f"N{axes}C"
    kernels = f"{axes}IO"
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        windows.strides,
        paddings,
        rhs_dilation=windows.dilation,
        dimension_numbers=(images, kernels, images),
        feature_group_count=groups,
    )


# Volumes as images, on a CPU


def _convolve_volumes(windows: ConvolutionWindows, x, kernel):
    depth, *window, channels, filters = kernel.shape
    planes_last = jnp.moveaxis(kernel, 0, -3)
    stacked = depth * channels
    kernel_of_images = planes_last.reshape(*window, stacked, filters)
    images = _planes_as_channels(windows, x, depth)
    windows_of_planes = _of_planes(windows)
    result = _convolve_by_xla(windows_of_planes, images, kernel_of_images)
    samples = x.shape[0]
    result_shape = (samples, -1, *result.shape[1:])
    return result.reshape(result_shape)


def _of_planes(windows: ConvolutionWindows) -> ConvolutionWindows:
    strides = windows.strides[1:]
    dilation = windows.dilation[1:]
    border = windows.border
    if not isinstance(border, str):
        border = border[1:]
    return ConvolutionWindows(strides, border, dilation)


def _planes_as_channels(windows: ConvolutionWindows, x, depth: int):
    """Returns an image per window along the first spatial axis, with its planes
    stacked in the channels."""
    sizes = _spatial(x)
    axes = windows.axes(sizes, (depth, 1, 1))
    first = next(axes)
    count = first.positions() or 0
    others = [UNPADDED] * 3
    widths = (UNPADDED, first.padding(), *others)
    padded = jnp.pad(x, widths)
    planes = []
    for cell in range(depth):
        start = cell * first.dilation
        plane = strided(padded, 1, start, count, first.stride)
        planes.append(plane)
    stacked = jnp.concatenate(planes, -1)
    image_shape = stacked.shape[2:]
    return stacked.reshape(-1, *image_shape)


# A product for the derivative by a kernel of one cell, on a CPU


def _by_single_cell(windows: ConvolutionWindows, window: Sizes, x, gradient):
    """Multiplies matrices. With XLA's own function, a convolution of 16 channels and
    its gradients take 1.2 times as long (`benchmarks/mechanisms.py
    gradients_of_one_cell`)."""
    ((_, values),) = _cells(windows, x, window)
    all_but_channels = tuple(range(x.ndim - 1))
    summed = (all_but_channels, all_but_channels)
    unbatched = ((), ())
    axes = (summed, unbatched)
    product = jax.lax.dot_general(values, gradient, axes)
    return product.reshape(*window, *product.shape)


# Machine code for the derivative by a kernel, on a CPU


def _suits_machine_code(window: Sizes, x, gradient) -> bool:
    channels = x.shape[-1]
    filters = gradient.shape[-1]
    weights = math.prod(window) * channels * filters
    multiplications = math.prod(gradient.shape[:-1]) * weights
    if multiplications <= LARGE or weights >= MANY_WEIGHTS:
        return False
    placement = current_placement()
    if placement is not None and gradient.shape[0] % placement.devices:
        return False
    dtypes = {x.dtype, gradient.dtype}
    if dtypes != {np.dtype("float32")}:
        return False
    return importlib.util.find_spec(COMPILER) is not None


def _by_kernel_in_machine_code(windows: ConvolutionWindows, window: Sizes, x, gradient):
    """Computes the derivative; that of volumes as one of images.

    Machine code receives `gradient` as volumes, which are the same in memory. XLA
    doesn't fuse a call with the computation of its arguments, so `gradient` is computed
    once. Otherwise it would be computed again for each use, and most slowly for the
    bias's sum: 330 ms of processor time instead of 220 for a training step on JAX
    (benchmarks/volumes.py).
    """
    from oneiros_jax_support.native_convolution.gradient import kernel_gradient

    if windows.rank == 2:
        return _summed_over_devices(kernel_gradient, windows, window, x, gradient)
    depth = window[0]
    plane = window[1:]
    channels = x.shape[-1]
    images = _planes_as_channels(windows, x, depth)
    windows_of_planes = _of_planes(windows)
    flat = _summed_over_devices(
        kernel_gradient, windows_of_planes, plane, images, gradient
    )
    split = flat.reshape(*plane, depth, channels, -1)
    return jnp.moveaxis(split, -3, 0)


def _summed_over_devices(
    kernel_gradient: Function, windows: ConvolutionWindows, window: Sizes, x, gradient
):
    """Computes the derivative from each device's samples, where a distribution splits
    them: XLA doesn't split calls of machine code."""
    placement = current_placement()
    if placement is None:
        return kernel_gradient(windows, x, gradient, window)
    (axis,) = placement.mesh.axis_names
    split = jax.sharding.PartitionSpec(axis)
    everywhere = jax.sharding.PartitionSpec()

    def of_samples(x, gradient):
        part = kernel_gradient(windows, x, gradient, window)
        return jax.lax.psum(part, axis)

    summed = jax.shard_map(
        of_samples,
        mesh=placement.mesh,
        in_specs=(split, split),
        out_specs=everywhere,
        check_vma=False,
    )
    return summed(x, gradient)


# Convolutions taken apart, on a CPU


def _cells(windows: ConvolutionWindows, x, window: Sizes) -> Iterator[Cell]:
    """Yields each cell of a window, with its values in all windows."""
    sizes = _spatial(x)
    axes = list(windows.axes(sizes, window))
    paddings = [axis.padding() for axis in axes]
    widths = (UNPADDED, *paddings, UNPADDED)
    padded = jnp.pad(x, widths)
    ranges = map(range, window)
    for cell in itertools.product(*ranges):
        values = padded
        for place, axis in enumerate(axes):
            start = cell[place] * axis.dilation
            count = axis.positions() or 0
            values = strided(values, place + 1, start, count, axis.stride)
        yield cell, values


def _sum_of_products(windows: ConvolutionWindows, x, kernel):
    channels = x.shape[-1]
    window = _window(kernel)
    total: Tensor = 0
    for cell, values in _cells(windows, x, window):
        weights = kernel[cell]
        for channel in range(channels):
            product = values[..., channel, None] * weights[channel]
            total = total + product
    return total


def _convolve_depthwise(windows: ConvolutionWindows, x, kernel):
    multiplier = kernel.shape[-1]
    window = _window(kernel)
    total: Tensor = 0
    for cell, values in _cells(windows, x, window):
        repeated = jnp.repeat(values, multiplier, -1)
        weights = kernel[cell]
        factors = weights.reshape(-1)
        product = repeated * factors
        total = total + product
    return total


def _depthwise_by_kernel(windows: ConvolutionWindows, window: Sizes, x, gradient):
    """Sums a product for each cell. With XLA's own function, a separable convolution of
    64 channels and its gradients take 1.6 times as long (`benchmarks/mechanisms.py
    gradients_by_channel`)."""
    channels = x.shape[-1]
    multiplier = gradient.shape[-1] // channels
    all_but_channels = tuple(range(x.ndim - 1))
    derivatives = []
    for _, values in _cells(windows, x, window):
        repeated = jnp.repeat(values, multiplier, -1)
        derivative = jnp.sum(repeated * gradient, all_but_channels)
        derivatives.append(derivative)
    by_cell = jnp.stack(derivatives)
    return by_cell.reshape(*window, channels, multiplier)
