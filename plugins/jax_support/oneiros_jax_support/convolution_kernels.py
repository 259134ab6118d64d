"""Convolutions in numba: blocks of patches that fit the cache, multiplied in tiles.

All kernels work on flat arrays and a *plan*, 21 integers: samples, sizes (3), channels,
lengths (3), filters, window (3), strides (3), dilation (3), padding before (3). Images
are volumes of depth 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from oneiros_jax_support.tiles import jitted, multiply_add, padded_columns, padded_rows

VERSION = 1
"""To be raised with every change to the kernels: PyTensor keeps what it compiled."""
PLAN = 21
BLOCK = 1 << 16
FLUSH = 4096
MODES = {"valid": 0, "same": 1, "full": 2}
_U = np.uintp
"""Unsigned indices need no test for wrapping around, so that LLVM vectorises the
loops."""


@jitted
def make_plan(
    samples: int, sizes: Any, channels: int, window: Any, filters: int, settings: Any
) -> Any:
    """Returns the plan of a convolution, with an Op's `settings`."""
    strides, dilation, mode, pairs = settings
    plan = np.ones(PLAN, np.int64)
    plan[0], plan[4], plan[8], plan[18:] = samples, channels, filters, 0
    for i in range(len(sizes)):
        at = 3 - len(sizes) + i
        size, stride, reach = sizes[i], strides[i], (window[i] - 1) * dilation[i] + 1
        low = high = 0
        if mode == 1:
            total = max(((size + stride - 1) // stride - 1) * stride + reach - size, 0)
            low, high = total // 2, total - total // 2
        elif mode == 2:
            low = high = reach - 1
        elif mode == 3:
            low, high = pairs[i]
        plan[1 + at], plan[9 + at], plan[12 + at] = size, window[i], stride
        plan[15 + at], plan[18 + at] = dilation[i], low
        plan[5 + at] = (size + low + high - reach) // stride + 1
    return plan


@jitted
def place_of(plan: Any, at: int) -> Any:
    """Returns the sample and the first cell, padding included, of a window, by its
    number."""
    c = at % plan[7]
    b = at // plan[7] % plan[6]
    a = at // (plan[7] * plan[6]) % plan[5]
    n = at // (plan[7] * plan[6] * plan[5])
    return n, a * plan[12] - plan[18], b * plan[13] - plan[19], c * plan[14] - plan[20]


@jitted
def _read_patches(
    x: Any, patches: Any, plan: Any, first: int, count: int, width: int
) -> None:
    """Copies the cells of some windows into rows of `width` numbers, zeros for the
    padding."""
    depth, height, length, channels = plan[1], plan[2], plan[3], plan[4]
    run = plan[11] * channels
    for t in range(count):
        n, d0, h0, w0 = place_of(plan, first + t)
        whole = plan[17] == 1 and w0 >= 0 and w0 + plan[11] <= length
        o = t * width
        for i in range(plan[9]):
            d = d0 + i * plan[15]
            for j in range(plan[10]):
                h = h0 + j * plan[16]
                if d < 0 or d >= depth or h < 0 or h >= height:
                    for q in range(run):
                        patches[_U(o + q)] = 0
                elif whole:
                    s = (((n * depth + d) * height + h) * length + w0) * channels
                    for q in range(run):
                        patches[_U(o + q)] = x[_U(s + q)]
                else:
                    for k in range(plan[11]):
                        w, p = w0 + k * plan[17], o + k * channels
                        if w < 0 or w >= length:
                            for q in range(channels):
                                patches[_U(p + q)] = 0
                        else:
                            s = (((n * depth + d) * height + h) * length + w) * channels
                            for q in range(channels):
                                patches[_U(p + q)] = x[_U(s + q)]
                o += run
        for q in range(o, (t + 1) * width):
            patches[_U(q)] = 0


@jitted
def _add_patches(
    x: Any, patches: Any, plan: Any, first: int, count: int, width: int
) -> None:
    """Adds rows of `width` numbers to the cells of some windows."""
    depth, height, length, channels = plan[1], plan[2], plan[3], plan[4]
    run = plan[11] * channels
    for t in range(count):
        n, d0, h0, w0 = place_of(plan, first + t)
        whole = plan[17] == 1 and w0 >= 0 and w0 + plan[11] <= length
        o = t * width
        for i in range(plan[9]):
            d = d0 + i * plan[15]
            for j in range(plan[10]):
                h = h0 + j * plan[16]
                if d >= 0 and d < depth and h >= 0 and h < height:
                    row = ((n * depth + d) * height + h) * length
                    if whole:
                        s = (row + w0) * channels
                        for q in range(run):
                            x[_U(s + q)] += patches[_U(o + q)]
                    else:
                        for k in range(plan[11]):
                            w, p = w0 + k * plan[17], o + k * channels
                            if w >= 0 and w < length:
                                s = (row + w) * channels
                                for q in range(channels):
                                    x[_U(s + q)] += patches[_U(p + q)]
                o += run


@jitted
def _patch_size(plan: Any) -> Any:
    return plan[9] * plan[10] * plan[11] * plan[4]


@jitted
def windows(plan: Any) -> Any:
    """Returns the number of windows of a sample."""
    return plan[5] * plan[6] * plan[7]


@jitted
def _block(width: int) -> Any:
    return padded_rows(min(max(BLOCK // width, 48), 512))


@jitted
def _widened(x: Any, first: int, count: int, columns: int, width: int) -> Any:
    """Returns some rows of a flat matrix with zeros added to each."""
    wide = np.zeros(count * width, x.dtype)
    for a in range(count):
        for b in range(columns):
            wide[_U(a * width + b)] = x[_U((first + a) * columns + b)]
    return wide


@jitted
def convolve(x: Any, kernel: Any, out: Any, plan: Any) -> None:
    """Computes a convolution."""
    steps, filters = _patch_size(plan), plan[8]
    columns = padded_columns(filters, x.itemsize)
    matrix = _widened(kernel, 0, steps, filters, columns)
    block, total = _block(steps), plan[0] * windows(plan)
    patches, sums = np.zeros(block * steps, x.dtype), np.empty(block * columns, x.dtype)
    for first in range(0, total, block):
        count = min(block, total - first)
        _read_patches(x, patches, plan, first, count, steps)
        sums[:] = 0
        multiply_add(
            padded_rows(count),
            columns,
            steps,
            patches,
            steps,
            1,
            matrix,
            0,
            columns,
            sums,
        )
        for a in range(count):
            for b in range(filters):
                out[_U((first + a) * filters + b)] = sums[_U(a * columns + b)]


@jitted
def input_gradient(kernel: Any, g: Any, out: Any, plan: Any) -> None:
    """Computes the derivative by the input."""
    size, filters = _patch_size(plan), plan[8]
    width = padded_columns(size, g.itemsize)
    matrix = np.zeros(filters * width, g.dtype)
    for a in range(size):
        for b in range(filters):
            matrix[_U(b * width + a)] = kernel[_U(a * filters + b)]
    block, total = _block(width), plan[0] * windows(plan)
    rows, patches = np.zeros(block * filters, g.dtype), np.empty(block * width, g.dtype)
    out[:] = 0
    for first in range(0, total, block):
        count = min(block, total - first)
        rows[: count * filters] = g[first * filters : (first + count) * filters]
        patches[:] = 0
        multiply_add(
            padded_rows(count),
            width,
            filters,
            rows,
            filters,
            1,
            matrix,
            0,
            width,
            patches,
        )
        _add_patches(out, patches, plan, first, count, width)


@jitted
def kernel_gradient(x: Any, g: Any, out: Any, plan: Any) -> None:
    """Computes the derivative by the kernel."""
    size, filters = _patch_size(plan), plan[8]
    width, columns = padded_rows(size), padded_columns(filters, x.itemsize)
    block, last = _block(width), plan[0] * windows(plan)
    patches, sums = np.empty(block * width, x.dtype), np.zeros(width * columns, x.dtype)
    out[:] = 0
    summed = first = 0
    while first < last:
        count = min(block, last - first)
        _read_patches(x, patches, plan, first, count, width)
        if columns == filters:
            multiply_add(
                width,
                columns,
                count,
                patches,
                1,
                width,
                g,
                first * filters,
                filters,
                sums,
            )
        else:
            rows = _widened(g, first, count, filters, columns)
            multiply_add(
                width, columns, count, patches, 1, width, rows, 0, columns, sums
            )
        first, summed = first + count, summed + count
        if summed >= FLUSH or first == last:
            for a in range(size):
                for b in range(filters):
                    out[_U(a * filters + b)] += sums[_U(a * columns + b)]
            sums[:] = 0
            summed = 0


# Each channel by itself


@jitted
def cell_at(plan: Any, place: Any, cell: int) -> Any:
    """Returns where a cell of a window stands in the input, or -1 in the padding."""
    n, d, h, w = place
    w += cell % plan[11] * plan[17]
    h += cell // plan[11] % plan[10] * plan[16]
    d += cell // (plan[11] * plan[10]) * plan[15]
    if d < 0 or d >= plan[1] or h < 0 or h >= plan[2] or w < 0 or w >= plan[3]:
        return -1
    return ((n * plan[1] + d) * plan[2] + h) * plan[3] + w


@jitted
def _add_products(
    out: Any, o: int, x: Any, i: int, kernel: Any, k: int, channels: int, each: int
) -> None:
    """Adds x[c] * kernel[c, m] to out[c, m]."""
    if each == 1:
        for c in range(channels):
            out[_U(o + c)] += x[_U(i + c)] * kernel[_U(k + c)]
    else:
        for c in range(channels):
            for m in range(each):
                out[_U(o + c * each + m)] += x[_U(i + c)] * kernel[_U(k + c * each + m)]


@jitted
def _add_sums(
    out: Any, o: int, g: Any, i: int, kernel: Any, k: int, channels: int, each: int
) -> None:
    """Adds the sums over m of g[c, m] * kernel[c, m] to out[c]."""
    if each == 1:
        for c in range(channels):
            out[_U(o + c)] += g[_U(i + c)] * kernel[_U(k + c)]
    else:
        for c in range(channels):
            for m in range(each):
                out[_U(o + c)] += g[_U(i + c * each + m)] * kernel[_U(k + c * each + m)]


@jitted
def depthwise(x: Any, kernel: Any, out: Any, plan: Any) -> None:
    """Computes a convolution channel by channel."""
    channels, filters, cells = plan[4], plan[8], plan[9] * plan[10] * plan[11]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place = place_of(plan, at)
        for cell in range(cells):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                each = filters // channels
                _add_products(
                    out, at * filters, x, s, kernel, cell * filters, channels, each
                )


@jitted
def depthwise_input_gradient(kernel: Any, g: Any, out: Any, plan: Any) -> None:
    """Computes the derivative of `depthwise` by the input."""
    channels, filters, cells = plan[4], plan[8], plan[9] * plan[10] * plan[11]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place = place_of(plan, at)
        for cell in range(cells):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                each = filters // channels
                _add_sums(
                    out, s, g, at * filters, kernel, cell * filters, channels, each
                )


@jitted
def depthwise_kernel_gradient(x: Any, g: Any, out: Any, plan: Any) -> None:
    """Computes the derivative of `depthwise` by the kernel."""
    channels, filters, cells = plan[4], plan[8], plan[9] * plan[10] * plan[11]
    out[:] = 0
    for at in range(plan[0] * windows(plan)):
        place = place_of(plan, at)
        for cell in range(cells):
            s = cell_at(plan, place, cell) * channels
            if s >= 0:
                each = filters // channels
                _add_products(
                    out, cell * filters, x, s, g, at * filters, channels, each
                )


@jitted
def joint_filters(shape: Any) -> Any:
    """Returns the number of output channels for the shape of a kernel that all channels
    share."""
    return shape[-1]


@jitted
def separate_filters(shape: Any) -> Any:
    """Returns the number of output channels for the shape of the kernels of single
    channels."""
    return shape[-2] * shape[-1]


@jitted
def _image_sizes(plan: Any) -> Any:
    return plan[6], plan[7]


@jitted
def _volume_sizes(plan: Any) -> Any:
    return plan[5], plan[6], plan[7]


@jitted
def _pair(sizes: Any) -> Any:
    return sizes[0].item(), sizes[1].item()


@jitted
def _triple(sizes: Any) -> Any:
    return sizes[0].item(), sizes[1].item(), sizes[2].item()


@jitted
def check(matches: bool) -> None:
    """Raises ValueError unless `matches`."""
    if not matches:
        raise ValueError(
            "The shapes of an input, its windows and their outputs don't belong together."
        )


def rank_helpers(rank: int) -> tuple[Any, Any]:
    """Returns the functions that give the lengths in a plan, and sizes that are inputs,
    as tuples."""
    return (_image_sizes, _pair) if rank == 2 else (_volume_sizes, _triple)


def settings_of(op: Any) -> Any:
    """Returns strides, dilation, the number of the border mode (3 for given widths) and
    the given widths."""
    given = not isinstance(op.border, str)
    pairs = op.border if given else ((0, 0),) * op.rank
    return op.strides, op.dilation, 3 if given else MODES[op.border], pairs
