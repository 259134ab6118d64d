"""Shared variables."""

import numpy as np
import pytensor
from oneiros_backend_theano.variables import SharedTensor
from pytensor.tensor.type import TensorType


def shared(
    value,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable=None,
    target=None,
    **options,
):
    """Makes a variable that keeps its value between calls of compiled functions.

    # Arguments
        value: array, number, or sparse matrix of SciPy.
        name: str.
        strict: whether values that are set must have the very type.
        allow_downcast: whether values that are set may lose digits.
        borrow: whether the array itself may be kept instead of a copy.
        broadcastable: by axis whether its size is always 1.
        target: not used.
        options: what PyTensor takes for values of other kinds.
    """
    is_number = isinstance(value, (bool, int, float, complex, np.generic))
    if not is_number and not isinstance(value, np.ndarray):
        return pytensor.shared(
            value, name=name, strict=strict, allow_downcast=allow_downcast, **options
        )
    array = np.array(value, copy=None if borrow else True)
    flags = (False,) * array.ndim if broadcastable is None else broadcastable
    return SharedTensor(
        TensorType(array.dtype, tuple(map(bool, flags))),
        array,
        strict=strict,
        allow_downcast=allow_downcast,
        name=name,
    )
