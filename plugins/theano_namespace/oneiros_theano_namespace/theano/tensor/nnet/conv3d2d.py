"""Convolutions of sequences of images."""

from __future__ import annotations

from typing import Any

from oneiros_theano_namespace.theano.tensor.nnet import abstract_conv

SWAPPED = (0, 2, 1, 3, 4)
"""Channels before steps, and back."""


def conv3d(
    signals: Any,
    filters: Any,
    signals_shape: Any = None,
    filters_shape: Any = None,
    border_mode: Any = "valid",
) -> Any:
    """Convolves along steps, rows and columns, with flipped filters.

    # Arguments
        signals: tensor `(batch, steps, channels, rows, columns)`.
        filters: tensor `(filters, steps, channels, rows, columns)`.
        signals_shape, filters_shape: ignored.
        border_mode: as `theano.tensor.nnet.conv3d` takes it.

    # Returns
        A tensor `(batch, steps, filters, rows, columns)`.
    """
    volumes = signals.dimshuffle(*SWAPPED)
    kernel = filters.dimshuffle(*SWAPPED)
    result = abstract_conv.conv3d(volumes, kernel, border_mode=border_mode)
    return result.dimshuffle(*SWAPPED)
