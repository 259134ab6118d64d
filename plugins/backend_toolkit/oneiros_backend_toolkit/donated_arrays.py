"""Arrays of variables, which are copied unless their owner gave them up."""

from typing import Any

import numpy as np
from oneiros.backend.donated_arrays import Donated
from oneiros.typing import Array


def owned(value: Any, dtype: Any) -> Array:
    """Returns the array for a variable: a copy, unless the array was donated.

    # Arguments
        value: the variable's value.
        dtype: the variable's type.
    """
    if isinstance(value, Donated) and value.dtype == dtype:
        return value.view(np.ndarray)
    return np.array(value, dtype=dtype)
