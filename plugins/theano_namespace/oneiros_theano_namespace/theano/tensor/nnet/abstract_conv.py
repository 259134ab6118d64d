"""Convolutions of images and volumes. They flip kernels unless told otherwise."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytensor.tensor as pt
from oneiros import backend as K
from oneiros_backend_theano.operations import sizes
from pytensor.gradient import pullback

from oneiros_theano_namespace.borders import padded
from oneiros_theano_namespace.theano_backend import on_theano

Border = str | int | Sequence[int]


@on_theano
def conv2d(
    input,
    filters,
    input_shape=None,
    filter_shape=None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1),
    filter_flip: bool = True,
    image_shape=None,
    filter_dilation: Sequence[int] = (1, 1),
    **options,
):
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
        options: ignored, as in Theano.

    # Returns
        A tensor `(batch, filters, rows, columns)`.
    """
    x = _shaped(input, input_shape if image_shape is None else image_shape)
    filters = _shaped(filters, filter_shape)
    return _convolved(
        K.conv2d, x, filters, border_mode, subsample, filter_flip, filter_dilation
    )


@on_theano
def conv3d(
    input,
    filters,
    input_shape=None,
    filter_shape=None,
    border_mode: Border = "valid",
    subsample: Sequence[int] = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Sequence[int] = (1, 1, 1),
):
    """Convolves volumes: `conv2d` with planes before rows and columns."""
    x = _shaped(input, input_shape)
    filters = _shaped(filters, filter_shape)
    return _convolved(
        K.conv3d, x, filters, border_mode, subsample, filter_flip, filter_dilation
    )


def conv2d_grad_wrt_inputs(
    output_grad, filters, input_shape: Sequence[Any], filter_shape=None, **options
):
    """Gradient of `conv2d` by its input, a transposed convolution.

    # Arguments
        output_grad: tensor, the gradient by the result.
        input_shape: shape of the input; None for the batch takes that of `output_grad`.
        filters, filter_shape, options: of the convolution.
    """
    convolve = partial(conv2d, filter_shape=filter_shape, **options)
    return _by_input(convolve, output_grad, filters, input_shape)


def conv3d_grad_wrt_inputs(
    output_grad, filters, input_shape: Sequence[Any], filter_shape=None, **options
):
    """Gradient of `conv3d` by its input; see `conv2d_grad_wrt_inputs`."""
    convolve = partial(conv3d, filter_shape=filter_shape, **options)
    return _by_input(convolve, output_grad, filters, input_shape)


def _by_input(convolve: Callable[..., Any], output_grad, filters, shape: Sequence[Any]):
    batch, *others = shape
    count = output_grad.shape[0] if batch is None else batch
    x = pt.zeros((count, *others), dtype=output_grad.dtype)
    result = convolve(x, filters)
    return pullback(result, x, output_grad)


def _convolved(
    convolve: Callable[..., Any],
    x,
    filters,
    border_mode: Border,
    strides: Sequence[int],
    flips: bool,
    dilation: Sequence[int],
):
    """Calls a convolution of `K`, which flips filters only if it is Theano's, and has
    other borders."""
    if border_mode not in ("valid", "full"):
        zeros = _zeros_around(filters, border_mode, dilation)
        x = padded(x, [(count, count) for count in zeros], 0.0)
        border_mode = "valid"
    if flips != (K.convolution() == "theano"):
        filters = _flipped(filters)
    return convolve(
        x,
        filters,
        strides=tuple(strides),
        border_mode=border_mode,
        dim_ordering="th",
        filter_dilation=tuple(dilation),
    )


def _zeros_around(filters, border: Border, dilation: Sequence[int]) -> Sequence[Any]:
    """Returns by axis how many zeros stand on each side."""
    if border == "half":
        lengths = sizes(filters)[2:]
        pairs = zip(lengths, dilation, strict=True)
        return [((length - 1) * step + 1) // 2 for length, step in pairs]
    if isinstance(border, int):
        return [border] * len(dilation)
    if isinstance(border, str):
        raise ValueError(
            f"border_mode must be 'valid', 'full', 'half', an int or ints, not "
            f"{border!r}."
        )
    return border


def _shaped(x, shape):
    """Returns a tensor with the sizes that are known of it."""
    x = pt.as_tensor_variable(x)
    if shape is None:
        return x
    static_shape = [None if size is None else int(size) for size in shape]
    return pt.specify_shape(x, static_shape)


def _flipped(filters):
    spatial = [slice(None, None, -1)] * (filters.ndim - 2)
    return filters[(slice(None), slice(None), *spatial)]
