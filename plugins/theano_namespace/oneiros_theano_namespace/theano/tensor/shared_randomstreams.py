"""Random numbers."""

from oneiros_theano_namespace.random_streams import RandomStreams

__all__ = ["RandomStreams"]
