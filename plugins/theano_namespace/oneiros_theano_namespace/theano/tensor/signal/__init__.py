"""Pooling."""

from oneiros_theano_namespace.theano.tensor.signal import downsample, pool

__all__ = ["downsample", "pool"]
