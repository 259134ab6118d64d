"""Convolutions in JAX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from oneiros_backend_theano.convolution import Convolution, Convolve, InputGradient, KernelGradient
from oneiros_backend_theano.jax_ops import _converts, known_sizes

LARGE = 1 << 27
"""Multiplications in a kernel's derivative from which on XLA's way loses more than 5 ms to ours."""


def _convolution(op: Convolution, sizes: Any, window: Any) -> Callable[[Any, Any], Any]:
    """Returns the convolution as a function of input and kernel, for known spatial sizes."""
    axes = "DHW"[-op.rank :]
    names = f"N{axes}C", f"{axes}IO", f"N{axes}C"

    def convolve(x: Any, kernel: Any) -> Any:
        groups = 1
        if op.depthwise:
            groups = kernel.shape[-2]
            kernel = kernel.reshape(*kernel.shape[:-2], 1, groups * kernel.shape[-1])
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            op.strides,
            op.paddings(sizes, window),
            rhs_dilation=op.dilation,
            dimension_numbers=names,
            feature_group_count=groups,
        )

    return convolve


def _transposed(linear: Callable[[Any], Any], shape: Any, g: Any) -> Any:
    """Applies the transpose of a linear function of a tensor of a given shape."""
    return jax.linear_transpose(linear, jax.ShapeDtypeStruct(shape, g.dtype))(g)[0]


@_converts(Convolve)
def _convolve(op: Convolve, node: Any) -> Any:
    def convolve(xp: Any, x: Any, kernel: Any) -> Any:
        return _convolution(op, x.shape[1:-1], kernel.shape[:-2])(jnp.asarray(x), jnp.asarray(kernel))

    return convolve


@_converts(InputGradient)
def _input_gradient(op: InputGradient, node: Any) -> Any:
    def input_gradient(xp: Any, kernel: Any, g: Any, *sizes: Any) -> Any:
        spatial = known_sizes(sizes, node)
        convolve = _convolution(op, spatial, kernel.shape[:-2])
        kernel, g = jnp.asarray(kernel), jnp.asarray(g)
        shape = (g.shape[0], *spatial, kernel.shape[-2])
        return _transposed(lambda x: convolve(x, kernel), shape, g)

    return input_gradient


@_converts(KernelGradient)
def _kernel_gradient(op: KernelGradient, node: Any) -> Any:
    def kernel_gradient(xp: Any, x: Any, g: Any, *sizes: Any) -> Any:
        window = known_sizes(sizes, node)
        x, g = jnp.asarray(x), jnp.asarray(g)
        shape = (*window, x.shape[-1], op.multiplier(x.shape[-1], g.shape[-1]))
        if _pays(op, x, g, window):
            from oneiros_backend_theano.convolution_native import native_kernel_gradient

            return native_kernel_gradient(op, x, g, window)
        convolve = _convolution(op, x.shape[1:-1], window)
        return _transposed(lambda kernel: convolve(x, kernel), shape, g)

    return kernel_gradient


def _pays(op: KernelGradient, x: Any, g: Any, window: tuple[int, ...]) -> bool:
    """Tells whether to use our own function instead of XLA's, and to wait for numba, at first for seconds."""
    fits = jax.default_backend() == "cpu" and not op.depthwise and x.dtype == g.dtype == np.float32
    return fits and g.size * math.prod(window) * x.shape[-1] > LARGE
