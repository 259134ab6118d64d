"""The primitives of convolution and pooling on PyTorch's own tensors.

`Convolutions` in the toolkit explains the arguments. Channels are last there, and first
in PyTorch, which is told so by strides: no value moves.
"""

import math
from collections.abc import Sequence

from oneiros_backend_toolkit.images import border
from oneiros_backend_toolkit.lazy_graph.trial_sizes import with_equal_axes

from torch_for_oneiros.functions import FUNCTIONS
from torch_for_oneiros.tensors import to_tensor
from torch_for_oneiros.torch_import import torch

nn = torch.nn.functional
CONVOLUTIONS = {1: nn.conv1d, 2: nn.conv2d, 3: nn.conv3d}
BACKWARDS = {2: nn.conv_transpose2d, 3: nn.conv_transpose3d}
MAXIMA = {2: nn.max_pool2d, 3: nn.max_pool3d}
MEANS = {2: nn.avg_pool2d, 3: nn.avg_pool3d}
Pair = tuple[int, int]


def convolve(x, kernel, strides, border_mode: str, dilation):
    """Convolves, not flipping the kernel."""
    x, kernel = _fitting(x, kernel)
    return _convolved(x, kernel, strides, border_mode, dilation, groups=1)


def convolve_depthwise(x, kernel, strides, border_mode: str, dilation):
    """Convolves images channel by channel."""
    x, kernel = _fitting(x, kernel)
    *window, channels, multiplier = kernel.shape
    filters = channels * multiplier
    kernel = kernel.reshape(*window, 1, filters)
    return _convolved(x, kernel, strides, border_mode, dilation, groups=channels)


def _fitting(x, kernel):
    """Returns images and a kernel of one type for the same channels."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    return with_equal_axes(x, -1, kernel, -2)


def _convolved(x, kernel, strides, border_mode: str, dilation, groups: int):
    rank = len(strides)
    x = _channels_first(x)
    spans = []
    for size, step in zip(kernel.shape, dilation):
        reach = (size - 1) * step
        spans.append(reach + 1)
    borders = _borders(x, spans, strides, border_mode)
    x = _padded(x, borders)
    window = range(rank)
    in_axis = rank
    out_axis = rank + 1
    weights = kernel.permute(out_axis, in_axis, *window)
    convolution = CONVOLUTIONS[rank]
    result = convolution(
        x, weights, stride=strides, dilation=tuple(dilation), groups=groups
    )
    return _channels_last(result)


def _borders(x, spans, strides, border_mode: str) -> list[Pair]:
    """Returns how many cells are added along each spatial axis, channels first."""
    borders = []
    sizes = x.shape[2:]
    for size, span, stride in zip(sizes, spans, strides):
        cells = border(size, span, stride, border_mode)
        borders.append(cells)
    return borders


def convolve_back(x, kernel, sizes, strides, border_mode: str):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = _fitting(x, kernel)
    rank = len(strides)
    targets = FUNCTIONS.sizes(sizes)
    window = range(rank)
    in_axis = rank
    out_axis = rank + 1
    weights = kernel.permute(in_axis, out_axis, *window)
    convolution = BACKWARDS[rank]
    # Each value becomes a whole window
    x = _channels_first(x)
    whole = convolution(x, weights, stride=strides)
    lengths = whole.shape[2:]
    axes = zip(targets, kernel.shape, strides, lengths)
    crops = []
    for size, span, stride, length in axes:
        before, _ = border(size, span, stride, border_mode)
        end = size + before
        after = end - length
        crops.append((-before, after))
    cropped = _padded(whole, crops)
    return _channels_last(cropped)


def pool(x, window, strides, border_mode: str, mode: str):
    """Returns the largest value, or the mean, of each window."""
    floats = FUNCTIONS.floats(x)
    x = _channels_first(floats)
    rank = len(window)
    window = tuple(window)
    strides = tuple(strides)
    borders = _borders(x, window, strides, border_mode)
    if mode == "max":
        largest = MAXIMA[rank]
        padded = _padded(x, borders, -math.inf)
        result = largest(padded, window, strides)
        return _channels_last(result)
    mean = MEANS[rank]
    padded = _padded(x, borders)
    result = mean(padded, window, strides)
    if padded is not x:
        # The border doesn't count
        ones = torch.ones_like(x[:1, :1])
        padded_ones = _padded(ones, borders)
        shares = mean(padded_ones, window, strides)
        result = result / shares
    return _channels_last(result)


def pad(x, widths):
    """Puts zeros around."""
    x = FUNCTIONS.tensor(x)
    tensor = to_tensor(x)
    counts = _flat(widths)
    return nn.pad(tensor, counts)


def _padded(x, borders: Sequence[Pair], value: float = 0.0):
    counts = _flat(borders)
    if not any(counts):
        return x
    return nn.pad(x, counts, value=value)


def _flat(pairs) -> list[int]:
    """Returns pairs of widths as PyTorch takes them, the last axis first."""
    counts: list[int] = []
    last_first = reversed(list(pairs))
    for before, after in last_first:
        counts.append(int(before))
        counts.append(int(after))
    return counts


def _channels_first(x):
    return x.movedim(-1, 1)


def _channels_last(x):
    return x.movedim(1, -1)
