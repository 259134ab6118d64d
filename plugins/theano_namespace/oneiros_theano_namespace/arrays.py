"""Converts values to arrays of a type."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K


def as_array(a: Any, dtype: Any, order: Any = None) -> np.ndarray[Any, Any]:
    """Converts `a` to an array of a type; `"floatX"` means `theano.config.floatX`."""
    return np.asarray(a, dtype=K.floatx() if dtype == "floatX" else dtype, order=order)
