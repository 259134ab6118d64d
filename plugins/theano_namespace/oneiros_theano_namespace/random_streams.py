"""Streams of random numbers: those of the Theano backend, under Theano's names.

A draw is a function of a seed and of a counter that advances with each call of a
compiled function, and each step of a loop. The numbers are others than Theano's.
"""

from typing import Any

import numpy as np
import pytensor.tensor as pt
from oneiros import backend as K

from oneiros_theano_namespace.theano_backend import on_theano

SEEDS = 2**31 - 1
"""Number of seeds that a draw of a stream with a seed may have."""


class RandomStreams:
    """Draws random tensors. Each method takes Theano's `ndim` and `nstreams` by
    name, and ignores them.

    # Arguments
        seed: int or sequence of ints; None takes seeds from NumPy's global generator.
        use_cuda: ignored.
    """

    def __init__(self, seed=None, use_cuda=None):
        self.seed(seed)

    def seed(self, seed=None) -> None:
        """Starts over: draws built from now on derive their seeds from this one."""
        self._seeds = None if seed is None else np.random.RandomState(seed)

    def updates(self) -> list[Any]:
        """Returns no updates, since counters belong to the compiled functions."""
        return []

    @on_theano
    def uniform(self, size=None, low=0.0, high=1.0, *, dtype=None, **ignored):
        """Draws from a uniform distribution over [low, high).

        # Arguments
            size: tuple of ints and scalar tensors, or a vector; None means the shape of
                `low + high`.
            low, high: number or tensor.
            dtype: name of a float type; None means `theano.config.floatX`.
        """
        shape = _shape(size, low, high)
        drawn = K.random_uniform(shape, dtype=_dtype(dtype), seed=self._next_seed())
        return _cast(drawn * (high - low) + low, drawn.dtype)

    @on_theano
    def normal(self, size=None, avg=0.0, std=1.0, *, dtype=None, **ignored):
        """Draws from a normal distribution with mean `avg` and standard deviation
        `std`."""
        shape = _shape(size, avg, std)
        drawn = K.random_normal(shape, dtype=_dtype(dtype), seed=self._next_seed())
        return _cast(drawn * std + avg, drawn.dtype)

    def binomial(
        self, size=None, n: int = 1, p=0.5, *, dtype: str = "int64", **ignored
    ):
        """Counts the successes of `n` trials with probability `p`."""
        trials = _with_first_axis(n, _shape(size, p))
        return _cast(pt.lt(self.uniform(trials), p).sum(axis=0), dtype)

    def multinomial(
        self, size=None, n: int = 1, pvals=None, *, dtype: str = "int64", **ignored
    ):
        """Counts how often each category occurs in `n` trials.

        # Arguments
            size: shape of the result without the axis of categories; None means that of
                `pvals`.
            n: int, number of trials.
            pvals: tensor with the categories' probabilities on its last axis.
        """
        pvals = pt.as_tensor_variable(pvals)
        shape = pvals.shape[:-1] if size is None else size
        drawn = pt.shape_padright(self.uniform(_with_first_axis(n, shape)))
        ends = pt.cumsum(pvals, axis=-1)
        last = pvals.shape[-1] - 1
        places = pt.minimum(pt.ge(drawn, ends).sum(axis=-1), last)
        hits = pt.eq(pt.shape_padright(places), pt.arange(pvals.shape[-1]))
        return _cast(hits.sum(axis=0), dtype)

    def random_integers(
        self, size=None, low=0, high=1, *, dtype: str = "int64", **ignored
    ):
        """Draws integers from `low` to `high`, inclusive."""
        drawn = self.uniform(_shape(size, low, high))
        return _cast(pt.floor(drawn * (high - low + 1) + low), dtype)

    def _next_seed(self) -> int | None:
        return None if self._seeds is None else int(self._seeds.randint(SEEDS))


def _dtype(dtype) -> str:
    return K.floatx() if dtype in (None, "floatX") else dtype


def _shape(size, *parameters):
    """Returns the shape to draw: `size`, or that of the parameters together."""
    if size is None:
        return tuple(sum(map(pt.as_tensor_variable, parameters)).shape)
    is_single = isinstance(size, (int, np.integer)) or getattr(size, "ndim", 1) == 0
    return (size,) if is_single else size


def _with_first_axis(count, shape):
    if isinstance(shape, (tuple, list)):
        return (count, *shape)
    return pt.concatenate([pt.as_tensor_variable([count]), shape])


def _cast(x, dtype: str):
    return x if x.dtype == dtype else pt.cast(x, _dtype(dtype))
