"""Random numbers. A key differs at each step of a function, and of a loop in it."""

from typing import Any

import numpy as np

from numpy_backend.functions import FUNCTIONS
from numpy_backend.tensors import Tensor, tensor


def random_uniform(key: Any, shape: Any, low: Any, high: Any, dtype: str) -> Tensor:
    """Draws from [low, high)."""
    draws = _generator(key).random(FUNCTIONS.sizes(shape), "float32")
    return tensor(draws * (high - low) + low, dtype)


def random_normal(key: Any, shape: Any, mean: Any, std: Any, dtype: str) -> Tensor:
    """Draws from a normal distribution."""
    draws = _generator(key).standard_normal(FUNCTIONS.sizes(shape))
    return tensor(draws * std + mean, dtype)


def random_binomial(key: Any, shape: Any, p: Any, dtype: str) -> Tensor:
    """Draws 1 with probability `p`, else 0."""
    return tensor(_generator(key).random(FUNCTIONS.sizes(shape)) < p, dtype)


def _generator(key: Any) -> np.random.Generator:
    return np.random.default_rng(np.asarray(key))
