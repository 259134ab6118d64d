"""Splits windows in JAX into the values of one cell in all windows, and back."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from oneiros_jax_support.jax_import import jax, jnp


def strided(x, axis: int, start: int, count: int, stride: int):
    """Returns `count` values along an axis, from `start` on, `stride` apart."""
    reach = (count - 1) * stride + 1
    return jax.lax.slice_in_dim(x, start, start + reach, stride, axis)


def placed(x, axis: int, start: int, stride: int, size: int):
    """Puts values along an axis of a given size, from `start` on, `stride` apart; those
    beyond its end are dropped."""
    reach = (x.shape[axis] - 1) * stride + 1
    after = size - start - reach
    between = stride - 1
    widths = [(0, 0, 0)] * x.ndim
    widths[axis] = (start, after, between)
    zero = jnp.zeros((), x.dtype)
    return jax.lax.pad(x, zero, widths)
