"""Arrays of random numbers, the same ones for the same seed."""

import numpy as np


def array(*shape, seed=0, scale=1.0, dtype="float32"):
    """Returns normally distributed numbers, with a standard deviation of `scale`."""
    return (np.random.RandomState(seed).randn(*shape) * scale).astype(dtype)


def uniform_array(*shape, seed=0):
    """Returns numbers between -1 and 1, of float32."""
    return np.random.RandomState(seed).uniform(-1, 1, shape).astype("float32")
