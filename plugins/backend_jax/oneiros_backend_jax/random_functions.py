"""Random functions on JAX's own tensors. A recorded stream supplies their key."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support import random_numbers
from oneiros_jax_support.jax_import import jax

from oneiros_backend_jax.functions import FUNCTIONS


class RandomFunctions:
    """JAX's functions of a key, by their names in the contract."""

    @staticmethod
    def random_uniform(key: Tensor, shape, low, high, dtype: str) -> Tensor:
        """Draws from [low, high)."""
        low = jnp.asarray(low, dtype)
        high = jnp.asarray(high, dtype)
        return _uniform(key, shape, dtype) * (high - low) + low

    @staticmethod
    def random_normal(key: Tensor, shape, mean: Tensor, std, dtype: str) -> Tensor:
        """Draws from a normal distribution."""
        numbers = random_numbers.normal(
            jnp,
            jax.scipy.special.erfinv,
            key[0],
            key[1],
            tuple(FUNCTIONS.sizes(shape)),
            dtype,
        )
        return numbers * jnp.asarray(std, dtype) + jnp.asarray(mean, dtype)

    @staticmethod
    def random_binomial(key: Tensor, shape, p, dtype: str) -> Tensor:
        """Draws 1 with probability `p`, else 0."""
        numbers = _uniform(key, shape, "float32")
        return (numbers < jnp.asarray(p, np.float32)).astype(dtype)


def _uniform(key: Tensor, shape, dtype: str) -> Tensor:
    return random_numbers.uniform(
        jnp, key[0], key[1], tuple(FUNCTIONS.sizes(shape)), dtype
    )
