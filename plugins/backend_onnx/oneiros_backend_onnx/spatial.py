"""The primitives of convolution and pooling.

The toolkit's tensors have channels last, ONNX's have them first. What is transposed
between two operations of ONNX cancels, so that a network with channels first has no
transposition left.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections.abc import Sequence
from typing import Any

import numpy as np
from oneiros.errors import CapabilityError

from oneiros_backend_onnx.channels import channels_first, channels_last, known_window
from oneiros_backend_onnx.functions import FUNCTIONS
from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.promotion import (
    floats,
    in_single_precision,
    integers,
    paired,
    shape_tensor,
    tensor,
)
from oneiros_backend_onnx.shapes import reshaped, size_of
from oneiros_backend_onnx.tensors import Size, Tensor
from oneiros_backend_onnx.transposition import transposed

OPERATORS = {"max": "MaxPool", "avg": "AveragePool"}


def convolve(
    x, kernel, strides: tuple[int, ...], border_mode: str, dilation: tuple[int, ...]
):
    """Convolves, not flipping the kernel."""
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = known_window(kernel, rank)
    spans = [(n - 1) * step + 1 for n, step in zip(window, dilation, strict=True)]
    kernel = transposed(kernel, (rank + 1, rank, *range(rank)))
    if border_mode == "same" and None in x.shape[1:-1] and max(dilation) > 1:
        x = _bordered(x, spans, strides)
        border_mode = "valid"
    sizes = x.shape[1:-1]
    return _convolved(
        x,
        kernel,
        strides,
        dilation,
        _border(border_mode, spans, strides, sizes, dilation),
    )


def _convolved(
    x: Tensor,
    kernel: Tensor,
    strides: Sequence[int],
    dilation: Sequence[int],
    border: dict[str, Any],
    groups: int = 1,
) -> Tensor:
    result = in_single_precision(
        "Conv",
        channels_first(x),
        kernel,
        kernel_shape=list(kernel.shape[2:]),
        strides=list(strides),
        dilations=list(dilation),
        group=groups,
        **border,
    )
    return channels_last(result)


def _bordered(x: Tensor, spans: Sequence[int], strides: Sequence[int]) -> Tensor:
    """Returns images of open size with the zeros around that border mode 'same'
    adds."""
    before: list[Any] = []
    after: list[Any] = []
    for axis, (span, stride) in enumerate(zip(spans, strides, strict=True), 1):
        size = size_of(x, axis)
        steps = (size + (stride - 1)) // stride
        total = FUNCTIONS.maximum((steps - 1) * stride + span - size, 0)
        before.append(total // 2)
        after.append(total - total // 2)
    return emit("Pad", x, shape_tensor([0, *before, 0, 0, *after, 0]))


def convolve_depthwise(x, kernel, strides: tuple[int, ...], border_mode: str):
    """Convolves images channel by channel."""
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = known_window(kernel, rank)
    channels, multiplier = kernel.shape[rank:]
    kernel = transposed(kernel, (rank, rank + 1, *range(rank)))
    kernel = reshaped(kernel, [(channels or 0) * (multiplier or 0), 1, *window])
    once = (1,) * rank
    border = _border(border_mode, window, strides, x.shape[1:-1], once)
    return _convolved(x, kernel, strides, once, border, channels or 1)


def pool(
    x, window: tuple[int, ...], strides: tuple[int, ...], border_mode: str, mode: str
):
    """Returns the largest value, or the mean, of each window."""
    x = floats(x)
    once = (1,) * len(window)
    is_exact = mode == "max" and x.dtype == np.float64
    compute = emit if is_exact else in_single_precision
    result = compute(
        OPERATORS[mode],
        channels_first(x),
        kernel_shape=list(window),
        strides=list(strides),
        **_border(border_mode, window, strides, x.shape[1:-1], once),
    )
    return channels_last(result)


def pad(x, widths):
    """Puts zeros around."""
    before = [int(low) for low, _ in widths]
    after = [int(high) for _, high in widths]
    return emit("Pad", tensor(x), integers(*before, *after))


def _border(
    border_mode: str,
    spans: Sequence[int],
    strides: Sequence[int],
    sizes: Sequence[Size],
    dilation: Sequence[int],
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
    has_gaps = any(a > b for a, b in zip(strides, spans, strict=True))
    if None in sizes and max(dilation) == 1 and not has_gaps:
        return {"auto_pad": "SAME_UPPER"}
    totals = [
        _total_border(size, span, stride)
        for size, span, stride in zip(sizes, spans, strides, strict=True)
    ]
    before = [total // 2 for total in totals]
    after = [total - total // 2 for total in totals]
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
    return max((steps - 1) * stride + span - size, 0)
