"""The primitives of convolution and pooling on PyTorch's own tensors.

`Convolutions` in the toolkit explains the arguments. Channels are last there, and first
in PyTorch, which is told so by strides: no value moves.
"""

import math
from collections.abc import Sequence

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
    kernel = kernel.reshape(*window, 1, channels * multiplier)
    return _convolved(x, kernel, strides, border_mode, dilation, groups=channels)


def _fitting(x, kernel):
    """Returns images and a kernel of one type for the same channels."""
    x, kernel = FUNCTIONS.paired(x, kernel)
    return with_equal_axes(x, -1, kernel, -2)


def _convolved(x, kernel, strides, border_mode: str, dilation, groups: int):
    rank = len(strides)
    x = _channels_first(x)
    spans = [(size - 1) * step + 1 for size, step in zip(kernel.shape, dilation)]
    sizes = x.shape[2:]
    borders = [
        _border(size, span, stride, border_mode)
        for size, span, stride in zip(sizes, spans, strides)
    ]
    x = _padded(x, borders)
    weights = kernel.permute(rank + 1, rank, *range(rank))
    convolution = CONVOLUTIONS[rank]
    result = convolution(
        x, weights, stride=strides, dilation=tuple(dilation), groups=groups
    )
    return _channels_last(result)


def convolve_back(x, kernel, sizes, strides, border_mode: str):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = _fitting(x, kernel)
    rank = len(strides)
    targets = FUNCTIONS.sizes(sizes)
    weights = kernel.permute(rank, rank + 1, *range(rank))
    # Of the window's first place each value of x becomes a whole window
    whole = BACKWARDS[rank](_channels_first(x), weights, stride=strides)
    crops = []
    lengths = whole.shape[2:]
    for size, span, stride, length in zip(targets, kernel.shape, strides, lengths):
        before, _ = _border(size, span, stride, border_mode)
        crops.append((-before, size + before - length))
    return _channels_last(_padded(whole, crops))


def pool(x, window, strides, border_mode: str, mode: str):
    """Returns the largest value, or the mean, of each window."""
    x = _channels_first(to_tensor(FUNCTIONS.floats(x)))
    rank = len(window)
    sizes = x.shape[2:]
    borders = [
        _border(size, span, stride, border_mode)
        for size, span, stride in zip(sizes, window, strides)
    ]
    if mode == "max":
        x = _padded(x, borders, -math.inf)
        return _channels_last(MAXIMA[rank](x, tuple(window), tuple(strides)))

    def means(x):
        return MEANS[rank](_padded(x, borders), tuple(window), tuple(strides))

    result = means(x)
    if any(map(any, borders)):
        # The border doesn't count
        shares = means(torch.ones_like(x[:1, :1]))
        result = result / shares
    return _channels_last(result)


def pad(x, widths):
    """Puts zeros around."""
    x = to_tensor(FUNCTIONS.tensor(x))
    return nn.pad(x, _flat(widths))


def _border(size: int, span: int, stride: int, border_mode: str) -> Pair:
    """Returns how many cells are added before and after an axis."""
    if border_mode == "valid":
        return 0, 0
    if border_mode == "full":
        return span - 1, span - 1
    steps = -(-size // stride)
    total = max((steps - 1) * stride + span - size, 0)
    before = total // 2
    return before, total - before


def _padded(x, borders: Sequence[Pair], value: float = 0.0):
    if not any(map(any, borders)):
        return x
    return nn.pad(x, _flat(borders), value=value)


def _flat(pairs) -> list[int]:
    """Returns pairs of widths as PyTorch takes them, the last axis first."""
    return [int(width) for pair in reversed(list(pairs)) for width in pair]


def _channels_first(x):
    return x.movedim(-1, 1)


def _channels_last(x):
    return x.movedim(1, -1)
