"""The layout of a tensor in a model that was converted to the other `dim_ordering`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from oneiros.errors import UnsafeFileError
from oneiros.typing import Array

Axes = tuple[int, ...]
MAX_FLATTENED = 2**21
"""The number of values of a flattened image whose places are kept; they take 80 MB. The
networks of 2016 flatten at most 50,000."""


@dataclass(frozen=True)
class Moved:
    """The relation of a tensor in the converted model to the original: the same values
    in other places.

    # Properties
        axes: tuple of int, for each axis of a sample, the original axis, counted from
            0.
        places: tuple of int, for a flattened image, the original index of each value;
            or None.
        source: str, the input or `Flatten` layer where the move began, for the
            conversion.
    """

    axes: Axes
    places: Axes | None = None
    source: str = ""

    @property
    def still(self) -> bool:
        """Whether nothing is moved."""
        original = unmoved(len(self.axes))
        return self.places is None and self.axes == original.axes

    @property
    def is_last_moved(self) -> bool:
        """Whether the last axis isn't the original one."""
        return self.axes[-1] != len(self.axes) - 1

    def axis(self, axis: int) -> int:
        """Returns the position of an original axis; both include the batch, and may be
        negative."""
        position = axis - 1
        if axis < 1:
            position = axis + len(self.axes)
        return self.axes.index(position) + 1

    def shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """Returns a shape, including the batch, after the move."""
        sample = [shape[axis + 1] for axis in self.axes]
        return (shape[0], *sample)

    def sample(self, value: Array) -> Array:
        """Returns an array with a sample's shape after the move."""
        if self.places:
            return value[list(self.places)]
        return value.transpose(self.axes)

    def flattened(self, shape: Sequence[int]) -> Moved:
        """Returns the move after samples of this shape, including the batch, are
        flattened.

        # Raises
            UnsafeFileError: if they have too many values.
        """
        sample = shape[1:]
        count = prod(sample)
        if count > MAX_FLATTENED:
            raise UnsafeFileError(
                f"The model flattens samples of {count:,} values. Their "
                f"order can be converted for at most {MAX_FLATTENED:,}. Convert the "
                "file without dim_ordering."
            )
        places = np.arange(count).reshape(sample)
        moved = places.transpose(self.axes).ravel()
        return replace(unmoved(1), places=tuple(moved.tolist()))

    def back(self) -> Axes:
        """Returns the `dims` of the `Permute` that undoes the move."""
        return self.towards(unmoved(len(self.axes)).axes)

    def towards(self, axes: Axes) -> Axes:
        """Returns the `dims` of the `Permute` that results in these axes."""
        return tuple(self.axes.index(axis) + 1 for axis in axes)


def unmoved(count: int, source: str = "") -> Moved:
    """Returns the identity move for a sample with `count` axes."""
    return Moved(tuple(range(count)), source=source)


def channels_moved(count: int, dim_ordering: str, leading: int = 0) -> Axes:
    """Returns the axes of an image with `count` axes that is converted to a
    `dim_ordering`.

    # Arguments
        count: int, the number of axes of a sample.
        dim_ordering: `"th"` or `"tf"`, for the converted model.
        leading: int, the number of step axes before the image axes.
    """
    axes = list(range(count))
    if dim_ordering == "tf":
        axes.append(axes.pop(leading))
    else:
        axes.insert(leading, axes.pop())
    return tuple(axes)
