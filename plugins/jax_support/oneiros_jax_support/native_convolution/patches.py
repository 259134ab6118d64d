"""The derivative of a convolution of images by its kernel, in numba.

Blocks of patches that fit into the cache are multiplied by the derivative by the
result. Arrays are flat, of type float32, with channels last.
"""

from typing import NamedTuple

import numpy as np

from oneiros_jax_support.native_convolution.tiles import (
    add_product,
    jitted,
    padded_columns,
    padded_rows,
)

BLOCK = 1 << 16
"""Numbers in a block of patches: 256 KB, a part of the second-level cache."""
SUMMED = 4096
"""Windows that are summed up by themselves, so that float32 keeps its digits."""
_U = np.uintp
"""Unsigned indices need no test for wrapping around, so that LLVM vectorises the
loops."""


class ConvolutionSizes(NamedTuple):
    """Sizes of a convolution of images."""

    samples: int
    height: int
    width: int
    channels: int
    result_height: int
    result_width: int
    filters: int
    window_height: int
    window_width: int
    stride_down: int
    stride_right: int
    dilation_down: int
    dilation_right: int
    padding_top: int
    padding_left: int


@jitted
def _read_row(
    x, patches, sizes: ConvolutionSizes, row: int, left: int, start: int
) -> None:
    """Copies a window's cells in one row of an image, zeros for the padding."""
    channels = sizes.channels
    inside = left >= 0 and left + sizes.window_width <= sizes.width
    if sizes.dilation_right == 1 and inside:
        source = (row * sizes.width + left) * channels
        for i in range(sizes.window_width * channels):
            patches[_U(start + i)] = x[_U(source + i)]
        return
    for cell in range(sizes.window_width):
        column = left + cell * sizes.dilation_right
        target = start + cell * channels
        if 0 <= column < sizes.width:
            source = (row * sizes.width + column) * channels
            for i in range(channels):
                patches[_U(target + i)] = x[_U(source + i)]
        else:
            for i in range(channels):
                patches[_U(target + i)] = 0


@jitted
def _read_patches(
    x, patches, sizes: ConvolutionSizes, first: int, count: int, length: int
) -> None:
    """Copies the cells of some windows into rows of `length` numbers."""
    run = sizes.window_width * sizes.channels
    for i in range(count):
        number = first + i
        column = number % sizes.result_width
        line = number // sizes.result_width
        sample = line // sizes.result_height
        result_row = line % sizes.result_height
        top = result_row * sizes.stride_down - sizes.padding_top
        left = column * sizes.stride_right - sizes.padding_left
        start = i * length
        for cell in range(sizes.window_height):
            row = top + cell * sizes.dilation_down
            if 0 <= row < sizes.height:
                row_of_all = sample * sizes.height + row
                _read_row(x, patches, sizes, row_of_all, left, start)
            else:
                for j in range(run):
                    patches[_U(start + j)] = 0
            start += run
        for j in range(start, (i + 1) * length):
            patches[_U(j)] = 0


@jitted
def kernel_gradient(
    x, gradient, result, sizes: ConvolutionSizes, start: int, stop: int
) -> None:
    """Computes a part of the derivative by the kernel.

    # Arguments
        x: (samples, height, width, channels).
        gradient: (samples, result height, result width, filters), the derivative by the
            convolution's result.
        result: (window height, window width, channels, filters), to be filled.
        sizes: those of the convolution.
        start, stop: the numbers of the first window of this part, and of the first one
            that isn't in it.
    """
    filters = sizes.filters
    size = sizes.window_height * sizes.window_width * sizes.channels
    length = padded_rows(size)
    columns = padded_columns(filters)
    block = min(max(BLOCK // length, 48), 512)
    patches = np.empty(block * length, np.float32)
    gradients = np.zeros(block * columns, np.float32)
    sums = np.zeros(length * columns, np.float32)
    result[:] = 0
    summed = 0
    for first in range(start, stop, block):
        count = min(block, stop - first)
        _read_patches(x, patches, sizes, first, count, length)
        for i in range(count):
            source = (first + i) * filters
            target = i * columns
            for j in range(filters):
                gradients[_U(target + j)] = gradient[_U(source + j)]
        add_product(patches, length, gradients, columns, count, sums)
        summed += count
        if summed >= SUMMED or first + count == stop:
            for i in range(size):
                source = i * columns
                target = i * filters
                for j in range(filters):
                    result[_U(target + j)] += sums[_U(source + j)]
            sums[:] = 0
            summed = 0
