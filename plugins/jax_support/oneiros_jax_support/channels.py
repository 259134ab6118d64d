"""Sums over all axes but the last, that of the channels.

On a CPU, they are products with ones: without that a training step of case f of
`benchmarks/compare.py` takes 1.2 times as long (`benchmarks/mechanisms.py reductions`).
"""

import functools
import math
from collections.abc import Sequence

from oneiros_jax_support.devices import platform
from oneiros_jax_support.jax_import import Tensor, jax, jnp
from oneiros_jax_support.symbolic_sizes import has_symbolic_size

DTYPES = ("float32", "float64")


def suits(x, axes) -> bool:
    """Returns whether a sum over these axes is one for each channel, to be computed as
    a product."""
    if platform() != "cpu" or has_symbolic_size(x):
        return False
    all_but_last = list(range(x.ndim - 1))
    if x.ndim < 3 or sorted(axes) != all_but_last:
        return False
    return x.dtype in DTYPES


def channel_sums(x) -> Tensor:
    """Returns the sum of each channel.

    Each sample's are a product of its own: in a single one, rounding errors would add
    up.
    """
    samples, *places, channels = x.shape
    row_count = math.prod(places)
    rows = jnp.reshape(x, (samples, row_count, channels))
    ones = jnp.ones((samples, 1, row_count), x.dtype)
    sums_of_samples = ones @ rows
    all_but_last = (0, 1)
    return sums_of_samples.sum(all_but_last)


def spread_channels(*tensors) -> Sequence[Tensor]:
    """Broadcasts those tensors that have a number for each channel of another one, so
    that their derivatives are channel sums."""
    if any(map(has_symbolic_size, tensors)):
        return tensors
    largest = max(tensors, key=lambda x: x.size)
    shape = largest.shape
    all_but_last = range(largest.ndim - 1)
    if not suits(largest, all_but_last):
        return tensors
    spread = []
    for x in tensors:
        if _has_only_channels(x, largest):
            x = _broadcast(x, shape)
        spread.append(x)
    return spread


def _has_only_channels(x, largest) -> bool:
    """Returns whether all axes but the last have the size 1, in contrast to those of
    the largest tensor."""
    if x.ndim == 0 or x.ndim > largest.ndim:
        return False
    if x.size == largest.size:
        return False
    channels = largest.shape[-1]
    has_channels = x.shape[-1] == channels
    return bool(has_channels and x.size == channels)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def _broadcast(x, shape) -> Tensor:
    return jnp.broadcast_to(x, shape)


def _run(x, shape):
    result = _broadcast(x, shape)
    return result, x.shape


def _pull(shape, own_shape, gradient):
    sums = channel_sums(gradient)
    own_gradient = sums.reshape(own_shape)
    return (own_gradient,)


_broadcast.defvjp(_run, _pull)
