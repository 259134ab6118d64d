"""Convolution, pooling and padding: the primitives that `Convolutions` builds on.

Channels are last. A kernel is `(*window, in, out)`. Windows are views of the image that
stride tricks make, so nothing is copied before it is summed.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from oneiros_backend_toolkit.images import border

from numpy_backend.functions import FUNCTIONS
from numpy_backend.tensors import Tensor, tensor

Ints = tuple[int, ...]
Pairs = list[tuple[int, int]]
NO_BORDER = (0, 0)


def convolve(
    x: Any, kernel: Any, strides: Ints, border_mode: str, dilation: Ints
) -> Tensor:
    """Convolves, not flipping the kernel."""
    rank = len(strides)
    windows = _windows(x, kernel.shape[:rank], strides, border_mode, dilation)
    summed = range(rank + 1, 2 * rank + 2)
    return tensor(np.tensordot(windows, kernel, (summed, (rank, *range(rank)))))


def convolve_depthwise(
    x: Any, kernel: Any, strides: Ints, border_mode: str, dilation: Ints
) -> Tensor:
    """Convolves images channel by channel."""
    windows = _windows(x, kernel.shape[:2], strides, border_mode, dilation)
    by_channel = np.einsum("nhwcij,ijcm->nhwcm", windows, kernel)
    return tensor(by_channel.reshape(*by_channel.shape[:3], -1))


def convolve_back(
    x: Any, kernel: Any, sizes: Any, strides: Ints, border_mode: str
) -> Tensor:
    """Returns the gradient of a convolution by its input; `x` is that by its output."""
    window = kernel.shape[: len(strides)]
    spatial = [int(size) for size in sizes]
    borders = _borders(spatial, window, strides, border_mode)
    padded = [sum(pair) + size for pair, size in zip(borders, spatial, strict=True)]
    result = np.zeros((len(x), *padded, kernel.shape[-1]), x.dtype)
    steps = x.shape[1:-1]
    for place in np.ndindex(*window):
        axes = zip(place, steps, strides, strict=True)
        reached = [slice(p, p + n * stride, stride) for p, n, stride in axes]
        result[:, *reached] += x @ kernel[place]
    pairs = zip(borders, spatial, strict=True)
    inner = [slice(before, before + size) for (before, _), size in pairs]
    return tensor(result[:, *inner])


def pool(x: Any, window: Ints, strides: Ints, border_mode: str, mode: str) -> Tensor:
    """Returns the largest value, or the mean, of each window."""
    x = FUNCTIONS.floats(x)
    ones = (1,) * len(window)
    axes = tuple(range(-len(window), 0))
    if mode == "max":
        windows = _windows(x, window, strides, border_mode, ones, -np.inf)
        return tensor(windows.max(axis=axes))
    totals = _windows(x, window, strides, border_mode, ones).sum(axis=axes)
    inside = _windows(np.ones_like(x), window, strides, border_mode, ones)
    return tensor(totals / inside.sum(axis=axes))


def pad(x: Any, widths: Any) -> Tensor:
    """Puts zeros around."""
    return tensor(np.pad(FUNCTIONS.tensor(x), widths))


def _windows(
    x: Any,
    window: Ints,
    strides: Ints,
    border_mode: str,
    dilation: Ints,
    filler: float = 0.0,
) -> Any:
    """Returns the windows, (samples, *steps, channels, *window)."""
    spans = tuple((n - 1) * step + 1 for n, step in zip(window, dilation, strict=True))
    borders = _borders(x.shape[1:-1], spans, strides, border_mode)
    x = np.pad(x, [NO_BORDER, *borders, NO_BORDER], constant_values=filler)
    views = sliding_window_view(x, spans, axis=tuple(range(1, len(spans) + 1)))
    taken = [slice(None, None, stride) for stride in strides]
    spread = [slice(None, None, step) for step in dilation]
    return views[:, *taken, :, *spread]


def _borders(sizes: Any, spans: Any, strides: Ints, border_mode: str) -> Pairs:
    """Returns how many cells to add before and after each spatial axis."""
    axes = zip(sizes, spans, strides, strict=True)
    return [border(size, span, stride, border_mode) for size, span, stride in axes]
