"""Pooling under its first name."""

from oneiros_theano_namespace.theano.tensor.signal.pool import pool_2d

max_pool_2d = pool_2d

__all__ = ["max_pool_2d", "pool_2d"]
