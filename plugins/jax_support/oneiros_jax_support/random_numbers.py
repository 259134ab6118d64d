"""Random numbers as a hash of seed, counter and index.

An element's bits are its index, passed twice through a 32-bit avalanche hash that is
keyed by seed and counter. On a CPU, that takes a third of the time of JAX's Threefry;
random bits are a large part of a small network's step there. The first argument of the
functions is the namespace to compute with, NumPy or `jax.numpy`.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
import numpy as np

FIRST_ODD = np.uint32(0x9E3779B1)
SECOND_ODD = np.uint32(0x85EBCA6B)
"""Odd factors, so that multiplication by them loses no bits."""
GOLDEN_RATIO = np.uint32(0x9E3779B9)
"""2**32 divided by the golden ratio; distinguishes the second pass of the hash from the
first."""


def uniform(xp, seed, counter, shape: tuple[int, ...], dtype: str):
    """Draws from the open interval (0, 1), with 24 random bits, or 53 for float64."""
    size = int(np.prod(shape, dtype=np.int64))
    if dtype == "float64":
        return _uniform_doubles(xp, seed, counter, size).reshape(shape)
    upper_bits = _top(_random_bits(xp, seed, counter, size), 24)
    bits = upper_bits.astype(np.float32)
    half = np.float32(0.5)
    step = np.float32(2.0**-24)
    numbers = (bits + half) * step
    return numbers.astype(dtype).reshape(shape)


def normal(xp, erfinv, seed, counter, shape: tuple[int, ...], dtype: str):
    """Draws from the standard normal distribution.

    # Arguments
        xp: the namespace to compute with.
        erfinv: the inverse of the error function.
        seed: an integer below 2**32.
        counter: an integer below 2**32.
        shape: the sizes of the result.
        dtype: a float type.
    """
    fractions = uniform(xp, seed, counter, shape, dtype)
    fractions = fractions.astype(np.promote_types(dtype, np.float32))
    numbers = np.float32(2**0.5) * erfinv(2 * fractions - 1)
    return numbers.astype(dtype)


def nested(counter, index):
    """Returns the counter of a step inside a loop.

    # Arguments
        counter: the counter outside of the loop, a uint32.
        index: the step's number, a uint32.
    """
    return counter * FIRST_ODD + (index * SECOND_ODD + SECOND_ODD)


def _uniform_doubles(xp, seed, counter, size: int):
    bits = _random_bits(xp, seed, counter, 2 * size)
    high, low = xp.split(bits, 2)
    upper = _top(high, 27).astype(np.float64)
    lower = _top(low, 26).astype(np.float64)
    numbers = upper * 2.0**26 + lower
    return (numbers + 0.5) * 2.0**-53


def _random_bits(xp, seed, counter, size: int):
    """Returns `size` uint32s."""
    hashed_seed = _hashed(_as_word(xp, seed))
    key = _hashed(_as_word(xp, counter) + hashed_seed)
    indices = xp.arange(size, dtype=np.uint32)
    first_pass = _hashed(indices ^ key)
    return _hashed(first_pass + _hashed(key ^ GOLDEN_RATIO))


def _as_word(xp, number):
    """Returns a number as a vector of a single uint32."""
    return xp.asarray(number, np.uint32).reshape(1)


def _hashed(words):
    """Avalanche hash of 32 bits (constants: C. Wellons' search for low bias)."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x7FEB352D)
    words = words ^ (words >> np.uint32(15))
    words = words * np.uint32(0x846CA68B)
    return words ^ (words >> np.uint32(16))


def _top(words, count: int):
    """Returns the top bits of 32-bit words, as integers."""
    return words >> np.uint32(32 - count)
