"""Splits windows in JAX into the values of one cell in all windows."""

from oneiros_jax_support.jax_import import jax


def strided(x, axis: int, start: int, count: int, stride: int):
    """Returns `count` values along an axis, from `start` on, `stride` apart."""
    reach = (count - 1) * stride + 1
    end = start + reach
    return jax.lax.slice_in_dim(x, start, end, stride, axis)
