"""Upsampling of images."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from oneiros_backend_theano.operations import sizes

ROWS = 2
COLUMNS = 3


def bilinear_upsampling(
    input: Any,
    ratio: int,
    batch_size: int | None = None,
    num_input_channels: int | None = None,
    use_1D_kernel: bool = True,
) -> Any:
    """Makes images larger by interpolating between their pixels.

    Row `i` of the result lies at row `(i - (ratio - 1) // 2) / ratio` of the input;
    beyond the first and the last pixel it is that one.

    # Arguments
        input: tensor `(batch, channels, rows, columns)`.
        ratio: int, the factor for rows and columns.
        batch_size, num_input_channels, use_1D_kernel: ignored.

    # Returns
        A tensor `(batch, channels, rows * ratio, columns * ratio)`.
    """
    taller = _interpolated(pt.as_tensor_variable(input), int(ratio), ROWS)
    return _interpolated(taller, int(ratio), COLUMNS)


def _interpolated(x: Any, ratio: int, axis: int) -> Any:
    size = sizes(x)[axis]
    places = pt.arange(size * ratio) - (ratio - 1) // 2
    before = places // ratio
    weight = pt.cast(places % ratio, x.dtype) / ratio
    weight = pt.shape_padright(pt.cast(weight, x.dtype), x.ndim - 1 - axis)
    lower = pt.take(x, pt.clip(before, 0, size - 1), axis=axis)
    upper = pt.take(x, pt.clip(before + 1, 0, size - 1), axis=axis)
    return lower * (1 - weight) + upper * weight
