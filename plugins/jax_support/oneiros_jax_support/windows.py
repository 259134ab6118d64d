"""Positions of windows on an axis: sizes and paddings of convolutions and pooling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from oneiros.errors import ShapeError
from oneiros_backend_toolkit.images import border

Size = int | None
"""A size; None if unknown."""
Shape = Sequence[Size]
Sizes = tuple[int, ...]
Pair = tuple[int, int]
Border = str | tuple[Pair, ...]
"""`"valid"`, `"same"`, `"full"`, or a pair of widths per axis."""


class Axis(NamedTuple):
    """Windows along one axis.

    # Properties
        size: the number of cells of the axis.
        window: the number of cells of a window.
        stride: the distance between windows.
        dilation: the distance between cells of a window.
        border: `"valid"`, `"same"`, `"full"`, or the cells added before and after.
    """

    size: Size
    window: Size
    stride: int
    dilation: int
    border: str | Pair

    def padding(self) -> Pair:
        """Returns how many cells are added before and after an axis of known size."""
        assert self.size is not None and self.window is not None
        reach = (self.window - 1) * self.dilation + 1
        if isinstance(self.border, str):
            return border(self.size, reach, self.stride, self.border)
        return self.border

    def positions(self) -> Size:
        """Returns how many windows fit, None where that isn't known."""
        if self.size is None:
            return None
        if self.border == "same":
            return -(-self.size // self.stride)
        if self.window is None:
            return None
        reach = (self.window - 1) * self.dilation + 1
        padded = self.size + sum(self.padding())
        return (padded - reach) // self.stride + 1


@dataclass(frozen=True)
class Windows:
    """Windows along spatial axes: batch first, channels last.

    # Properties
        strides: a stride per spatial axis.
        border: see `Border`.
    """

    strides: Sizes
    border: Border

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.strides)

    @property
    def dilations(self) -> Sizes:
        """The distance of a window's cells, per spatial axis."""
        return (1,) * self.rank

    def lengths(self, sizes: Shape, window: Shape) -> tuple[Size, ...]:
        """Returns the number of windows along each spatial axis.

        # Raises
            ShapeError: if no window fits an axis.
        """
        axes = self.axes(sizes, window)
        counts = tuple(axis.positions() for axis in axes)
        known_counts = [count for count in counts if count is not None]
        if min(known_counts, default=1) < 1:
            raise ShapeError(
                f"Windows of {tuple(window)} with dilation {self.dilations} don't fit "
                f"spatial sizes of {tuple(sizes)} with border_mode {self.border!r}. "
                "Make the window smaller, or pad."
            )
        return counts

    def paddings(self, sizes: Sizes, window: Sizes) -> list[Pair]:
        """Returns the cells added before and after each spatial axis."""
        axes = self.axes(sizes, window)
        return [axis.padding() for axis in axes]

    def axes(self, sizes: Shape, window: Shape) -> Iterator[Axis]:
        """Gives the windows along each spatial axis."""
        for axis in range(self.rank):
            border = self.border
            yield Axis(
                size=sizes[axis],
                window=window[axis],
                stride=self.strides[axis],
                dilation=self.dilations[axis],
                border=border if isinstance(border, str) else border[axis],
            )


@dataclass(frozen=True)
class ConvolutionWindows(Windows):
    """The windows of a convolution.

    # Arguments
        strides, border: see `Windows`.
        dilation: the distance of a window's cells, per spatial axis.
        depthwise: whether each channel has its own kernels, `(*window, channels,
            multiplier)`, instead of all channels sharing `(*window, channels,
            filters)`.
    """

    dilation: Sizes
    depthwise: bool = False

    @property
    def dilations(self) -> Sizes:
        """The distance of a window's cells, per spatial axis."""
        return self.dilation

    def filters(self, kernel_shape: Shape) -> Size:
        """Returns the number of output channels."""
        channels, last = kernel_shape[-2:]
        if not self.depthwise:
            return last
        if channels is None or last is None:
            return None
        return channels * last

    def convolved(self, shape: Shape, kernel_shape: Shape) -> tuple[Size, ...]:
        """Returns the result's shape for an input's and a kernel's."""
        samples, *sizes, _ = shape
        window = kernel_shape[:-2]
        lengths = self.lengths(sizes, window)
        return samples, *lengths, self.filters(kernel_shape)


@dataclass(frozen=True)
class PoolingWindows(Windows):
    """The windows of a pooling.

    # Arguments
        strides, border: see `Windows`.
        window: sizes of the window, one per spatial axis.
    """

    window: Sizes

    def pooled(self, shape: Shape) -> tuple[Size, ...]:
        """Returns the result's shape for an input's."""
        samples, *sizes, channels = shape
        lengths = self.lengths(sizes, self.window)
        return samples, *lengths, channels


def dense_windows(strides: Sequence[int], border: Border) -> ConvolutionWindows:
    """Returns the windows of a convolution without dilation."""
    strides = tuple(strides)
    dilation = (1,) * len(strides)
    return ConvolutionWindows(strides, border, dilation)
