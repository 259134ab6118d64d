"""`LazyRows`: data whose rows are read when they are needed."""

from functools import cached_property

import numpy as np
from oneiros.typing import Array


class LazyRows:
    """Base class of data whose rows are read when they are needed; subclasses define
    `__len__` and `__getitem__`."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, key) -> Array:
        raise NotImplementedError

    @cached_property
    def _example(self) -> Array:
        """One row, or none."""
        return np.asarray(self[: min(1, len(self))])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all rows."""
        return (len(self), *self._example.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """Type of the rows."""
        dtype: np.dtype = self._example.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __array__(self, dtype=None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)
