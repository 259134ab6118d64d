"""Random functions on TensorFlow's own tensors.

A recorded stream supplies their key.
"""

from __future__ import annotations

from typing import Any

from oneiros_backend_tensorflow.operations import sizes_of
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.type_promotion import cast

T = Any
ALGORITHM = "philox"
"""The same numbers on every device."""


class RandomFunctions:
    """TensorFlow's functions of a key, by their names in the contract."""

    @staticmethod
    def random_uniform(key: T, shape: T, low: T, high: T, dtype: str) -> T:
        """Draws from [low, high)."""
        numbers = _uniform(key, shape, dtype)
        low = cast(low, dtype)
        high = cast(high, dtype)
        return numbers * (high - low) + low

    @staticmethod
    def random_normal(key: T, shape: T, mean: T, std: T, dtype: str) -> T:
        """Draws from a normal distribution."""
        numbers = tf.random.stateless_normal(
            sizes_of(shape), key, dtype=dtype, alg=ALGORITHM
        )
        return numbers * cast(std, dtype) + cast(mean, dtype)

    @staticmethod
    def random_binomial(key: T, shape: T, p: T, dtype: str) -> T:
        """Draws 1 with probability `p`, else 0."""
        numbers = _uniform(key, shape, "float32")
        return tf.cast(numbers < cast(p, numbers.dtype), dtype)


def _uniform(key: T, shape: T, dtype: str) -> T:
    sizes = sizes_of(shape)
    return tf.random.stateless_uniform(sizes, key, dtype=dtype, alg=ALGORITHM)
