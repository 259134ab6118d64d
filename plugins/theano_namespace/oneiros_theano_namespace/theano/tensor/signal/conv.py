"""Convolutions of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros_backend_theano.operations import sizes

from oneiros_theano_namespace.theano.tensor.nnet import abstract_conv


def conv2d(
    input: Any,
    filters: Any,
    image_shape: Any = None,
    filter_shape: Any = None,
    border_mode: str = "valid",
    subsample: Sequence[int] = (1, 1),
    **options: Any,
) -> Any:
    """Convolves each matrix with each filter, flipped.

    # Arguments
        input: matrix, or tensor `(images, rows, columns)`.
        filters: matrix, or tensor `(filters, rows, columns)`.
        image_shape, filter_shape, options: ignored.
        border_mode: `"valid"` or `"full"`.
        subsample: pair of ints, the strides.

    # Returns
        A matrix; with axes for images and filters before it where there are several.
    """
    images = pt.as_tensor_variable(input)
    kernels = pt.as_tensor_variable(filters)
    stack = images.reshape((-1, 1, *sizes(images)[-2:]))
    bank = kernels.reshape((-1, 1, *sizes(kernels)[-2:]))
    result = abstract_conv.conv2d(
        stack, bank, border_mode=border_mode, subsample=subsample
    )
    if images.ndim == kernels.ndim == 2:
        return result[0, 0]
    if images.ndim == 2:
        return result[0]
    return result[:, 0] if kernels.ndim == 2 else result
