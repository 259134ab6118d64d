"""Pooling under its first names."""

from __future__ import annotations

from typing import Any

from oneiros_theano_namespace.theano.tensor.signal.pool import (
    Pool,
    max_pool_2d_same_size,
    pool_2d,
)

DownsampleFactorMax = Pool

__all__ = [
    "DownsampleFactorMax",
    "Pool",
    "max_pool_2d",
    "max_pool_2d_same_size",
    "pool_2d",
]


def max_pool_2d(
    input: Any,
    ds: Any,
    ignore_border: bool | None = None,
    st: Any = None,
    padding: Any = (0, 0),
    mode: str = "max",
) -> Any:
    """Pools over rows and columns; see `theano.tensor.signal.pool.pool_2d`."""
    return pool_2d(input, ds, ignore_border, st, padding, mode)
