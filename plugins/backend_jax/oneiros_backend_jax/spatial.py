"""The primitives of convolution and pooling on JAX's own tensors. Channels are last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from oneiros_jax_support.convolutions import convolution
from oneiros_jax_support.pooling import average_pool, max_pool
from oneiros_jax_support.windows import ConvolutionWindows, PoolingWindows

from oneiros_backend_jax.shape_inference import inferring
from oneiros_backend_jax.type_promotion import floats, tensor

T = Any


def _convolved(windows: ConvolutionWindows, x: T, kernel: T) -> T:
    if x.shape[-1] != kernel.shape[-2]:
        raise ValueError(
            f"The kernel expects {kernel.shape[-2]} channels, but there are "
            f"{x.shape[-1]}."
        )
    if not inferring():
        return convolution(windows).forward(x, kernel)
    return jnp.zeros(windows.convolved(x.shape, kernel.shape), x.dtype)


def convolve(
    x: T,
    kernel: T,
    strides: tuple[int, ...],
    border_mode: str,
    dilation: tuple[int, ...],
) -> T:
    """Convolves, not flipping the kernel."""
    windows = ConvolutionWindows(tuple(strides), border_mode, tuple(dilation))
    return _convolved(windows, x, kernel)


def convolve_depthwise(
    x: T, kernel: T, strides: tuple[int, ...], border_mode: str
) -> T:
    """Convolves images channel by channel."""
    dilation = (1,) * len(strides)
    windows = ConvolutionWindows(tuple(strides), border_mode, dilation, depthwise=True)
    return _convolved(windows, x, kernel)


def convolve_back(
    x: T, kernel: T, sizes: tuple[T, ...], strides: tuple[int, ...], border_mode: str
) -> T:
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    kernel = kernel.swapaxes(-2, -1)
    spatial_sizes = tuple(map(int, sizes))
    if inferring():
        return jnp.zeros((x.shape[0], *spatial_sizes, kernel.shape[-2]), x.dtype)
    windows = ConvolutionWindows(tuple(strides), border_mode, (1,) * len(strides))
    return convolution(windows).by_input(kernel, x, spatial_sizes)


def pool(
    x: T, window: tuple[int, ...], strides: tuple[int, ...], border_mode: str, mode: str
) -> T:
    """Returns the largest value, or the mean, of each window."""
    x = floats(x)
    windows = PoolingWindows(tuple(strides), border_mode, tuple(window))
    if inferring():
        return jnp.zeros(windows.pooled(x.shape), x.dtype)
    if mode == "max":
        return max_pool(windows)(x)
    return average_pool(windows, x)


def pad(x: T, widths: Any) -> T:
    """Puts zeros around."""
    return jnp.pad(tensor(x), [(int(low), int(high)) for low, high in widths])


SPATIAL: dict[str, tuple[Callable[..., T], str]] = {
    "_convolve": (convolve, "convolution"),
    "_convolve_depthwise": (convolve_depthwise, "convolution channel by channel"),
    "_convolve_back": (convolve_back, "transposed convolution"),
    "_pool": (pool, "pooling"),
    "_pad": (pad, "padding"),
}
"""By their names in `oneiros_backend_toolkit.convolutions`, with what to call them in
messages."""
