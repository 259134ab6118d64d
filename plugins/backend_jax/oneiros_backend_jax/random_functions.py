"""Random functions on JAX's own tensors. A recorded stream supplies their key."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import numpy as np
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support import random_numbers
from oneiros_jax_support.jax_import import jax, jnp

from oneiros_backend_jax.functions import FUNCTIONS


def random_uniform(key, shape, low, high, dtype: str) -> Tensor:
    """Draws from [low, high)."""
    low = jnp.asarray(low, dtype)
    high = jnp.asarray(high, dtype)
    return _uniform(key, shape, dtype) * (high - low) + low


def random_normal(key, shape, mean, std, dtype: str) -> Tensor:
    """Draws from a normal distribution."""
    numbers = random_numbers.normal(
        jnp,
        jax.scipy.special.erfinv,
        key[0],
        key[1],
        tuple(FUNCTIONS.sizes(shape)),
        dtype,
    )
    std = jnp.asarray(std, dtype)
    return numbers * std + jnp.asarray(mean, dtype)


def random_binomial(key, shape, p, dtype: str) -> Tensor:
    """Draws 1 with probability `p`, else 0."""
    numbers = _uniform(key, shape, "float32")
    p = jnp.asarray(p, np.float32)
    return (numbers < p).astype(dtype)


def _uniform(key, shape, dtype: str) -> Tensor:
    return random_numbers.uniform(
        jnp, key[0], key[1], tuple(FUNCTIONS.sizes(shape)), dtype
    )
