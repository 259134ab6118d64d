"""Convolutions and pooling: JAX's functions as Ops, one per kind of window."""

from __future__ import annotations

import functools
from typing import Any

import pytensor.tensor as pt
from oneiros.backend.contract import Backend
from oneiros_jax_support.windows import ConvolutionWindows, PoolingWindows
from pytensor.graph.basic import Constant
from pytensor.tensor.type import TensorType

from oneiros_backend_theano.concrete import concrete_sizes
from oneiros_backend_theano.copied_values import padding
from oneiros_backend_theano.jax_op import JaxOp
from oneiros_backend_theano.operations import as_float

T = Any


class ConvolutionPrimitives(Backend):
    """What the shared convolutions and pooling of `oneiros_backend_toolkit` ask of an
    engine."""

    def _convolve(
        self, x: T, kernel: T, strides: Any, border_mode: Any, dilation: Any
    ) -> T:
        windows = ConvolutionWindows(tuple(strides), border_mode, tuple(dilation))
        return _convolution(windows)(x, kernel)

    def _convolve_depthwise(self, x: T, kernel: T, strides: Any, border_mode: Any) -> T:
        dilation = (1,) * len(strides)
        windows = ConvolutionWindows(
            tuple(strides), border_mode, dilation, depthwise=True
        )
        return _convolution(windows)(x, kernel)

    def _convolve_back(
        self, x: T, kernel: T, sizes: Any, strides: Any, border_mode: Any
    ) -> T:
        dilation = (1,) * len(strides)
        windows = ConvolutionWindows(tuple(strides), border_mode, tuple(dilation))
        counts = [pt.as_tensor_variable(size, dtype="int64") for size in sizes]
        return _transposed_convolution(windows)(kernel.swapaxes(-2, -1), x, *counts)

    def _pool(self, x: T, window: Any, strides: Any, border_mode: Any, mode: str) -> T:
        windows = PoolingWindows(tuple(strides), border_mode, tuple(window))
        return _pooling(windows, mode)(as_float(x))

    def _pad(self, x: T, widths: Any) -> T:
        widths = tuple((int(before), int(after)) for before, after in widths)
        return padding(widths)(x)


@functools.cache
def _convolution(windows: ConvolutionWindows) -> JaxOp:
    def compute(x: T, kernel: T) -> tuple[T]:
        import jax.numpy as jnp
        from oneiros_jax_support.convolutions import convolution

        forward = convolution(windows).forward
        return (forward(jnp.asarray(x), jnp.asarray(kernel)),)

    def types(variables: list[T]) -> list[T]:
        x, kernel = variables
        shape = windows.convolved(x.type.shape, kernel.type.shape)
        return [TensorType(x.dtype, shape=shape)]

    return JaxOp("convolution", compute, types, convolves=True)


@functools.cache
def _transposed_convolution(windows: ConvolutionWindows) -> JaxOp:
    def compute(kernel: T, x: T, *counts: T) -> tuple[T]:
        import jax.numpy as jnp
        from oneiros_jax_support.convolutions import convolution

        spatial_sizes = concrete_sizes(counts, "transposed convolution")
        by_input = convolution(windows).by_input
        return (by_input(jnp.asarray(kernel), jnp.asarray(x), spatial_sizes),)

    def types(variables: list[T]) -> list[T]:
        kernel, x, *counts = variables
        spatial = [int(n.data) if isinstance(n, Constant) else None for n in counts]
        shape = (x.type.shape[0], *spatial, kernel.type.shape[-2])
        return [TensorType(x.dtype, shape=shape)]

    return JaxOp("transposed convolution", compute, types, convolves=True)


@functools.cache
def _pooling(windows: PoolingWindows, mode: str) -> JaxOp:
    def compute(x: T) -> tuple[T]:
        import jax.numpy as jnp
        from oneiros_jax_support.pooling import average_pool, max_pool

        if mode == "max":
            return (max_pool(windows)(jnp.asarray(x)),)
        return (average_pool(windows, jnp.asarray(x)),)

    def types(variables: list[T]) -> list[T]:
        (x,) = variables
        return [TensorType(x.dtype, shape=windows.pooled(x.type.shape))]

    return JaxOp(f"{mode} pooling", compute, types)
