"""Convolutions and pooling: JAX's functions as Ops, one per kind of window."""

import pytensor.tensor as pt
from oneiros.backend.contract import Backend
from oneiros_jax_support.windows import (
    ConvolutionWindows,
    Pair,
    PoolingWindows,
    dense_windows,
)
from pytensor.graph.basic import Constant

from oneiros_backend_theano.jax_op import JaxOp, Sizes, array_op
from oneiros_backend_theano.limits import concrete_sizes
from oneiros_backend_theano.operations import FUNCTIONS


class ConvolutionPrimitives(Backend):
    """What the shared convolutions and pooling of `oneiros_backend_toolkit` ask of an
    engine."""

    def _convolve(self, x, kernel, strides, border_mode, dilation):
        strides = tuple(strides)
        dilation = tuple(dilation)
        windows = ConvolutionWindows(strides, border_mode, dilation)
        op = _convolution(windows)
        return op(x, kernel)

    def _convolve_depthwise(self, x, kernel, strides, border_mode, dilation):
        strides = tuple(strides)
        dilation = tuple(dilation)
        windows = ConvolutionWindows(strides, border_mode, dilation, depthwise=True)
        op = _convolution(windows)
        return op(x, kernel)

    def _convolve_back(self, x, kernel, sizes, strides, border_mode):
        windows = dense_windows(strides, border_mode)
        counts = []
        for size in sizes:
            count = pt.as_tensor_variable(size, dtype="int64")
            counts.append(count)
        swapped = kernel.swapaxes(-2, -1)
        op = _transposed_convolution(windows)
        return op(swapped, x, *counts)

    def _pool(self, x, window, strides, border_mode, mode: str):
        strides = tuple(strides)
        window = tuple(window)
        windows = PoolingWindows(strides, border_mode, window)
        op = _pooling(windows, mode)
        floats = FUNCTIONS.floats(x)
        return op(floats)

    def _pad(self, x, widths):
        pairs = []
        for before, after in widths:
            pair = (int(before), int(after))
            pairs.append(pair)
        op = _padding(tuple(pairs))
        return op(x)


def _convolution(windows: ConvolutionWindows) -> JaxOp:
    def compute(x, kernel):
        from oneiros_jax_support.convolutions import convolve

        return convolve(windows, x, kernel)

    def shape(x, kernel) -> Sizes:
        x_shape = x.type.shape
        kernel_shape = kernel.type.shape
        return windows.convolved(x_shape, kernel_shape)

    return array_op("convolution", compute, shape, convolves=True)


def _transposed_convolution(windows: ConvolutionWindows) -> JaxOp:
    def compute(kernel, x, *counts):
        from oneiros_jax_support.convolutions import convolve_back

        sizes = concrete_sizes(counts, "transposed convolution")
        return convolve_back(windows, kernel, x, sizes)

    def shape(kernel, x, *counts) -> Sizes:
        sizes = []
        for count in counts:
            is_known = isinstance(count, Constant)
            size = int(count.data) if is_known else None
            sizes.append(size)
        samples = x.type.shape[0]
        channels = kernel.type.shape[-2]
        return samples, *sizes, channels

    return array_op("transposed convolution", compute, shape, convolves=True)


def _pooling(windows: PoolingWindows, mode: str) -> JaxOp:
    def pool(x):
        from oneiros_jax_support.pooling import average_pool, max_pool

        if mode == "max":
            return max_pool(windows, x)
        return average_pool(windows, x)

    def shape(x) -> Sizes:
        return windows.pooled(x.type.shape)

    return array_op(f"{mode} pooling", pool, shape)


def _padding(widths: tuple[Pair, ...]) -> JaxOp:
    """Returns the Op that surrounds a tensor with zeros.

    PyTensor's own look for the sizes in all of the graph behind a tensor, so each layer
    of a deep network takes longer to build than the one before: minutes for a ResNet of
    152 layers with `ZeroPadding2D`.

    # Arguments
        widths: for each axis, how many before and after.
    """

    def surround(x):
        for axis, (before, after) in enumerate(widths):
            x = _surrounded(x, axis, before, after)
        return x

    def shape(x) -> Sizes:
        sizes = list(x.type.shape)
        for axis, (before, after) in enumerate(widths):
            if sizes[axis] is not None:
                sizes[axis] += before + after
        return tuple(sizes)

    return array_op("padding", surround, shape)


def _surrounded(x, axis: int, before: int, after: int):
    """Returns a tensor with zeros before and after it along an axis. With `jnp.pad`, a
    step of five convolutions takes 40 ms, not 35."""
    from oneiros_jax_support.jax_import import jnp

    def zeros(count: int):
        shape = list(x.shape)
        shape[axis] = count
        return jnp.zeros(shape, x.dtype)

    if before == after == 0:
        return x
    parts = [zeros(before), x, zeros(after)]
    return jnp.concatenate(parts, axis)
