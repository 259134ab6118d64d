"""What the inputs of a function accept, and data that its loop draws batches from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, DataError

Array = np.ndarray[Any, Any]
NUMBERS = "biuf"
"""Kinds of NumPy types that an input takes: booleans, integers, floats."""


@dataclass(frozen=True)
class Feed:
    """What one input of a function accepts.

    # Properties
        label: str, the input's name in messages.
        shape: tuple of int and None; None alone, where any rank will do.
        dtype: NumPy type.
        sparse: bool, whether it takes sparse matrices, too.
    """

    label: str
    shape: tuple[int | None, ...] | None
    dtype: Any
    sparse: bool = False

    def check(self, value: Any, batched: bool = False) -> Array:
        """Returns `value` as an array of this input's type.

        # Arguments
            value: what the caller passed.
            batched: whether the first axis holds a whole data set instead of one batch;
                its type stays.

        # Raises
            DataError: if it isn't numeric, or its shape doesn't fit.
        """
        array = self._as_array(value)
        if array.dtype.kind in NUMBERS and self._fits(array.shape, batched):
            return array if batched else np.asarray(array, self.dtype)
        raise self._refusal(value, array, batched)

    def _as_array(self, value: Any) -> Array:
        """Returns an array; one of objects for what isn't an array."""
        if self.sparse and hasattr(value, "toarray"):
            value = value.toarray()
        try:
            return np.asarray(value)
        except ValueError:
            return np.empty((), object)

    def _fits(self, shape: tuple[int, ...], batched: bool) -> bool:
        if self.shape is None:
            return True
        if len(shape) != len(self.shape):
            return False
        first = 1 if batched else 0
        pairs = zip(self.shape[first:], shape[first:], strict=True)
        return all(wanted in (None, size) for wanted, size in pairs)

    def _refusal(self, value: Any, array: Array, batched: bool) -> DataError:
        received = f"an array of shape {array.shape}"
        if array.dtype.kind not in NUMBERS:
            received = f"{value!r:.60}, not an array of numbers"
        message = (
            f"{self.label} received {received}. Expected shape {self.shape} of type "
            f"{self.dtype}; None stands for any size"
        )
        if batched:
            message += ", and a data set may have any number of rows"
        message += "."
        if hasattr(value, "toarray") and not self.sparse:
            message += " Make it with sparse=True, or pass x.toarray()."
        return DataError(message)


class Upload:
    """Data that a function's `loop` draws its batches from; `release()` lets go of
    it."""

    def __init__(self, arrays: list[Any]) -> None:
        self._arrays: list[Any] | None = arrays

    @property
    def arrays(self) -> list[Any]:
        """The data, one array per input."""
        if self._arrays is None:
            raise ArgumentError(
                "This upload was released. Call upload(arrays) again before loop."
            )
        return self._arrays

    def release(self) -> None:
        """Frees the memory on the device."""
        self._arrays = None
