"""Random functions on TensorFlow's own tensors.

A recorded stream supplies their key.
"""

from oneiros_backend_tensorflow.functions import FUNCTIONS
from oneiros_backend_tensorflow.tensorflow_import import tf

ALGORITHM = "philox"
"""The same numbers on every device."""


class RandomFunctions:
    """TensorFlow's functions of a key, by their names in the contract."""

    @staticmethod
    def random_uniform(key, shape, low, high, dtype: str):
        """Draws from [low, high)."""
        numbers = _uniform(key, shape, dtype)
        low = FUNCTIONS.of_type(low, dtype)
        high = FUNCTIONS.of_type(high, dtype)
        width = high - low
        return numbers * width + low

    @staticmethod
    def random_normal(key, shape, mean, std, dtype: str):
        """Draws from a normal distribution."""
        sizes = FUNCTIONS.sizes(shape)
        numbers = tf.random.stateless_normal(sizes, key, dtype=dtype, alg=ALGORITHM)
        std = FUNCTIONS.of_type(std, dtype)
        mean = FUNCTIONS.of_type(mean, dtype)
        return numbers * std + mean

    @staticmethod
    def random_binomial(key, shape, p, dtype: str):
        """Draws 1 with probability `p`, else 0."""
        numbers = _uniform(key, shape, "float32")
        p = FUNCTIONS.of_type(p, "float32")
        return tf.cast(numbers < p, dtype)


def _uniform(key, shape, dtype: str):
    sizes = FUNCTIONS.sizes(shape)
    return tf.random.stateless_uniform(sizes, key, dtype=dtype, alg=ALGORITHM)
