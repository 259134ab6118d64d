"""Theano's experimental modules."""

from oneiros_theano_namespace.theano.sandbox import cuda, rng_mrg
from oneiros_theano_namespace.theano.tensor.nnet import neighbours

__all__ = ["cuda", "neighbours", "rng_mrg"]
