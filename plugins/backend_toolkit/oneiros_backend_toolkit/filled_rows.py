"""Tensors of rows of different lengths, filled up to the number of steps.

Their static shape is what engines compile for. Values that users read are cut to the
longest row, as `K.ctc_decode` of Keras 1 gave them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from oneiros.backend.tensor_state import StateKey

PADDED: StateKey[bool] = StateKey("whether rows are filled up with FILLER")
FILLER = -1


def padded(tensor: Any) -> Any:
    """Marks a tensor whose rows are filled up, and returns it."""
    # An engine's own tensor, which is computed at once, may take no marks.
    with suppress(AttributeError):
        PADDED.set(tensor, True)
    return tensor


def without_padding(tensor: Any, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns a tensor's value, without columns of nothing but FILLER at its end if the
    tensor is marked."""
    if not PADDED.get(tensor):
        return value
    lengths = (value != FILLER).sum(axis=1)
    return value[:, : lengths.max(initial=0)]
