"""Theano's experimental modules."""

from oneiros_theano_namespace.theano.sandbox import cuda, rng_mrg

__all__ = ["cuda", "rng_mrg"]
