"""Random numbers as a hash of seed, counter and index.

An element's bits are its index, passed twice through a 32-bit avalanche hash that is
keyed by seed and
counter: a third of the time of JAX's Threefry on a CPU, where random bits are a large
    part of a small
network's step. Functions take the namespace to compute with, NumPy or `jax.numpy`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_U = np.uint32
_ODD = _U(0x9E3779B1), _U(0x85EBCA6B)


def _mixed(x: Any) -> Any:
    """Avalanche hash of 32 bits (constants: C. Wellons' search for low bias)."""
    x = (x ^ (x >> _U(16))) * _U(0x7FEB352D)
    x = (x ^ (x >> _U(15))) * _U(0x846CA68B)
    return x ^ (x >> _U(16))


def _bits(
    xp: Any,
    seed: Any,
    counter: Any,
    size: int,
) -> Any:
    key = _mixed(
        xp.asarray(counter, np.uint32).reshape(1)
        + _mixed(xp.asarray(seed, np.uint32).reshape(1))
    )
    return _mixed(
        _mixed(xp.arange(size, dtype=np.uint32) ^ key) + _mixed(key ^ _U(0x9E3779B9))
    )


def uniform(
    xp: Any,
    seed: Any,
    counter: Any,
    shape: tuple[int, ...],
    dtype: str,
) -> Any:
    """Draws from the open interval (0, 1), with 24 random bits, or 53 for float64."""
    size = int(np.prod(shape, dtype=np.int64))
    if dtype != "float64":
        bits = (_bits(xp, seed, counter, size) >> _U(8)).astype(np.float32)
        return (
            ((bits + np.float32(0.5)) * np.float32(2.0**-24))
            .astype(dtype)
            .reshape(shape)
        )
    high, low = xp.split(_bits(xp, seed, counter, 2 * size), 2)
    bits = (high >> _U(5)).astype(np.float64) * 2.0**26 + (low >> _U(6)).astype(
        np.float64
    )
    return ((bits + 0.5) * 2.0**-53).reshape(shape)


def normal(
    xp: Any,
    erfinv: Any,
    seed: Any,
    counter: Any,
    shape: tuple[int, ...],
    dtype: str,
) -> Any:
    """Draws from the standard normal distribution; `erfinv` is the inverse of the error
    function."""
    wide = uniform(xp, seed, counter, shape, dtype).astype(
        np.promote_types(dtype, np.float32)
    )
    return (np.float32(2**0.5) * erfinv(2 * wide - 1)).astype(dtype)


def nested(counter: Any, index: Any) -> Any:
    """Returns the counter of a step inside a loop, for the counter outside and the
    step's number; uint32s."""
    return counter * _ODD[0] + (index * _ODD[1] + _ODD[1])
