"""The primitives of convolution and pooling on JAX's own tensors. Channels are last."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from oneiros_jax_support import convolutions, pooling
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.windows import ConvolutionWindows, PoolingWindows

from oneiros_backend_jax.conversion import floats, paired, tensor
from oneiros_backend_jax.trials import trying

T = Any


class _Convolution:
    """A convolution and its two derivatives, which are each other's derivatives."""

    def __init__(self, windows: ConvolutionWindows) -> None:
        self.windows = windows
        forward = jax.custom_vjp(functools.partial(convolutions.convolve, windows))
        by_input = jax.custom_vjp(
            functools.partial(convolutions.by_input, windows), nondiff_argnums=(2,)
        )
        by_kernel = jax.custom_vjp(
            functools.partial(convolutions.by_kernel, windows), nondiff_argnums=(2,)
        )

        def d_forward(saved: T, g: T) -> T:
            x, kernel = saved
            return by_input(kernel, g, _spatial(x)), by_kernel(x, g, _window(kernel))

        def d_by_input(sizes: T, saved: T, x: T) -> T:
            kernel, g = saved
            return by_kernel(x, g, _window(kernel)), forward(x, kernel)

        def d_by_kernel(window: T, saved: T, kernel: T) -> T:
            x, g = saved
            return by_input(kernel, g, _spatial(x)), forward(x, kernel)

        forward.defvjp(lambda x, kernel: (forward(x, kernel), (x, kernel)), d_forward)
        by_input.defvjp(lambda *given: (by_input(*given), given[:2]), d_by_input)
        by_kernel.defvjp(lambda *given: (by_kernel(*given), given[:2]), d_by_kernel)
        self.forward, self.by_input = forward, by_input


def _spatial(x: T) -> tuple[int, ...]:
    return tuple(x.shape[1:-1])


def _window(kernel: T) -> tuple[int, ...]:
    return tuple(kernel.shape[:-2])


@functools.cache
def _convolution(
    strides: Any, border: str, dilation: Any, depthwise: bool = False
) -> _Convolution:
    return _Convolution(ConvolutionWindows(strides, border, dilation, depthwise))


def _convolved(convolution: _Convolution, x: T, kernel: T) -> T:
    x, kernel = paired(x, kernel)
    if x.shape[-1] != kernel.shape[-2]:
        raise ValueError(
            f"The kernel takes {kernel.shape[-2]} channels, and there are "
            f"{x.shape[-1]}."
        )
    if not trying():
        return convolution.forward(x, kernel)
    windows = convolution.windows
    lengths = windows.lengths(_spatial(x), _window(kernel))
    return jnp.zeros((x.shape[0], *lengths, windows.filters(kernel.shape)), x.dtype)


def convolve(
    x: T,
    kernel: T,
    strides: tuple[int, ...],
    border_mode: str,
    dilation: tuple[int, ...],
) -> T:
    """Convolves, not flipping the kernel."""
    return _convolved(
        _convolution(tuple(strides), border_mode, tuple(dilation)), x, kernel
    )


def convolve_depthwise(
    x: T, kernel: T, strides: tuple[int, ...], border_mode: str
) -> T:
    """Convolves images channel by channel."""
    return _convolved(
        _convolution(tuple(strides), border_mode, (1,) * len(strides), True), x, kernel
    )


def convolve_back(
    x: T, kernel: T, sizes: tuple[T, ...], strides: tuple[int, ...], border_mode: str
) -> T:
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = paired(x, kernel)
    kernel, whole = kernel.swapaxes(-2, -1), tuple(map(int, sizes))
    convolution = _convolution(tuple(strides), border_mode, (1,) * len(strides))
    if trying():
        return jnp.zeros((x.shape[0], *whole, kernel.shape[-2]), x.dtype)
    return convolution.by_input(kernel, x, whole)


@functools.cache
def _max_pool(window: Any, strides: Any, border: str) -> Callable[[T], T]:
    windows = PoolingWindows(window, strides, border)
    fn = jax.custom_vjp(lambda x: pooling.max_pool(windows, x)[0])

    def forward(x: T) -> tuple[T, T]:
        best, places = pooling.max_pool(windows, x)
        return best, (places, x)

    fn.defvjp(
        forward,
        lambda saved, g: (pooling.unpool(windows, saved[0], g, _spatial(saved[1])),),
    )
    pooled: Callable[[T], T] = fn
    return pooled


def pool(
    x: T, window: tuple[int, ...], strides: tuple[int, ...], border_mode: str, mode: str
) -> T:
    """Returns the largest value, or the mean, of each window."""
    x = floats(x)
    windows = PoolingWindows(window, strides, border_mode)
    if trying():
        return jnp.zeros(windows.pooled(x.shape), x.dtype)
    if mode == "max":
        return _max_pool(windows.window, windows.strides, border_mode)(x)
    return pooling.average_pool(windows, x)


def pad(x: T, widths: Any) -> T:
    """Puts zeros around."""
    return jnp.pad(tensor(x), [(int(low), int(high)) for low, high in widths])


PRIMITIVES: dict[str, tuple[Callable[..., T], str]] = {
    "_convolve": (convolve, "convolution"),
    "_convolve_depthwise": (convolve_depthwise, "convolution channel by channel"),
    "_convolve_back": (convolve_back, "transposed convolution"),
    "_pool": (pool, "pooling"),
    "_pad": (pad, "padding"),
}
"""By their names in `oneiros_backend_toolkit.convolutions`, with what to call them in
messages."""
