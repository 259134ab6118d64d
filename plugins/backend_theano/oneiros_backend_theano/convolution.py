"""Convolutions and pooling: JAX's functions as Ops, one per kind of window."""

from __future__ import annotations

import functools
from typing import Any

import pytensor.tensor as pt
from oneiros.backend.contract import Backend
from oneiros_jax_support.windows import ConvolutionWindows, PoolingWindows
from pytensor.graph.basic import Constant

from oneiros_backend_theano.concrete import concrete_sizes
from oneiros_backend_theano.copied_values import padding
from oneiros_backend_theano.jax_op import JaxOp, Sizes, Tensor, array_op
from oneiros_backend_theano.operations import as_float


class ConvolutionPrimitives(Backend):
    """What the shared convolutions and pooling of `oneiros_backend_toolkit` ask of an
    engine."""

    def _convolve(
        self, x: Tensor, kernel: Tensor, strides: Any, border_mode: Any, dilation: Any
    ) -> Tensor:
        windows = ConvolutionWindows(tuple(strides), border_mode, tuple(dilation))
        return _convolution(windows)(x, kernel)

    def _convolve_depthwise(
        self, x: Tensor, kernel: Tensor, strides: Any, border_mode: Any
    ) -> Tensor:
        windows = _dense_windows(strides, border_mode, depthwise=True)
        return _convolution(windows)(x, kernel)

    def _convolve_back(
        self, x: Tensor, kernel: Tensor, sizes: Any, strides: Any, border_mode: Any
    ) -> Tensor:
        windows = _dense_windows(strides, border_mode)
        counts = [pt.as_tensor_variable(size, dtype="int64") for size in sizes]
        return _transposed_convolution(windows)(kernel.swapaxes(-2, -1), x, *counts)

    def _pool(
        self, x: Tensor, window: Any, strides: Any, border_mode: Any, mode: str
    ) -> Tensor:
        windows = PoolingWindows(tuple(strides), border_mode, tuple(window))
        return _pooling(windows, mode)(as_float(x))

    def _pad(self, x: Tensor, widths: Any) -> Tensor:
        return padding(tuple((int(before), int(after)) for before, after in widths))(x)


def _dense_windows(
    strides: Any, border_mode: Any, depthwise: bool = False
) -> ConvolutionWindows:
    """Returns windows without dilation."""
    dilation = (1,) * len(strides)
    return ConvolutionWindows(tuple(strides), border_mode, dilation, depthwise)


@functools.cache
def _convolution(windows: ConvolutionWindows) -> JaxOp:
    def convolve(x: Tensor, kernel: Tensor) -> Tensor:
        import jax.numpy as jnp
        from oneiros_jax_support.convolutions import convolution

        return convolution(windows).forward(jnp.asarray(x), jnp.asarray(kernel))

    def shape(x: Tensor, kernel: Tensor) -> Sizes:
        return windows.convolved(x.type.shape, kernel.type.shape)

    return array_op("convolution", convolve, shape, convolves=True)


@functools.cache
def _transposed_convolution(windows: ConvolutionWindows) -> JaxOp:
    def convolve(kernel: Tensor, x: Tensor, *counts: Tensor) -> Tensor:
        import jax.numpy as jnp
        from oneiros_jax_support.convolutions import convolution

        sizes = concrete_sizes(counts, "transposed convolution")
        by_input = convolution(windows).by_input
        return by_input(jnp.asarray(kernel), jnp.asarray(x), sizes)

    def shape(kernel: Tensor, x: Tensor, *counts: Tensor) -> Sizes:
        sizes = [int(n.data) if isinstance(n, Constant) else None for n in counts]
        return x.type.shape[0], *sizes, kernel.type.shape[-2]

    return array_op("transposed convolution", convolve, shape, convolves=True)


@functools.cache
def _pooling(windows: PoolingWindows, mode: str) -> JaxOp:
    def pool(x: Tensor) -> Tensor:
        import jax.numpy as jnp
        from oneiros_jax_support.pooling import average_pool, max_pool

        if mode == "max":
            return max_pool(windows)(jnp.asarray(x))
        return average_pool(windows, jnp.asarray(x))

    def shape(x: Tensor) -> Sizes:
        return windows.pooled(x.type.shape)

    return array_op(f"{mode} pooling", pool, shape)
