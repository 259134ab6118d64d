"""Splits windows in JAX into the values of one cell in all windows, and back."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from oneiros_jax_support.jax_import import jax


def strided(x: Any, axis: int, start: int, count: int, stride: int) -> Any:
    """Returns `count` values along an axis, from `start` on, `stride` apart."""
    return jax.lax.slice_in_dim(
        x, start, start + (count - 1) * stride + 1, stride, axis
    )


def placed(x: Any, axis: int, start: int, stride: int, size: int) -> Any:
    """Puts values along an axis of a given size, from `start` on, `stride` apart; those
    beyond its end are dropped."""
    config = [(0, 0, 0)] * x.ndim
    config[axis] = (start, size - start - (x.shape[axis] - 1) * stride - 1, stride - 1)
    return jax.lax.pad(x, jnp.zeros((), x.dtype), config)
