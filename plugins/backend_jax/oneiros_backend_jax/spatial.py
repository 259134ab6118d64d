"""The primitives of convolution and pooling on JAX's own tensors. Channels are last."""

from oneiros_backend_toolkit.lazy_graph.trial_sizes import inferring
from oneiros_jax_support import convolutions
from oneiros_jax_support.jax_import import jnp
from oneiros_jax_support.pooling import average_pool, max_pool
from oneiros_jax_support.windows import (
    ConvolutionWindows,
    PoolingWindows,
    dense_windows,
)

from oneiros_backend_jax.functions import FUNCTIONS


def _convolved(windows: ConvolutionWindows, x, kernel):
    received = x.shape[-1]
    expected = kernel.shape[-2]
    if received != expected:
        raise ValueError(
            f"The kernel expects {expected} channels, but there are {received}."
        )
    if not inferring():
        return convolutions.convolve(windows, x, kernel)
    shape = windows.convolved(x.shape, kernel.shape)
    dtype = x.dtype
    return jnp.zeros(shape, dtype)


def convolve(x, kernel, strides, border_mode: str, dilation):
    """Convolves, not flipping the kernel."""
    strides = tuple(strides)
    dilation = tuple(dilation)
    windows = ConvolutionWindows(strides, border_mode, dilation)
    return _convolved(windows, x, kernel)


def convolve_depthwise(x, kernel, strides, border_mode: str, dilation):
    """Convolves images channel by channel."""
    strides = tuple(strides)
    dilation = tuple(dilation)
    windows = ConvolutionWindows(strides, border_mode, dilation, depthwise=True)
    return _convolved(windows, x, kernel)


def convolve_back(x, kernel, sizes, strides, border_mode: str):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    kernel = kernel.swapaxes(-2, -1)
    spatial_sizes = tuple(map(int, sizes))
    if inferring():
        samples = x.shape[0]
        channels = kernel.shape[-2]
        shape = (samples, *spatial_sizes, channels)
        dtype = x.dtype
        return jnp.zeros(shape, dtype)
    windows = dense_windows(strides, border_mode)
    return convolutions.convolve_back(windows, kernel, x, spatial_sizes)


def pool(x, window, strides, border_mode: str, mode: str):
    """Returns the largest value, or the mean, of each window."""
    x = FUNCTIONS.floats(x)
    strides = tuple(strides)
    window = tuple(window)
    windows = PoolingWindows(strides, border_mode, window)
    if inferring():
        shape = windows.pooled(x.shape)
        dtype = x.dtype
        return jnp.zeros(shape, dtype)
    if mode == "max":
        return max_pool(windows, x)
    return average_pool(windows, x)


def pad(x, widths):
    """Puts zeros around."""
    x = FUNCTIONS.tensor(x)
    pairs = []
    for before, after in widths:
        pair = (int(before), int(after))
        pairs.append(pair)
    return jnp.pad(x, pairs)
