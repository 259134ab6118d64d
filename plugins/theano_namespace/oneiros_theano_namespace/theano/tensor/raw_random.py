"""Random draws with an explicit state; each returns the next state."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt
from pytensor.tensor.random import basic
from pytensor.tensor.random.type import random_generator_type

from oneiros_theano_namespace.random_streams import RandomStreams

RandomStreamsBase = RandomStreams
random_state_type = random_generator_type
"""The type of states; calling it makes an input."""


def uniform(
    random_state: Any,
    size: Any = None,
    low: Any = 0.0,
    high: Any = 1.0,
    ndim: Any = None,
    dtype: Any = None,
) -> tuple[Any, Any]:
    """Draws from a uniform distribution over [low, high).

    # Arguments
        random_state: a generator of NumPy as a variable, as
            `theano.shared(np.random.default_rng(seed))` makes one.
        size: shape of the result; None means that of `low + high`.
        low, high: number or tensor.
        dtype: name of a float type; None means `theano.config.floatX`.
        ndim: ignored.

    # Returns
        The next state, and the draw.
    """
    return _draw(basic.uniform, random_state, size, (low, high), dtype or "floatX")


def normal(
    random_state: Any,
    size: Any = None,
    avg: Any = 0.0,
    std: Any = 1.0,
    ndim: Any = None,
    dtype: Any = None,
) -> tuple[Any, Any]:
    """Draws from a normal distribution of mean `avg` and standard deviation `std`; see
    `uniform`."""
    return _draw(basic.normal, random_state, size, (avg, std), dtype or "floatX")


def binomial(
    random_state: Any,
    size: Any = None,
    n: Any = 1,
    p: Any = 0.5,
    ndim: Any = None,
    dtype: str = "int64",
) -> tuple[Any, Any]:
    """Counts the successes of `n` trials with probability `p`; see `uniform`."""
    return _draw(basic.binomial, random_state, size, (n, p), dtype)


def random_integers(
    random_state: Any,
    size: Any = None,
    low: Any = 0,
    high: Any = 1,
    ndim: Any = None,
    dtype: str = "int64",
) -> tuple[Any, Any]:
    """Draws integers from `low` to `high`, both included; see `uniform`."""
    return _draw(basic.integers, random_state, size, (low, high + 1), dtype)


def _draw(
    op: Any, state: Any, size: Any, parameters: tuple[Any, ...], dtype: str
) -> tuple[Any, Any]:
    next_state, drawn = op(*parameters, size=size, rng=state, return_next_rng=True)
    return next_state, pt.cast(drawn, dtype)
