"""The primitives of convolution and pooling.

The toolkit's tensors have channels last, ONNX's have them first. What is transposed
between two operations of ONNX cancels, so that a network with channels first has no
transposition left. `Convolutions` in the toolkit explains the arguments.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros.errors import CapabilityError
from oneiros_backend_toolkit.images import first_order, last_order

from oneiros_backend_onnx.functions import FUNCTIONS
from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.indexing import indexed
from oneiros_backend_onnx.promotion import (
    floats,
    in_single_precision,
    integers,
    paired,
    shape_tensor,
    tensor,
)
from oneiros_backend_onnx.shapes import reshaped, size_of
from oneiros_backend_onnx.tensors import Size
from oneiros_backend_onnx.transposition import transposed

OPERATORS = {"max": "MaxPool", "avg": "AveragePool"}


def convolve(x, kernel, strides, border_mode, dilation):
    """Convolves, not flipping the kernel."""
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = _known_window(kernel, rank)
    order = (rank + 1, rank, *range(rank))
    kernel = transposed(kernel, order)
    return _convolved(x, kernel, window, strides, border_mode, dilation)


def _convolved(x, kernel, window, strides, border_mode, dilation, group: int = 1):
    """Convolves with a kernel in ONNX's order of axes."""
    spans = []
    for size, step in zip(window, dilation):
        span = (size - 1) * step + 1
        spans.append(span)
    _, *sizes, _ = x.shape
    is_dilated = max(dilation) > 1
    if border_mode == "same" and None in sizes and is_dilated:
        x = _bordered(x, spans, strides)
        border_mode = "valid"
    border = _border(border_mode, spans, strides, sizes, is_dilated)
    return _channels_last_of(
        "Conv", x, kernel, strides, dilations=dilation, group=group, **border
    )


def convolve_depthwise(x, kernel, strides, border_mode, dilation):
    """Convolves images channel by channel."""
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = _known_window(kernel, rank)
    channels, multiplier = kernel.shape[rank:]
    filters = (channels or 0) * (multiplier or 0)
    group = channels or 1
    order = (rank, rank + 1, *range(rank))
    kernel = transposed(kernel, order)
    kernel = reshaped(kernel, [filters, 1, *window])
    return _convolved(x, kernel, window, strides, border_mode, dilation, group)


def convolve_back(x, kernel, sizes, strides, border_mode):
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = _known_window(kernel, rank)
    order = (rank, rank + 1, *range(rank))
    kernel = transposed(kernel, order)
    before = []
    after = []
    for axis, size in enumerate(sizes):
        count = size_of(x, axis + 1)
        width = window[axis]
        stride = strides[axis]
        excess = (count - 1) * stride + width - size
        cut = _cut_before(border_mode, width, excess)
        before.append(cut)
        after.append(excess - cut)
    if all(isinstance(n, int) for n in after):
        cut_after = [max(n, 0) for n in after]
        missing = [max(-n, 0) for n in after]
        border = {"pads": before + cut_after, "output_padding": missing}
        return _channels_last_of("ConvTranspose", x, kernel, strides, **border)
    whole = _channels_last_of("ConvTranspose", x, kernel, strides)
    widths = [0] * (rank + 3)
    added = integers(*widths, *strides, 0)
    longer = emit("Pad", whole, added)
    index = [slice(None)]
    for cut, size in zip(before, sizes):
        end = cut + size
        index.append(slice(cut, end))
    return indexed(longer, tuple(index))


def pool(x, window, strides, border_mode, mode):
    """Returns the largest value, or the mean, of each window."""
    x = floats(x)
    compute = in_single_precision
    if mode == "max" and x.dtype == np.float64:
        compute = emit
    _, *sizes, _ = x.shape
    border = _border(border_mode, window, strides, sizes)
    result = compute(
        OPERATORS[mode],
        transposed(x, first_order(x.ndim)),
        kernel_shape=window,
        strides=strides,
        **border,
    )
    return transposed(result, last_order(x.ndim))


def pad(x, widths):
    """Puts zeros around."""
    x = tensor(x)
    before = [int(low) for low, _ in widths]
    after = [int(high) for _, high in widths]
    added = integers(*before, *after)
    return emit("Pad", x, added)


def _channels_last_of(op: str, x, kernel, strides, **attributes):
    """Computes a convolution of a tensor with channels last."""
    result = in_single_precision(
        op,
        transposed(x, first_order(x.ndim)),
        kernel,
        kernel_shape=kernel.shape[2:],
        strides=strides,
        **attributes,
    )
    return transposed(result, last_order(x.ndim))


def _known_window(kernel, rank: int) -> list[int]:
    """Returns the spatial sizes of a kernel, which ONNX must know.

    # Arguments
        kernel: (*window, inputs, outputs).
        rank: int, the number of spatial axes.

    # Raises
        CapabilityError: if one is open.
    """
    window = [n for n in kernel.shape[:rank] if n is not None]
    if len(window) < rank:
        raise CapabilityError(
            f"The backend 'onnx' must know the size of a kernel; it received one of "
            f"shape {kernel.shape}. K.reshape sets a shape."
        )
    return window


def _cut_before(border_mode: str, width: int, excess):
    """Returns how much of a transposed convolution is cut off at the start.

    # Arguments
        width: of the window.
        excess: how much there is too much in all, an int or a scalar tensor.
    """
    if border_mode == "valid":
        return 0
    if border_mode == "full":
        return width - 1
    return FUNCTIONS.maximum(excess, 0) // 2


def _bordered(x, spans: Sequence[int], strides):
    """Returns images of open size with the zeros around that border mode 'same'
    adds."""
    before = []
    after = []
    for axis, span in enumerate(spans):
        size = size_of(x, axis + 1)
        stride = strides[axis]
        steps = (size + (stride - 1)) // stride
        excess = (steps - 1) * stride + span - size
        total = FUNCTIONS.maximum(excess, 0)
        half = total // 2
        before.append(half)
        after.append(total - half)
    widths = shape_tensor([0, *before, 0, 0, *after, 0])
    return emit("Pad", x, widths)


def _border(
    border_mode: str,
    spans: Sequence[int],
    strides: Sequence[int],
    sizes: Sequence[Size],
    is_dilated: bool = False,
) -> dict[str, Any]:
    """Returns the attributes that say how wide the border is.

    # Arguments
        spans: how many pixels a window reaches over.
        sizes: of the images.
    """
    if border_mode == "valid":
        return {}
    if border_mode == "full":
        reach = [span - 1 for span in spans]
        return {"pads": reach + reach}
    has_gaps = any(map(operator.gt, strides, spans))
    if None in sizes and not is_dilated and not has_gaps:
        return {"auto_pad": "SAME_UPPER"}
    before = []
    after = []
    for total in map(_total_border, sizes, spans, strides):
        half = total // 2
        before.append(half)
        after.append(total - half)
    return {"pads": before + after}


def _total_border(size: Size, span: int, stride: int) -> int:
    """Returns the width of a border of mode 'same' on both sides together."""
    if stride == 1:
        return span - 1
    if size is None:
        raise CapabilityError(
            "The backend 'onnx' needs to know the sizes of images for "
            "border_mode='same' with strides if there is a dilation, too, or the "
            "strides are wider than the window. Give the sizes: "
            "Input(shape=(rows, columns, channels))."
        )
    steps = -(-size // stride)
    excess = (steps - 1) * stride + span - size
    return max(excess, 0)
