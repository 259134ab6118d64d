"""Random functions on JAX's own tensors. A recorded stream supplies their key."""

import numpy as np
from oneiros_jax_support import random_numbers
from oneiros_jax_support.jax_import import jnp

from oneiros_backend_jax.functions import FUNCTIONS


def random_uniform(key, shape, low, high, dtype: str):
    """Draws from [low, high)."""
    numbers = _uniform(key, shape, dtype)
    low = jnp.asarray(low, dtype)
    high = jnp.asarray(high, dtype)
    width = high - low
    return numbers * width + low


def random_normal(key, shape, mean, std, dtype: str):
    """Draws from a normal distribution."""
    seed, counter = key
    sizes = FUNCTIONS.sizes(shape)
    shape = tuple(sizes)
    numbers = random_numbers.normal(seed, counter, shape, dtype)
    mean = jnp.asarray(mean, dtype)
    std = jnp.asarray(std, dtype)
    return numbers * std + mean


def random_binomial(key, shape, p, dtype: str):
    """Draws 1 with probability `p`, else 0."""
    numbers = _uniform(key, shape, "float32")
    p = jnp.asarray(p, np.float32)
    is_one = numbers < p
    return is_one.astype(dtype)


def _uniform(key, shape, dtype: str):
    seed, counter = key
    sizes = FUNCTIONS.sizes(shape)
    shape = tuple(sizes)
    return random_numbers.uniform(seed, counter, shape, dtype)
