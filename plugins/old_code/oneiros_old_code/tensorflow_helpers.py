"""Private helpers of Keras 1's `tensorflow_backend` that packages import: conversions
to and from the axis order of TensorFlow's convolutions."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K

from oneiros_old_code.border_modes import border_mode_of

Tensor = Any


def _initialize_variables() -> None:
    """Does nothing; variables have their values from the start."""


def _convert_string_dtype(dtype: str) -> Any:
    """Returns the TensorFlow type with a name."""
    with K.use("tensorflow"):
        return K.tf.as_dtype(dtype)


def _to_tensor(x: Any, dtype: Any) -> Tensor:
    """Returns a tensor of the given type."""
    return K.cast(x, dtype)


def _preprocess_border_mode(border_mode: str) -> str:
    """Returns TensorFlow's name of a border mode."""
    return border_mode_of("tensorflow", border_mode)


def _preprocess_conv2d_input(x: Tensor, dim_ordering: str) -> Tensor:
    """Returns images with channels last."""
    return _permuted(x, (0, 2, 3, 1), dim_ordering)


def _preprocess_conv3d_input(x: Tensor, dim_ordering: str) -> Tensor:
    """Returns volumes with channels last."""
    return _permuted(x, (0, 2, 3, 4, 1), dim_ordering)


def _preprocess_conv2d_kernel(kernel: Tensor, dim_ordering: str) -> Tensor:
    """Returns a kernel `(rows, columns, channels, filters)`."""
    return _permuted(kernel, (2, 3, 1, 0), dim_ordering)


def _preprocess_conv3d_kernel(kernel: Tensor, dim_ordering: str) -> Tensor:
    """Returns a kernel `(dim1, dim2, dim3, channels, filters)`."""
    return _permuted(kernel, (2, 3, 4, 1, 0), dim_ordering)


def _postprocess_conv2d_output(x: Tensor, dim_ordering: str) -> Tensor:
    """Returns the result of TensorFlow's convolution in the given axis order."""
    return _permuted(x, (0, 3, 1, 2), dim_ordering)


def _postprocess_conv3d_output(x: Tensor, dim_ordering: str) -> Tensor:
    """Returns the result of TensorFlow's convolution in the given axis order."""
    return _permuted(x, (0, 4, 1, 2, 3), dim_ordering)


def _permuted(x: Tensor, order: tuple[int, ...], dim_ordering: str) -> Tensor:
    return K.permute_dimensions(x, order) if dim_ordering == "th" else x
