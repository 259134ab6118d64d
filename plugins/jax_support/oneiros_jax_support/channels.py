"""Sums over all axes but the last, that of the channels.

On a CPU, they are products with ones: without that a training step of case f of
`benchmarks/compare.py` takes 1.2 times as long (`benchmarks/mechanisms.py reductions`).
"""

import math

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import Tensor, jax, jnp

DTYPES = ("float32", "float64")


def suits(x, axes) -> bool:
    """Returns whether a sum over these axes is one for each channel, to be computed as
    a product."""
    if x.ndim < 3 or x.dtype not in DTYPES or platform() != "cpu":
        return False
    are_known = all(isinstance(size, int) for size in x.shape)
    return are_known and sorted(axes) == list(range(x.ndim - 1))


def channel_sums(x) -> Tensor:
    """Returns the sum of each channel."""
    rows = jnp.reshape(x, (-1, x.shape[-1]))
    return jnp.ones(len(rows), x.dtype) @ rows


def spread_channels(*tensors) -> list[Tensor]:
    """Broadcasts those tensors that have a number for each channel of the others, so
    that their derivatives are channel sums."""
    shape = jnp.broadcast_shapes(*[x.shape for x in tensors])
    return [_spread(x, shape) if _is_spread(x, shape) else x for x in tensors]


def _is_spread(x, shape) -> bool:
    channels = shape[-1] if shape else 1
    like = jax.ShapeDtypeStruct(shape, x.dtype)
    return (
        x.shape != shape
        and x.shape[-1:] == (channels,)
        and math.prod(x.shape[:-1]) == 1
        and suits(like, range(len(shape) - 1))
    )


def _spread(x, shape) -> Tensor:
    def broadcast(_, x):
        return jnp.broadcast_to(x, shape)

    def summed(_, gradient):
        return jnp.reshape(channel_sums(gradient), x.shape)

    return jax.custom_derivatives.linear_call(broadcast, summed, (), x)
