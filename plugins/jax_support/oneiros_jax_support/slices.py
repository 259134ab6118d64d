"""Splits windows in JAX into the values of one cell in all windows."""

from oneiros_jax_support.jax_import import jax


def strided(x, axis: int, start: int, count: int, stride: int):
    """Returns `count` values along an axis, from `start` on, `stride` apart."""
    last = start + (count - 1) * stride
    end = last + 1
    return jax.lax.slice_in_dim(x, start, end, stride, axis)
