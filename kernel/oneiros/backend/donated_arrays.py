"""Arrays that variables keep without copying.

Without this, loading 105 MB of dense layers on Theano takes 1.2 times as long
(`benchmarks/mechanisms.py arrays`).
"""

from typing import Any

import numpy as np

from oneiros.typing import Array


class Donated(np.ndarray[Any, Any]):
    """An array that nothing else uses any more, so a variable may keep its memory."""


def donated(array: Array) -> Donated:
    """Marks an array that its owner gives up to a variable."""
    return array.view(Donated)


def owned(value: Any, dtype: Any) -> Array:
    """Returns the array for a variable: a copy, unless the array was donated.

    # Arguments
        value: the variable's value.
        dtype: the variable's type.
    """
    if isinstance(value, Donated) and value.dtype == dtype:
        return value.view(np.ndarray)
    return np.array(value, dtype=dtype)
