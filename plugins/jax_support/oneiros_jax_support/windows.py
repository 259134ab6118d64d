"""Where windows lie on an axis: sizes and paddings of convolutions and pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from oneiros.errors import ArgumentError, ShapeError

Border = str | tuple[tuple[int, int], ...]
"""`"valid"`, `"same"`, `"full"`, or a pair of widths per axis."""


def checked_border(border: Any, rank: int) -> Border:
    """Returns a border mode in a form that can be hashed."""
    if isinstance(border, str):
        if border not in ("valid", "same", "full"):
            raise ArgumentError(
                f"border_mode is 'valid', 'same' or 'full', not {border!r}."
            )
        return border
    pairs = tuple((int(low), int(high)) for low, high in border)
    if len(pairs) != rank:
        raise ArgumentError(
            f"A padding of {len(pairs)} pairs doesn't fit {rank} spatial axes."
        )
    return pairs


def widths(
    border: Any, axis: int, size: int, window: int, stride: int, dilation: int
) -> tuple[int, int]:
    """Returns how many cells are added before and after an axis of known size."""
    reach = (window - 1) * dilation + 1
    if border == "valid":
        return 0, 0
    if border == "full":
        return reach - 1, reach - 1
    if border == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        return total // 2, total - total // 2
    low, high = border[axis]
    return low, high


def length(
    border: Any, axis: int, size: Any, window: Any, stride: int, dilation: int
) -> Any:
    """Returns how many windows fit an axis; sizes may be ints, scalar tensors or None
    for unknown."""
    if size is None or (window is None and border != "same"):
        return None
    if border == "same":
        return (size + stride - 1) // stride
    reach = (window - 1) * dilation + 1
    if border == "valid":
        added = 0
    elif border == "full":
        added = 2 * (reach - 1)
    else:
        added = sum(border[axis])
    return (size + added - reach) // stride + 1


class Windows:
    """Windows along spatial axes: batch first, channels last.

    # Properties
        strides: a stride per spatial axis.
        border: see `Border`.
        dilation: the distance of a window's cells, per spatial axis.
    """

    strides: tuple[int, ...]
    border: Border
    dilation: tuple[int, ...]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    def lengths(self, sizes: Sequence[Any], window: Sequence[Any]) -> tuple[Any, ...]:
        """Returns the number of windows along each spatial axis."""
        axes = enumerate(zip(sizes, window, self.strides, self.dilation, strict=True))
        found = tuple(length(self.border, axis, *numbers) for axis, numbers in axes)
        if any(isinstance(n, int) and n < 1 for n in found):
            raise ShapeError(
                f"Windows of {tuple(window)} with dilation {self.dilation} don't fit spatial sizes of "
                f"{tuple(sizes)} with border_mode {self.border!r}. Make the window smaller, or pad."
            )
        return found

    def paddings(
        self, sizes: Sequence[int], window: Sequence[int]
    ) -> list[tuple[int, int]]:
        """Returns the cells added before and after each spatial axis."""
        axes = enumerate(zip(sizes, window, self.strides, self.dilation, strict=True))
        return [widths(self.border, axis, *numbers) for axis, numbers in axes]


class ConvolutionWindows(Windows):
    """The windows of a convolution.

    # Arguments
        strides, border, dilation: see `Windows`.
        depthwise: whether each channel has its own kernels, `(*window, channels,
            multiplier)`, instead of all channels sharing `(*window, channels,
            filters)`.
    """

    def __init__(
        self, strides: Any, border: Any, dilation: Any, depthwise: bool = False
    ) -> None:
        self.strides, self.dilation = (
            tuple(map(int, strides)),
            tuple(map(int, dilation)),
        )
        self.border, self.depthwise = checked_border(border, self.rank), depthwise

    def filters(self, kernel_shape: Any) -> Any:
        """Returns the number of output channels."""
        channels, last = kernel_shape[-2:]
        if not self.depthwise:
            return last
        return None if channels is None or last is None else channels * last

    def multiplier(self, channels: Any, filters: Any) -> Any:
        """Returns the last size of a kernel."""
        if not self.depthwise:
            return filters
        return None if channels is None or filters is None else filters // channels


class PoolingWindows(Windows):
    """The windows of a pooling.

    # Arguments
        window: sizes of the window, one per spatial axis.
        strides, border: see `Windows`.
    """

    def __init__(self, window: Any, strides: Any, border: Any) -> None:
        self.window, self.strides = tuple(map(int, window)), tuple(map(int, strides))
        self.border, self.dilation = checked_border(border, self.rank), (1,) * self.rank

    def pooled(self, shape: Any) -> tuple[Any, ...]:
        """Returns the result's shape for an input's."""
        return (shape[0], *self.lengths(shape[1:-1], self.window), shape[-1])

    @property
    def positions(self) -> str:
        """The type of positions in a window."""
        return "int8" if math.prod(self.window) < 128 else "int32"
