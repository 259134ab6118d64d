"""Random numbers as a hash of seed, counter and index.

An element's bits are its index, passed twice through a 32-bit avalanche hash that is
keyed by seed and counter. With JAX's Threefry, an epoch of two small dense layers with
Dropout takes 1.6 times as long on a CPU, 1.9 times on Theano, and one of Keras's MLP
for MNIST 1.07 (`benchmarks/mechanisms.py random_numbers`).
"""

import math

import numpy as np

from oneiros_jax_support.jax_import import jax, jnp

Shape = tuple[int, ...]
FIRST_ODD = np.uint32(0x9E3779B1)
SECOND_ODD = np.uint32(0x85EBCA6B)
"""Odd factors, so that multiplication by them loses no bits."""
GOLDEN_RATIO = np.uint32(0x9E3779B9)
"""2**32 divided by the golden ratio; distinguishes the second pass of the hash from the
first."""


def uniform(seed, counter, shape: Shape, dtype: str):
    """Draws from the open interval (0, 1), with 24 random bits, or 53 for float64;
    float16 may round to one of its ends."""
    size = math.prod(shape)
    if dtype == "float64":
        doubles = _uniform_doubles(seed, counter, size)
        return doubles.reshape(shape)
    words = _random_bits(seed, counter, size)
    upper_bits = _top(words, 24)
    bits = upper_bits.astype(np.float32)
    half = np.float32(0.5)
    step = np.float32(2.0**-24)
    middles = bits + half
    numbers = middles * step
    typed = numbers.astype(dtype)
    return typed.reshape(shape)


def normal(seed, counter, shape: Shape, dtype: str):
    """Draws from the standard normal distribution.

    # Arguments
        seed: an integer below 2**32.
        counter: an integer below 2**32.
        shape: the sizes of the result.
        dtype: a float type.
    """
    precise = np.promote_types(dtype, np.float32)
    fractions = uniform(seed, counter, shape, precise.name)
    between = 2 * fractions - 1
    quantiles = jax.lax.erf_inv(between)
    deviation = np.float32(2**0.5)
    numbers = deviation * quantiles
    return numbers.astype(dtype)


def nested(counter, index):
    """Returns the counter of a step inside a loop.

    # Arguments
        counter: the counter outside of the loop, a uint32.
        index: the step's number, a uint32.
    """
    offset = index * SECOND_ODD + SECOND_ODD
    return counter * FIRST_ODD + offset


def _uniform_doubles(seed, counter, size: int):
    words = _random_bits(seed, counter, 2 * size)
    high, low = jnp.split(words, 2)
    upper_bits = _top(high, 27)
    lower_bits = _top(low, 26)
    upper = upper_bits.astype(np.float64)
    lower = lower_bits.astype(np.float64)
    scaled = upper * 2.0**26
    numbers = scaled + lower + 0.5
    return numbers * 2.0**-53


def _random_bits(seed, counter, size: int):
    """Returns `size` uint32s."""
    seed_word = _as_word(seed)
    counter_word = _as_word(counter)
    hashed_seed = _hashed(seed_word)
    key = _hashed(counter_word + hashed_seed)
    second_key = _hashed(key ^ GOLDEN_RATIO)
    indices = jnp.arange(size, dtype=np.uint32)
    first_pass = _hashed(indices ^ key)
    return _hashed(first_pass + second_key)


def _as_word(number):
    """Returns a number as a vector of a single uint32."""
    word = jnp.asarray(number, np.uint32)
    return word.reshape(1)


def _hashed(words):
    """Avalanche hash of 32 bits (constants: C. Wellons' search for low bias)."""
    words ^= _top(words, 16)
    words *= np.uint32(0x7FEB352D)
    words ^= _top(words, 17)
    words *= np.uint32(0x846CA68B)
    return words ^ _top(words, 16)


def _top(words, count: int):
    """Returns the top bits of 32-bit words, as integers."""
    dropped = np.uint32(32 - count)
    return words >> dropped
