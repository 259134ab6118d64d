"""Random numbers."""

from oneiros_theano_namespace.streams import RandomStreams

__all__ = ["RandomStreams"]
