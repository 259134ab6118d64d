"""Convolutions of images and volumes, which flip their kernels unless told
otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.operations import sizes
from pytensor.gradient import pullback

from oneiros_theano_namespace.borders import padded
from oneiros_theano_namespace.theano.tensor.nnet.upsampling import (
    bilinear_upsampling as bilinear_upsampling,
)
from oneiros_theano_namespace.theano_backend import on_theano

Border = str | int | Sequence[int]


@dataclass(frozen=True)
class FilterConvolution:
    """A convolution of images or volumes with filters.

    # Arguments
        border_mode: `"valid"`, `"full"`, `"half"`, or how many zeros to put around: an
            int, or one by axis.
        subsample: ints, the stride on each axis.
        filter_flip: whether filters are flipped, as in a convolution.
        filter_dilation: ints, the distance of the filters' cells on each axis.
    """

    border_mode: Border
    subsample: Sequence[int]
    filter_flip: bool
    filter_dilation: Sequence[int]

    @on_theano
    def __call__(self, x: Any, filters: Any) -> Any:
        """Returns the result for a tensor of images or volumes, channels first."""
        border = self.border_mode
        if border not in ("valid", "full"):
            zeros = self._zeros_around(filters)
            x = padded(x, [(count, count) for count in zeros], 0.0)
            border = "valid"
        convolve = K.conv3d if len(self.subsample) == 3 else K.conv2d
        return convolve(
            x,
            _flipped(filters) if self.filter_flip else filters,
            strides=tuple(self.subsample),
            border_mode=border,
            dim_ordering="th",
            filter_dilation=tuple(self.filter_dilation),
        )

    def _zeros_around(self, filters: Any) -> list[Any]:
        """Returns by axis how many zeros stand on each side."""
        border = self.border_mode
        if border == "half":
            lengths = sizes(filters)[2:]
            return [
                ((length - 1) * step + 1) // 2
                for length, step in zip(lengths, self.filter_dilation, strict=True)
            ]
        if isinstance(border, int):
            return [border] * len(self.filter_dilation)
        if isinstance(border, str):
            raise ValueError(
                f"border_mode must be 'valid', 'full', 'half', an int or ints, not "
                f"{border!r}."
            )
        return list(border)


def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    image_shape: Any = None,
    filter_dilation: Sequence[int] = (1, 1),
) -> Any:
    """Convolves images.

    # Arguments
        input: tensor `(batch, channels, rows, columns)`.
        filters: tensor `(filters, channels, rows, columns)`.
        input_shape, image_shape: None, or the shape of `input`, with None for sizes
            that aren't known.
        filter_shape: likewise, of `filters`.
        border_mode: `"valid"`, `"full"`, `"half"`, or how many zeros to put around: an
            int, or one for rows and one for columns.
        subsample: pair of ints, the strides.
        filter_flip: whether filters are flipped, as in a convolution.
        filter_dilation: pair of ints, the distance of the filters' cells.

    # Returns
        A tensor `(batch, filters, rows, columns)`.
    """
    convolve = FilterConvolution(border_mode, subsample, filter_flip, filter_dilation)
    return convolve(
        _shaped(input, input_shape if image_shape is None else image_shape),
        _shaped(filters, filter_shape),
    )


def conv3d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
) -> Any:
    """Convolves volumes: as `conv2d`, with one axis more."""
    convolve = FilterConvolution(border_mode, subsample, filter_flip, filter_dilation)
    return convolve(_shaped(input, input_shape), _shaped(filters, filter_shape))


def conv2d_grad_wrt_inputs(
    output_grad: Any,
    filters: Any,
    input_shape: Sequence[Any],
    filter_shape: Any = None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
) -> Any:
    """Gradient of `conv2d` by its input, a transposed convolution.

    # Arguments
        output_grad: tensor, the gradient by the result.
        input_shape: shape of the input; None for the batch takes that of `output_grad`.
        filters, filter_shape, border_mode, subsample, filter_flip, filter_dilation: of
            the convolution.
    """
    batch, *others = input_shape
    count = output_grad.shape[0] if batch is None else batch
    images = pt.zeros((count, *others), dtype=output_grad.dtype)
    convolve = FilterConvolution(border_mode, subsample, filter_flip, filter_dilation)
    result = convolve(images, _shaped(filters, filter_shape))
    return pullback(result, images, output_grad)


@dataclass(frozen=True)
class AbstractConv2d_gradInputs:  # noqa: N801 - Theano's name
    """Gradient of `conv2d` by its input, as the operation that it was.

    # Arguments
        imshp, kshp: ignored.
        border_mode, subsample, filter_flip, filter_dilation: of the convolution.
    """

    imshp: Any = None
    kshp: Any = None
    border_mode: Border = "valid"
    subsample: Sequence[int] = (1, 1)
    filter_flip: bool = True
    filter_dilation: Sequence[int] = (1, 1)

    def __call__(self, filters: Any, output_grad: Any, image_sizes: Any) -> Any:
        """Returns the gradient, given the rows and the columns of the input."""
        image_shape = (None, filters.shape[1], image_sizes[0], image_sizes[1])
        return conv2d_grad_wrt_inputs(
            output_grad,
            filters,
            image_shape,
            border_mode=self.border_mode,
            subsample=self.subsample,
            filter_flip=self.filter_flip,
            filter_dilation=self.filter_dilation,
        )


def conv2d_grad_wrt_weights(
    input: Any,
    output_grad: Any,
    filter_shape: Sequence[Any],
    input_shape: Any = None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1),
) -> Any:
    """Gradient of `conv2d` by its filters.

    # Arguments
        output_grad: tensor, the gradient by the result.
        filter_shape: shape of the filters.
        input, input_shape, border_mode, subsample, filter_flip, filter_dilation: of the
            convolution.
    """
    filters = pt.zeros(tuple(filter_shape), dtype=input.dtype)
    convolve = FilterConvolution(border_mode, subsample, filter_flip, filter_dilation)
    images = _shaped(input, input_shape)
    result = convolve(images, _shaped(filters, filter_shape))
    return pullback(result, filters, output_grad)


def _shaped(x: Any, shape: Any) -> Any:
    """Returns a tensor with the sizes that are known of it."""
    x = pt.as_tensor_variable(x)
    if shape is None:
        return x
    static_shape = [None if size is None else int(size) for size in shape]
    return pt.specify_shape(x, static_shape)


def _flipped(filters: Any) -> Any:
    spatial = [slice(None, None, -1)] * (filters.ndim - 2)
    return filters[(slice(None), slice(None), *spatial)]
