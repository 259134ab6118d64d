"""Splits images into windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.raise_op import Assert

from oneiros_theano_namespace.borders import padded

MODES = ("valid", "ignore_borders", "half", "full")


def images2neibs(
    ten4: Any,
    neib_shape: Sequence[int],
    neib_step: Sequence[int] | None = None,
    mode: str = "valid",
) -> Any:
    """Turns each window of an image into a row.

    # Arguments
        ten4: tensor of four axes, of which the last are rows and columns.
        neib_shape: pair of ints, the window.
        neib_step: pair of ints, the strides; None means those of the window.
        mode: `"valid"`, where windows must cover the image, `"ignore_borders"`, where
            they needn't, or `"half"` or `"full"`, with zeros around it.

    # Returns
        A matrix: a row for each image, channel and window, in this order.
    """
    if mode not in MODES:
        raise NotImplementedError(
            f"images2neibs received mode={mode!r}; expected one of {', '.join(MODES)}."
        )
    window = [int(length) for length in neib_shape]
    strides = window if neib_step is None else [int(step) for step in neib_step]
    images = pt.as_tensor_variable(ten4)
    if mode in ("half", "full"):
        zeros = [length // 2 if mode == "half" else length - 1 for length in window]
        images = padded(images, [(count, count) for count in zeros], 0.0)
    if mode == "valid":
        images = _covered(images, window, strides)
    return _windows(images, window, strides)


def neibs2images(neibs: Any, neib_shape: Sequence[int], original_shape: Any) -> Any:
    """Reassembles images from windows that don't overlap.

    # Arguments
        neibs: matrix from `images2neibs`.
        neib_shape: pair of ints, the window.
        original_shape: the images' shape.
    """
    rows, columns = neib_shape
    batch, channels, height, width = [original_shape[axis] for axis in range(4)]
    grid = (batch, channels, height // rows, width // columns, rows, columns)
    cells = neibs.reshape(grid, ndim=6)
    return cells.dimshuffle(0, 1, 2, 4, 3, 5).reshape(
        (batch, channels, height, width), ndim=4
    )


def _counts(images: Any, window: list[int], strides: list[int]) -> list[Any]:
    """Returns the numbers of windows, vertically and horizontally."""
    return [
        (images.shape[axis] - length) // step + 1
        for axis, length, step in zip((2, 3), window, strides, strict=True)
    ]


def _covered(images: Any, window: list[int], strides: list[int]) -> Any:
    """Returns images, checked when run that windows cover them."""
    for axis, length, step in zip((2, 3), window, strides, strict=True):
        size = images.type.shape[axis]
        message = (
            f"images2neibs: windows of {length} in steps of {step} don't cover axis "
            f"{axis} of the images. mode='ignore_borders' drops the rest."
        )
        if size is None:
            uncovered = (images.shape[axis] - length) % step
            images = Assert(message)(images, pt.eq(uncovered, 0))
        elif size < length or (size - length) % step:
            raise ValueError(message)
    return images


def _windows(images: Any, window: list[int], strides: list[int]) -> Any:
    height, width = window
    down, right = strides
    rows, columns = _counts(images, window, strides)
    cells = [
        images[
            :,
            :,
            i : i + (rows - 1) * down + 1 : down,
            j : j + (columns - 1) * right + 1 : right,
        ]
        for i in range(height)
        for j in range(width)
    ]
    return pt.stack(cells, axis=-1).reshape((-1, height * width))
