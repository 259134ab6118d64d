"""Pooling, in terms of one primitive that each engine supplies."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from typing import Any

from oneiros.arguments import check_choice

from oneiros_backend_toolkit.images import (
    Images,
    check_window,
    is_first,
    per_axis,
)

T = Any


class Pooling(Images):
    """Maximum and average over windows."""

    def _pool(
        self,
        x,
        window: tuple[int, ...],
        strides: tuple[int, ...],
        border_mode: str,
        mode: str,
    ) -> T:
        """Reduces windows over 2 or 3 spatial axes, channels last; border_mode is
        'valid' or 'same'.

        `mode` is 'max' or 'avg'; the border counts in neither.
        """
        raise NotImplementedError

    def pool2d(
        self,
        x,
        pool_size,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ) -> T:
        return self._pooling(
            "pool2d", 2, x, pool_size, strides, border_mode, dim_ordering, pool_mode
        )

    def pool3d(
        self,
        x,
        pool_size,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ) -> T:
        return self._pooling(
            "pool3d", 3, x, pool_size, strides, border_mode, dim_ordering, pool_mode
        )

    def _pooling(
        self,
        name: str,
        rank: int,
        x,
        pool_size,
        strides,
        border_mode,
        dim_ordering,
        pool_mode,
    ) -> T:
        first = is_first(name, dim_ordering)
        window = per_axis(name, "pool_size", pool_size, rank)
        steps = per_axis(
            name, "strides", pool_size if strides is None else strides, rank
        )
        check_choice(name, "border_mode", border_mode, ("valid", "same"))
        check_choice(name, "pool_mode", pool_mode, ("max", "avg"))
        self._checked_rank(name, x, rank + 2)
        x = self._channels_last(x) if first else x
        check_window(name, self.int_shape(x)[1:-1], window, border_mode)
        pooled = self._pool(x, window, steps, border_mode, pool_mode)
        return self._channels_first(pooled) if first else pooled
