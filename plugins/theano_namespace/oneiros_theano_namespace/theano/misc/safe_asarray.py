"""Converts values to arrays of a type."""

from oneiros_theano_namespace.arrays import as_array

_asarray = as_array

__all__ = ["_asarray"]
