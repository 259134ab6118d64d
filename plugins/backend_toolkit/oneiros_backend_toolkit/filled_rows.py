"""Tensors with rows of different lengths, padded to the number of steps.

Engines compile for their static shape. Values that users read are cut to the longest
row, as from `K.ctc_decode` in Keras 1.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from oneiros.backend.tensor_state import StateKey

PADDED: StateKey[bool] = StateKey("whether rows are filled up with FILLER")
FILLER = -1


def padded(tensor: Any) -> Any:
    """Marks a tensor with padded rows, and returns it."""
    # An engine's own tensor, which is computed at once, may take no marks.
    with suppress(AttributeError):
        PADDED.set(tensor, True)
    return tensor


def without_padding(tensor: Any, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Returns a tensor's value; if the tensor is marked, without trailing columns of
    FILLER."""
    if not PADDED.get(tensor):
        return value
    lengths = (value != FILLER).sum(axis=1)
    return value[:, : lengths.max(initial=0)]
