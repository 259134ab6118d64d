"""Private helpers of Keras 1's `tensorflow_backend` that packages import: conversions
to and from the axis order of TensorFlow's convolutions."""

from oneiros import backend as K
from oneiros.arguments import check_choice


def _initialize_variables() -> None:
    """Does nothing; variables have their values from the start."""


def _convert_string_dtype(dtype: str):
    """Returns the TensorFlow type with a name."""
    with K.use("tensorflow"):
        return K.tf.as_dtype(dtype)


def _to_tensor(x, dtype):
    """Returns a tensor of the given type."""
    return K.cast(x, dtype)


def _preprocess_border_mode(border_mode: str) -> str:
    """Returns TensorFlow's name of a border mode."""
    names = ("same", "valid")
    return str(check_choice("K", "border_mode", border_mode, names)).upper()


def _channels_last(x, dim_ordering: str):
    """Returns images or volumes with channels last."""
    return _permuted(x, (0, *range(2, K.ndim(x)), 1), dim_ordering)


def _filters_last(kernel, dim_ordering: str):
    """Returns a kernel `(rows, columns, channels, filters)`, or of three sizes."""
    return _permuted(kernel, (*range(2, K.ndim(kernel)), 1, 0), dim_ordering)


def _channels_restored(x, dim_ordering: str):
    """Returns the result of TensorFlow's convolution in the given axis order."""
    last = K.ndim(x) - 1
    return _permuted(x, (0, last, *range(1, last)), dim_ordering)


def _permuted(x, order: tuple[int, ...], dim_ordering: str):
    return K.permute_dimensions(x, order) if dim_ordering == "th" else x


_preprocess_conv2d_input = _preprocess_conv3d_input = _channels_last
_preprocess_conv2d_kernel = _preprocess_conv3d_kernel = _filters_last
_postprocess_conv2d_output = _postprocess_conv3d_output = _channels_restored
