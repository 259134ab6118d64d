"""Random functions on JAX's own tensors. A recorded stream supplies their key."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_jax_support import random_numbers
from oneiros_jax_support.jax_import import jax

from oneiros_backend_jax.operations import sizes_of

T = Any


class RandomFunctions:
    """JAX's functions of a key, by their names in the contract."""

    @staticmethod
    def random_uniform(key: T, shape: T, low: T, high: T, dtype: str) -> T:
        """Draws from [low, high)."""
        low = jnp.asarray(low, dtype)
        high = jnp.asarray(high, dtype)
        return _uniform(key, shape, dtype) * (high - low) + low

    @staticmethod
    def random_normal(key: T, shape: T, mean: T, std: T, dtype: str) -> T:
        """Draws from a normal distribution."""
        numbers = random_numbers.normal(
            jnp, jax.scipy.special.erfinv, key[0], key[1], tuple(sizes_of(shape)), dtype
        )
        return numbers * jnp.asarray(std, dtype) + jnp.asarray(mean, dtype)

    @staticmethod
    def random_binomial(key: T, shape: T, p: T, dtype: str) -> T:
        """Draws 1 with probability `p`, else 0."""
        numbers = _uniform(key, shape, "float32")
        return (numbers < jnp.asarray(p, np.float32)).astype(dtype)


def _uniform(key: T, shape: T, dtype: str) -> T:
    return random_numbers.uniform(jnp, key[0], key[1], tuple(sizes_of(shape)), dtype)
