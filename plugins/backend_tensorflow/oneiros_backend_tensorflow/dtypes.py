"""Types of tensors for code written for TensorFlow 1."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from functools import cache

from oneiros_backend_tensorflow.tensorflow_import import tf


class Dtype(str):
    """The name of a type, with the attributes of `tf.DType` besides: `x.dtype.name`,
    `x.dtype.base_dtype`, `x.dtype.as_numpy_dtype`, `x.dtype.is_floating`."""

    def __getattr__(self, name: str):
        return getattr(tf.as_dtype(str(self)), name)


class ReferenceDtype(Dtype):
    """The type of a variable."""

    @property
    def name(self) -> str:
        """What TensorFlow 1 calls it."""
        return f"{self}_ref"


@cache
def dtype_of(name: str, is_variable: bool) -> Dtype:
    """Returns the type of a tensor or of a variable.

    # Arguments
        name: str, such as `"float32"`.
    """
    return ReferenceDtype(name) if is_variable else Dtype(name)
