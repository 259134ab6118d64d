"""Pooling, built on one primitive of each engine."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oneiros.arguments import check_choice

from oneiros_backend_toolkit.images import Images, check_window, is_first, per_axis
from oneiros_backend_toolkit.tensors import Tensor


@dataclass(frozen=True)
class PoolingArguments:
    """A pooling call without its tensor and windows.

    # Arguments
        function: str, the name of the function of `K`.
        rank: int, the number of spatial axes.
        border_mode, dim_ordering, pool_mode: the function's arguments.
    """

    function: str
    rank: int
    border_mode: Any
    dim_ordering: Any
    pool_mode: Any


class Pooling(Images):
    """The contract's pooling functions: maximum and average over windows."""

    def _pool(
        self,
        x,
        window: tuple[int, ...],
        strides: tuple[int, ...],
        border_mode: str,
        mode: str,
    ) -> Tensor:
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
    ) -> Tensor:
        call = PoolingArguments("pool2d", 2, border_mode, dim_ordering, pool_mode)
        return self._pooling(call, x, pool_size, strides)

    def pool3d(
        self,
        x,
        pool_size,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ) -> Tensor:
        call = PoolingArguments("pool3d", 3, border_mode, dim_ordering, pool_mode)
        return self._pooling(call, x, pool_size, strides)

    def _pooling(self, call: PoolingArguments, x, pool_size, strides) -> Tensor:
        name = call.function
        first = is_first(name, call.dim_ordering)
        if strides is None:
            strides = pool_size
        window = per_axis(name, "pool_size", pool_size, call.rank)
        steps = per_axis(name, "strides", strides, call.rank)
        check_choice(name, "border_mode", call.border_mode, ("valid", "same"))
        check_choice(name, "pool_mode", call.pool_mode, ("max", "avg"))
        self._checked_rank(name, x, call.rank + 2)
        if first:
            x = self._channels_last(x)
        check_window(name, self.int_shape(x)[1:-1], window, call.border_mode)
        pooled = self._pool(x, window, steps, call.border_mode, call.pool_mode)
        return self._channels_first(pooled) if first else pooled
