"""Where the values of a tensor are in a model that was converted to the other
`dim_ordering`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Moved:
    """How a tensor of the converted model comes from that of the original: the same
    values, elsewhere.

    # Properties
        axes: tuple of int, for each axis of a sample the axis of the original that it
            is, counted from 0.
        places: tuple of int, for each place of a vector that once was an image the
            original's place; or None.
        source: str, the input or `Flatten` layer where this began, as the conversion
            tracks it.
    """

    axes: tuple[int, ...]
    places: tuple[int, ...] | None = None
    source: str = ""

    @property
    def still(self) -> bool:
        """Whether everything is where it was."""
        return self.places is None and self.axes == tuple(range(len(self.axes)))

    def axis(self, axis: int) -> int:
        """Returns where an axis of the original is; both count the batch, and may count
        from the end."""
        position = axis - 1 if axis > 0 else axis + len(self.axes)
        return self.axes.index(position) + 1

    def shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """Returns a shape, batch included, as it is after the move."""
        return (shape[0], *(shape[axis + 1] for axis in self.axes))

    def sample(self, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Returns an array of a sample's shape as it is after the move."""
        if self.places:
            return value[list(self.places)]
        return value.transpose(self.axes)

    def flattened(self, shape: Sequence[int]) -> Moved:
        """Returns where the values are once samples of this shape, batch included, are
        flattened."""
        places = np.arange(prod(shape[1:])).reshape(shape[1:])
        moved = places.transpose(self.axes).ravel()
        return replace(unmoved(1), places=tuple(moved.tolist()))

    def back(self) -> tuple[int, ...]:
        """Returns the `dims` of the `Permute` that undoes the move."""
        return self.towards(tuple(range(len(self.axes))))

    def towards(self, axes: tuple[int, ...]) -> tuple[int, ...]:
        """Returns the `dims` of the `Permute` after which the axes are these ones."""
        return tuple(self.axes.index(axis) + 1 for axis in axes)


def unmoved(count: int, source: str = "") -> Moved:
    """Returns the move of a sample of `count` axes by which nothing moves."""
    return Moved(tuple(range(count)), source=source)


def channels_moved(count: int, dim_ordering: str, leading: int = 0) -> tuple[int, ...]:
    """Returns the axes of an image of `count` axes that is converted to a
    `dim_ordering`.

    # Arguments
        count: int, the axes of a sample.
        dim_ordering: `"th"` or `"tf"`, that of the converted model.
        leading: int, how many axes of steps come before the image's own.
    """
    steps = range(leading)
    if dim_ordering == "tf":
        return (*steps, *range(leading + 1, count), leading)
    return (*steps, count - 1, *range(leading, count - 1))
