"""Checks for the inputs of a function, and the data for the batches of its loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.errors import ArgumentError, DataError

Array = np.ndarray[Any, Any]
NUMBERS = "biuf"
"""Kinds of NumPy types that inputs accept: booleans, integers, floats."""


@dataclass(frozen=True)
class Feed:
    """The requirements of a function's input.

    # Properties
        label: str, the input's name in messages.
        shape: tuple of int and None; None alone accepts any rank.
        dtype: NumPy type.
        sparse: bool, whether it also accepts sparse matrices.
    """

    label: str
    shape: tuple[int | None, ...] | None
    dtype: Any
    sparse: bool = False

    def check(self, value: Any, batched: bool = False) -> Array:
        """Converts `value` to an array of this input's type.

        # Arguments
            value: the caller's value.
            batched: whether the first axis contains a whole data set instead of a
                batch; its type stays unchanged.

        # Raises
            DataError: if it isn't numeric, or its shape doesn't fit.
        """
        array = self._as_array(value)
        if array.dtype.kind in NUMBERS and self._fits(array.shape, batched):
            return array if batched else np.asarray(array, self.dtype)
        raise self._refusal(value, array, batched)

    def _as_array(self, value: Any) -> Array:
        """Returns an array; an array of objects if the value isn't an array."""
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
            f"{self.dtype}; None means any size"
        )
        if batched:
            message += ", and a data set may have any number of rows"
        message += "."
        if hasattr(value, "toarray") and not self.sparse:
            message += " Make it with sparse=True, or pass x.toarray()."
        return DataError(message)


class Upload:
    """Data for the batches of a function's `loop`; `release()` frees it."""

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
