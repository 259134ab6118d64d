"""The primitives of convolution and pooling.

The toolkit's tensors have channels last, ONNX's have them first. What is transposed
between two operations of ONNX cancels, so that a network with channels first has no
transposition left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from oneiros.errors import CapabilityError
from oneiros_backend_toolkit.channel_order import first_order, last_order

from oneiros_backend_onnx.graphs import emit
from oneiros_backend_onnx.shapes import reshaped, transposed
from oneiros_backend_onnx.tensors import Size, Tensor
from oneiros_backend_onnx.type_promotion import floats, integers, paired, tensor

T = Any
Pair = tuple[int, int]
OPERATORS = {"max": "MaxPool", "avg": "AveragePool"}


def convolve(
    x: T,
    kernel: T,
    strides: tuple[int, ...],
    border_mode: str,
    dilation: tuple[int, ...],
) -> T:
    """Convolves, not flipping the kernel."""
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = known_window(kernel, rank)
    spans = [(n - 1) * step + 1 for n, step in zip(window, dilation, strict=True)]
    kernel = transposed(kernel, (rank + 1, rank, *range(rank)))
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
    result = emit(
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


def convolve_depthwise(
    x: T,
    kernel: T,
    strides: tuple[int, ...],
    border_mode: str,
) -> T:
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


def convolve_back(
    x: T,
    kernel: T,
    sizes: tuple[T, ...],
    strides: tuple[int, ...],
    border_mode: str,
) -> T:
    """Returns the gradient of a convolution by its input.

    `x` is the gradient by its output.
    """
    x, kernel = paired(x, kernel)
    rank = len(strides)
    window = known_window(kernel, rank)
    trimmed = [
        _trimmed(n, size, width, stride, border_mode)
        for n, size, width, stride in zip(
            x.shape[1:-1], sizes, window, strides, strict=True
        )
    ]
    result = emit(
        "ConvTranspose",
        channels_first(x),
        transposed(kernel, (rank, rank + 1, *range(rank))),
        kernel_shape=list(window),
        strides=list(strides),
        pads=[before for before, _ in trimmed]
        + [max(after, 0) for _, after in trimmed],
        output_padding=[max(-after, 0) for _, after in trimmed],
    )
    return channels_last(result)


def _trimmed(
    n: Size,
    size: T,
    width: int,
    stride: int,
    border_mode: str,
) -> Pair:
    """Returns how much of the whole result is cut off before and after.

    # Arguments
        n: the size of the input.
        size: the size of the result.
    """
    if n is None or not isinstance(size, int):
        raise CapabilityError(
            "The backend 'onnx' can't compute a transposed convolution of images whose "
            "size is open. Give the sizes: Input(shape=(rows, columns, channels))."
        )
    whole = (n - 1) * stride + width
    before = {"valid": 0, "full": width - 1, "same": max(whole - size, 0) // 2}
    return before[border_mode], whole - size - before[border_mode]


def pool(
    x: T,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    border_mode: str,
    mode: str,
) -> T:
    """Returns the largest value, or the mean, of each window."""
    x = floats(x)
    once = (1,) * len(window)
    result = emit(
        OPERATORS[mode],
        channels_first(x),
        kernel_shape=list(window),
        strides=list(strides),
        **_border(border_mode, window, strides, x.shape[1:-1], once),
    )
    return channels_last(result)


def pad(x: T, widths: Any) -> T:
    """Puts zeros around."""
    before = [int(low) for low, _ in widths]
    after = [int(high) for _, high in widths]
    return emit("Pad", tensor(x), integers(*before, *after))


SPATIAL: dict[str, tuple[Callable[..., T], str]] = {
    "_convolve": (convolve, "convolution"),
    "_convolve_depthwise": (convolve_depthwise, "convolution channel by channel"),
    "_convolve_back": (convolve_back, "transposed convolution"),
    "_pool": (pool, "pooling"),
    "_pad": (pad, "padding"),
}
"""By their names in `oneiros_backend_toolkit.convolutions`, with what to call them in
messages."""


def channels_first(x: Tensor) -> Tensor:
    """Moves channels from the end to axis 1."""
    return transposed(x, first_order(x.ndim))


def channels_last(x: Tensor) -> Tensor:
    """Moves channels from axis 1 to the end."""
    return transposed(x, last_order(x.ndim))


def known_window(kernel: Tensor, rank: int) -> list[int]:
    """Returns the spatial sizes of a kernel, which ONNX must know."""
    window = [n for n in kernel.shape[:rank] if n is not None]
    if len(window) < rank:
        raise CapabilityError(
            f"The backend 'onnx' must know the size of a kernel; it received one of "
            f"shape {kernel.shape}. K.reshape sets a shape."
        )
    return window


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
    if max(dilation) == 1:
        return {"auto_pad": "SAME_UPPER"}
    totals = [
        _total_border(size, span, stride)
        for size, span, stride in zip(sizes, spans, strides, strict=True)
    ]
    before = [total // 2 for total in totals]
    after = [total - total // 2 for total in totals]
    return {"pads": before + after}


def _total_border(
    size: Size,
    span: int,
    stride: int,
) -> int:
    """Returns the width of a border of mode 'same' on both sides together."""
    if stride == 1:
        return span - 1
    if size is None:
        raise CapabilityError(
            "The backend 'onnx' can't convolve images of open size with strides, "
            "dilation and border_mode='same' at once. Give the sizes: "
            "Input(shape=(rows, columns, channels))."
        )
    steps = -(-size // stride)
    return max((steps - 1) * stride + span - size, 0)
