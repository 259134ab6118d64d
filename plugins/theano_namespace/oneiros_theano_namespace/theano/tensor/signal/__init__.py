"""Pooling, and convolutions of matrices."""

from oneiros_theano_namespace.theano.tensor.signal import conv, downsample, pool

__all__ = ["conv", "downsample", "pool"]
