"""Private helpers of Keras 1's `theano_backend` that packages import: conversions to
and from the axis order and shapes of Theano's convolutions."""

from collections.abc import Sequence
from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_choice
from oneiros_backend_toolkit.devices import requested

Shape = Sequence[Any] | None

FIRST_OF_IMAGE = 2
"""The axis of rows, after samples and channels."""
BORDER_MODES = {"same": "half", "valid": "valid", "full": "full"}
"""Theano's names of border modes, by Keras's."""


def _on_gpu() -> bool:
    """Returns whether the setting `device` puts Theano's backend on a GPU."""
    device = requested("theano")
    return device is not None and device.kind == "gpu"


def _preprocess_border_mode(border_mode: str) -> str:
    """Returns Theano's name of a border mode."""
    return BORDER_MODES[check_choice("K", "border_mode", border_mode, BORDER_MODES)]


def _channels_first(x, dim_ordering: str):
    """Returns images or volumes with channels first."""
    if dim_ordering != "tf":
        return x
    return K.permute_dimensions(x, _moved_first(range(K.ndim(x))))


def _filters_first(kernel, dim_ordering: str):
    """Returns a kernel `(filters, channels, rows, columns)`, or of three sizes."""
    if dim_ordering != "tf":
        return kernel
    return K.permute_dimensions(kernel, _moved_to_filters(range(K.ndim(kernel))))


def _image_shape(dim_ordering: str, image_shape: Shape) -> Shape:
    """Returns the shape of images or volumes with channels first; unknown sizes are
    None."""
    return _shape(image_shape, dim_ordering, _moved_first)


def _filter_shape(dim_ordering: str, filter_shape: Shape) -> Shape:
    """Returns the shape of a kernel with filters first."""
    return _shape(filter_shape, dim_ordering, _moved_to_filters)


_preprocess_conv2d_input = _preprocess_conv3d_input = _channels_first
_preprocess_conv2d_kernel = _preprocess_conv3d_kernel = _filters_first
_preprocess_conv2d_image_shape = _preprocess_conv3d_volume_shape = _image_shape
_preprocess_conv2d_filter_shape = _preprocess_conv3d_filter_shape = _filter_shape


def _shape(shape: Shape, dim_ordering: str, move) -> Shape:
    if shape is None:
        return None
    sizes = tuple(_size(size) for size in shape)
    return move(sizes) if dim_ordering == "tf" else sizes


def _size(size) -> int | None:
    """Returns a size as an int, or None if it is unknown."""
    try:
        return int(size)
    except (TypeError, ValueError):
        return None


def _moved_first(values: Sequence[Any]) -> tuple[Any, ...]:
    """Moves the channels' item from the end to the position after the samples."""
    samples, *others, channels = values
    return (samples, channels, *others)


def _moved_to_filters(values: Sequence[Any]) -> tuple[Any, ...]:
    """Moves the items of channels and filters from the end to the front."""
    *others, channels, filters = values
    return (filters, channels, *others)


def _postprocess_conv2d_output(
    conv_out, x, border_mode: str, np_kernel, strides: Sequence[int], dim_ordering: str
):
    """Converts the result of Theano's convolution to the result of `K.conv2d`.

    # Arguments
        conv_out: the convolution, with channels first.
        x: its input, with channels first.
        border_mode: the border mode. With `"same"` and a kernel of even size, Theano
            returned an extra row or column.
        np_kernel: the kernel, with filters first.
        strides: strides of rows and columns.
        dim_ordering: the axis order of the result.
    """
    if border_mode == "same":
        for axis, stride in enumerate(strides, start=FIRST_OF_IMAGE):
            if np_kernel.shape[axis] % 2 == 0:
                count = (K.shape(x)[axis] + stride - 1) // stride
                conv_out = conv_out[(*[slice(None)] * axis, slice(None, count))]
    if dim_ordering != "tf":
        return conv_out
    samples, channels, *others = range(K.ndim(conv_out))
    return K.permute_dimensions(conv_out, (samples, *others, channels))


_postprocess_conv3d_output = _postprocess_conv2d_output
