"""Helpers."""

from oneiros_theano_namespace.theano.misc import safe_asarray

__all__ = ["safe_asarray"]
